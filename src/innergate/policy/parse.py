"""Reads the text of a policy. Strict: what AWS refuses is refused here, with AWS's words where they are known."""

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal

from innergate.policy.document import Condition, Effect, Policy, PolicyError, PolicyKind, Statement, deny_everything
from innergate.policy.operators import KNOWN_OPERATORS
from innergate.policy.positions import statement_lines
from innergate.primitives.json_value import JsonValue

MAX_TEXT = 131_072
"""The longest text that is looked at, in characters (a role's trust policy; AWS's own limits are smaller and per service)."""

_POLICY_MEMBERS = frozenset({"Version", "Id", "Statement"})
_STATEMENT_MEMBERS = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)
_PRINCIPAL_KINDS = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})
_SYNTAX = "Syntax errors in policy."
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")


def parse_policy(text: str, kind: PolicyKind = "resource", name: str = "") -> Policy:
    """The policy that `text` holds. Raises PolicyError."""
    return _parse(text, kind, name, refuse_unknown=True)


@lru_cache(maxsize=64)
def read_stored_policy(text: str, kind: PolicyKind = "resource", name: str = "") -> Policy:
    """The same for a text that was accepted earlier: an unknown operator stays (its Deny applies, its Allow does not), and a
    text that cannot be read denies everything."""
    try:
        return _parse(text, kind, name, refuse_unknown=False)
    except PolicyError:
        return deny_everything(kind, name)


def _parse(text: str, kind: PolicyKind, name: str, refuse_unknown: bool) -> Policy:
    document = _load(text, kind)
    if not isinstance(document, Mapping) or not set(document) <= _POLICY_MEMBERS or "Statement" not in document:
        raise PolicyError(_SYNTAX, 1)
    version = document.get("Version", "2008-10-17")
    if version not in ("2012-10-17", "2008-10-17"):
        raise PolicyError("Policy document must be version 2012-10-17 or greater.", 1)
    if kind == "identity" and version != "2012-10-17":
        raise PolicyError("Policy document must be version 2012-10-17 or greater.", 1)
    raw = document["Statement"]
    items: Sequence[JsonValue] = raw if isinstance(raw, list) else [raw]
    if not items:
        raise PolicyError(_SYNTAX, 1)
    lines = statement_lines(text) if "\n" in text else ()
    statements = tuple(
        _statement(index, lines[index] if index < len(lines) else 1, item, kind, refuse_unknown)
        for index, item in enumerate(items)
    )
    sids = [statement.sid for statement in statements if statement.sid]
    if len(sids) != len(set(sids)):
        raise PolicyError("Statement IDs (SID) in a single policy must be unique.", 1)
    policy_id = document.get("Id", "")
    return Policy(
        statements=statements,
        kind=kind,
        version=str(version),
        id=policy_id if isinstance(policy_id, str) else "",
        name=name,
    )


