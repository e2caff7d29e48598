"""Resource policies of APIs: checked, normalised as AWS does, and answered one level of escaping too deep."""

import json
from collections.abc import Mapping, Sequence

from innergate.policy.document import PolicyError
from innergate.policy.parse import parse_policy
from innergate.primitives.arn import format_arn
from innergate.primitives.json_value import JsonValue
from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.limits import POLICY_MAX_BYTES

INVALID = "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."
_SHORT = "execute-api:/"


def normalise_policy(text: str, region: str, account: str, api_id: str) -> str:
    """`text` as AWS keeps it: compact JSON, `execute-api:/…` resources as whole ARNs of this API, one-element lists as their
    element. "" for "". Raises Fault BadRequestException where it is no policy."""
    if not text:
        return ""
    if len(text.encode()) > POLICY_MAX_BYTES:
        raise bad_request(f"Policy size exceeds the limit of {POLICY_MAX_BYTES} bytes")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise bad_request(INVALID) from None
    try:
        parse_policy(text, "resource")
    except PolicyError:
        raise bad_request(INVALID) from None
    prefix = format_arn("execute-api", region, account, f"{api_id}/")
    statements = value["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    value["Statement"] = [_statement(statement, prefix) for statement in listed]
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def escape_policy(text: str) -> str:
    """The policy as GetRestApi answers it: a JSON string's content without its quotes (recorded; Terraform undoes it)."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _statement(statement: Mapping[str, JsonValue], prefix: str) -> dict[str, JsonValue]:
    return {
        name: _expand(member, prefix) if name in ("Resource", "NotResource") else _collapse(member)
        for name, member in statement.items()
    }


def _expand(member: JsonValue, prefix: str) -> JsonValue:
    if isinstance(member, str):
        return prefix + member.removeprefix(_SHORT) if member.startswith(_SHORT) else member
    if isinstance(member, Sequence):
        return _collapse([_expand(entry, prefix) for entry in member])
    return member


def _collapse(member: JsonValue) -> JsonValue:
    if isinstance(member, str):
        return member
    if isinstance(member, Mapping):
        return {name: _collapse(value) for name, value in member.items()}
    if isinstance(member, Sequence):
        return member[0] if len(member) == 1 else list(member)
    return member
