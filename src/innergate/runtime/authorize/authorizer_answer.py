"""What a Lambda authorizer answered: read strictly, for what cannot be read must not let anybody in."""

import json
import re
from collections.abc import Mapping

import msgspec

from innergate.policy.document import Policy, PolicyError
from innergate.policy.parse import parse_policy
from innergate.primitives.json_value import JsonValue

MAX_RESOURCE_CHARS = 512
"""API Gateway quotas, "Resource ARN in an authorizer's policy"."""
MAX_CONTEXT_BYTES = 8 * 1024
_UNFIT = re.compile(r"[\x00\r\n]")


class AnswerError(Exception):
    """The answer is none that AWS would accept."""


class AuthorizerAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`context` values are texts, as `$context.authorizer.…` shows them. The policy is asked anew for every method."""

    principal_id: str
    policy: Policy
    policy_text: str = ""
    context: dict[str, str] = {}
    usage_key: str = ""
    size_bytes: int = 0


def read_answer(payload: bytes) -> AuthorizerAnswer:
    """The answer in a function's result. Raises AnswerError."""
    try:
        answer: JsonValue = json.loads(payload.decode())
        if b"\\u" in payload:  # half of a surrogate pair is no text
            json.dumps(answer, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise AnswerError("the answer is no JSON") from None
    if not isinstance(answer, Mapping):
        raise AnswerError("the answer is no object")
    principal_id = answer.get("principalId")
    if not isinstance(principal_id, str) or not principal_id or _UNFIT.search(principal_id):
        raise AnswerError("principalId is missing or no text of one line")
    usage_key = answer.get("usageIdentifierKey")
    if usage_key is not None and not isinstance(usage_key, str):
        raise AnswerError("usageIdentifierKey is no text")
    return AuthorizerAnswer(
        principal_id=principal_id,
        policy=_policy(answer.get("policyDocument")),
        policy_text=json.dumps(answer.get("policyDocument")),
        context=_context(answer.get("context")),
        usage_key=usage_key or "",
        size_bytes=len(payload),
    )


def _policy(document: JsonValue) -> Policy:
    if not isinstance(document, Mapping):
        raise AnswerError("policyDocument is missing or no object")
    text = json.dumps({"Version": "2012-10-17", **_without_nulls(document), "Statement": _statements(document)})
    try:
        policy = parse_policy(text, "identity", "authorizer")
    except PolicyError as error:
        raise AnswerError(f"policyDocument: {error.message}") from None
    for statement in policy.statements:
        for resource in (*(statement.resources or ()), *(statement.not_resources or ())):
            if len(resource) > MAX_RESOURCE_CHARS:
                raise AnswerError(f"a resource of policyDocument is longer than {MAX_RESOURCE_CHARS} characters")
    return policy


def _statements(document: Mapping[str, JsonValue]) -> JsonValue:
    """The statements. A member that is null is not there: libraries write members that were never set so."""
    raw = document.get("Statement")
    if isinstance(raw, list):
        return [_without_nulls(item) if isinstance(item, Mapping) else item for item in raw]
    return _without_nulls(raw) if isinstance(raw, Mapping) else raw


def _without_nulls(members: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {name: value for name, value in members.items() if value is not None}


def _context(raw: JsonValue) -> dict[str, str]:
    if raw is None:
        return {}
    if not isinstance(raw, Mapping):
        raise AnswerError("context is no object")
    context: dict[str, str] = {}
    for name, value in raw.items():
        text = _text(name, value)
        if text is not None:
            context[name] = text
    if sum(len(name.encode()) + len(text.encode()) for name, text in context.items()) > MAX_CONTEXT_BYTES:
        raise AnswerError(f"context is larger than {MAX_CONTEXT_BYTES} bytes")
    return context


def _text(name: str, value: JsonValue) -> str | None:
    """The value as a text without line ends (it may become a header); None for null, which is as good as not there."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return json.dumps(value)
    if not isinstance(value, str):
        raise AnswerError(f"context.{name} is an object or a list")
    if _UNFIT.search(value) or _UNFIT.search(name):
        raise AnswerError(f"context.{name} has a line end or NUL")
    return value