def _load(text: str, kind: PolicyKind) -> JsonValue:
    if len(text) > MAX_TEXT:
        raise PolicyError(f"Cannot exceed quota for PolicySize: {MAX_TEXT}")
    try:
        loaded: JsonValue = json.loads(text, object_pairs_hook=_unique_members, parse_constant=_refuse_constant)
        if "\\u" in text:  # half of a surrogate pair, which no UTF-8 document can carry, only comes as an escape
            json.dumps(loaded, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        raise PolicyError(_SYNTAX if kind == "identity" else "This policy contains invalid Json", line) from None
    return loaded


def _unique_members(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a member is there twice")
    return result


def _refuse_constant(name: str) -> JsonValue:
    raise ValueError(name)


def _statement(index: int, line: int, raw: JsonValue, kind: PolicyKind, refuse_unknown: bool) -> Statement:
    if not isinstance(raw, Mapping) or not set(raw) <= _STATEMENT_MEMBERS:
        raise PolicyError(_SYNTAX, line)
    _check_members(raw, kind, line)
    sid = raw.get("Sid", "")
    if not isinstance(sid, str):
        raise PolicyError(_SYNTAX, line)
    if kind == "identity":
        _check_identity_statement(sid, raw, line)
    return Statement(
        index=index,
        line=line,
        sid=sid,
        effect=_effect(raw.get("Effect"), line),
        principals=_principals(raw["Principal"], line) if "Principal" in raw else None,
        not_principals=_principals(raw["NotPrincipal"], line) if "NotPrincipal" in raw else None,
        actions=_actions(raw["Action"], line) if "Action" in raw else None,
        not_actions=_actions(raw["NotAction"], line) if "NotAction" in raw else None,
        resources=_texts(raw["Resource"], line) if "Resource" in raw else None,
        not_resources=_texts(raw["NotResource"], line) if "NotResource" in raw else None,
        conditions=_conditions(raw.get("Condition", {}), line, refuse_unknown),
    )


def _check_members(raw: Mapping[str, JsonValue], kind: PolicyKind, line: int) -> None:
    for one, other in (("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource")):
        if one in raw and other in raw:
            raise PolicyError(_SYNTAX, line)
    has_principal = "Principal" in raw or "NotPrincipal" in raw
    has_resource = "Resource" in raw or "NotResource" in raw
    if "Action" not in raw and "NotAction" not in raw:
        raise PolicyError("Policy statement must contain actions.", line)
    if kind == "identity" and has_principal:
        raise PolicyError("Policy document should not specify a principal.", line)
    if kind != "identity" and not has_principal:
        raise PolicyError("Missing required field Principal", line)
    if kind == "trust" and has_resource:
        raise PolicyError("Has prohibited field Resource", line)
    if kind != "trust" and not has_resource:
        raise PolicyError("Policy statement must contain resources.", line)


def _check_identity_statement(sid: str, raw: Mapping[str, JsonValue], line: int) -> None:
    if not re.fullmatch("[0-9A-Za-z]*", sid):
        raise PolicyError(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
            line,
        )
    for resource in _texts(raw.get("Resource", raw.get("NotResource")), line):
        if resource != "*" and not resource.startswith("arn:"):
            raise PolicyError(f'Resource {resource} must be in ARN format or "*".', line)


def _effect(raw: JsonValue, line: int) -> Effect:
    if raw == "Allow":
        return "Allow"
    if raw == "Deny":
        return "Deny"
    raise PolicyError("Missing required field Effect" if raw is None else f"Invalid effect: {raw}", line)


def _texts(raw: JsonValue, line: int) -> tuple[str, ...]:
    items: Sequence[JsonValue] = raw if isinstance(raw, list) else [raw]
    texts = tuple(item for item in items if isinstance(item, str) and item)
    if not items or len(texts) != len(items):
        raise PolicyError(_SYNTAX, line)
    return texts


def _actions(raw: JsonValue, line: int) -> tuple[str, ...]:
    actions = _texts(raw, line)
    if not all(_ACTION.fullmatch(action) for action in actions):
        raise PolicyError("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.", line)
    return actions


def _principals(raw: JsonValue, line: int) -> Mapping[str, tuple[str, ...]]:
    if raw == "*":
        return {"AWS": ("*",)}
    if not isinstance(raw, Mapping) or not raw:
        raise PolicyError("Invalid principal in policy", line)
    if not set(raw) <= _PRINCIPAL_KINDS:
        raise PolicyError("Invalid principal in policy", line)
    return {kind: _texts(names, line) for kind, names in raw.items()}


def _conditions(raw: JsonValue, line: int, refuse_unknown: bool) -> tuple[Condition, ...]:
    if not isinstance(raw, Mapping):
        raise PolicyError(_SYNTAX, line)
    result: list[Condition] = []
    for spelled, block in raw.items():
        qualifier, operator, if_exists = split_operator(spelled)
        if refuse_unknown and (operator not in KNOWN_OPERATORS or (operator == "Null" and if_exists)):
            raise PolicyError(f"Invalid Condition type : {spelled}.", line)
        if not isinstance(block, Mapping) or not block:
            raise PolicyError(_SYNTAX, line)
        for key, values in block.items():
            result.append(Condition(qualifier, operator, if_exists, key, _condition_values(values, line)))
    return tuple(result)


def split_operator(spelled: str) -> tuple[Literal["", "ForAnyValue", "ForAllValues"], str, bool]:
    """`ForAnyValue:StringLikeIfExists` -> ("ForAnyValue", "StringLike", True)."""
    prefix, colon, rest = spelled.partition(":")
    qualifier: Literal["", "ForAnyValue", "ForAllValues"] = ""
    if colon and prefix == "ForAnyValue":
        qualifier, spelled = "ForAnyValue", rest
    elif colon and prefix == "ForAllValues":
        qualifier, spelled = "ForAllValues", rest
    if spelled.endswith("IfExists"):
        return qualifier, spelled.removesuffix("IfExists"), True
    return qualifier, spelled, False


def _condition_values(raw: JsonValue, line: int) -> tuple[str, ...]:
    items: Sequence[JsonValue] = raw if isinstance(raw, list) else [raw]
    texts: list[str] = []
    for item in items:
        if isinstance(item, bool):
            texts.append("true" if item else "false")
        elif isinstance(item, (str, int, float)):
            texts.append(str(item))
        else:
            raise PolicyError(_SYNTAX, line)
    if not texts:
        raise PolicyError(_SYNTAX, line)
    return tuple(texts)
