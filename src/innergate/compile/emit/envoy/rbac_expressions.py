"""A small algebra over Envoy's RBAC principals: and, or, not, with the constants taken out.

Everything is written as a Principal: it can ask for headers, path, addresses and filter state alike.
"""

from collections.abc import Iterable
from typing import TypeAlias

from innergate.primitives.json_value import JsonObject

Expression: TypeAlias = bool | JsonObject
"""True, False, or a Principal."""


def all_of(parts: Iterable[Expression]) -> Expression:
    """Whether all hold."""
    kept: list[JsonObject] = []
    for part in parts:
        if part is False:
            return False
        if not isinstance(part, bool) and part not in kept:
            kept.append(part)
    if not kept:
        return True
    return kept[0] if len(kept) == 1 else {"and_ids": {"ids": kept}}


def any_of(parts: Iterable[Expression]) -> Expression:
    """Whether one holds."""
    kept: list[JsonObject] = []
    for part in parts:
        if part is True:
            return True
        if not isinstance(part, bool) and part not in kept:
            kept.append(part)
    if not kept:
        return False
    return kept[0] if len(kept) == 1 else {"or_ids": {"ids": kept}}


def negate(part: Expression) -> Expression:
    """Whether it does not hold."""
    if isinstance(part, bool):
        return not part
    if "not_id" in part:
        inner = part["not_id"]
        assert isinstance(inner, dict)
        return inner
    return {"not_id": part}


def principal(expression: Expression) -> JsonObject:
    """The Principal that Envoy reads."""
    if isinstance(expression, bool):
        return {"any": True} if expression else {"not_id": {"any": True}}
    return expression


def header(name: str, matcher: JsonObject) -> JsonObject:
    """A header that is there and fits the StringMatcher."""
    return {"header": {"name": name, "string_match": matcher}}


def header_present(name: str) -> JsonObject:
    """A header that is there."""
    return {"header": {"name": name, "present_match": True}}


def filter_state(key: str, matcher: JsonObject) -> JsonObject:
    """A fact of the connection that fits the StringMatcher."""
    return {"filter_state": {"key": key, "string_match": matcher}}


def path(matcher: JsonObject) -> JsonObject:
    """The canonical path, without query."""
    return {"url_path": {"path": matcher}}
