"""Conditions of an application load balancer's rules as a route's match (elbv2 service model, RuleCondition).

Each condition is a header, a regular expression of the raw path, or the connection's source; a route wants all of them. The
expressions are made here from texts of at most 128 characters with two wildcards, and RE2 takes time in proportion to input.
"""

import re
from collections.abc import Iterable

from innergate.compile.resolve.balancer_rules import Condition
from innergate.primitives.json_value import JsonObject, JsonValue

SOURCE = "innergate.source"
"""Filter state of a connection: the address that it comes from."""

_QUERY_WILDCARD = "[^&]"


def match_conditions(conditions: Iterable[Condition]) -> JsonObject:
    """The match of a rule; one without conditions takes every request."""
    headers: list[JsonValue] = []
    sources: list[JsonValue] = []
    for condition in conditions:
        match condition.field:
            case "host-header":
                headers.append(_header(":authority", f"(?i)({_any(condition.values, '[^:]')})(:[0-9]+)?"))
            case "path-pattern":
                headers.append(_header(":path", rf"({_any(condition.values, '[^?]')})(\?.*)?"))
            case "http-header":
                headers.append(
                    _header(condition.name.lower(), f"(?i)(.*, *|.*,)?({_any(condition.values, '.')})(,.*)?")
                )
            case "http-request-method":
                headers.append(_header(":method", "|".join(re.escape(value) for value in condition.values)))
            case "query-string":
                found = "|".join(_pair(key, value) for key, value in condition.pairs)
                headers.append(_header(":path", rf"(?i)[^?]*\?(.*&)?({found})(&.*)?"))
            case _:
                ranges: list[JsonValue] = [_range(value) for value in condition.values]
                sources.append({"key": SOURCE, "address_match": {"ranges": ranges}})
    return {
        "prefix": "/",
        **({"headers": headers} if headers else {}),
        **({"filter_state": sources} if sources else {}),
    }


def _header(name: str, regex: str) -> JsonObject:
    return {"name": name, "string_match": {"safe_regex": {"regex": regex}}}


def _any(values: Iterable[str], character: str) -> str:
    return "|".join(wildcard_regex(value, character) for value in values)


def _pair(key: str, value: str) -> str:
    wanted = wildcard_regex(value, _QUERY_WILDCARD)
    return f"{wildcard_regex(key, '[^&=]')}={wanted}" if key else f"([^&=]*=)?{wanted}"


def wildcard_regex(text: str, character: str) -> str:
    """`*` is any number of `character` (a class of a regular expression), `?` one; a backslash makes either of them plain."""
    parts = []
    plain = False
    for letter in text:
        if plain or letter not in "*?\\":
            parts.append(re.escape(letter))
            plain = False
        elif letter == "\\":
            plain = True
        else:
            parts.append(f"{character}*" if letter == "*" else character)
    return "".join(parts) + ("\\\\" if plain else "")


def _range(cidr: str) -> JsonObject:
    address, _, length = cidr.partition("/")
    return {"address_prefix": address, "prefix_len": int(length)}
