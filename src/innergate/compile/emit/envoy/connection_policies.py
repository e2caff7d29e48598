"""Policies that ask for the connection alone, as the choice of a virtual host's routes.

Which endpoint, VPC and account a request came by is known before its headers are. Where a policy asks for nothing else, those
whom it admits get the stage's routes with no filter awake, and the others get routes that do nothing but ask the filters, so a
refusal is word for word what it is elsewhere.
"""

from collections.abc import Mapping, Sequence

from innergate.compile.emit.envoy.packed import extension, packed
from innergate.compile.emit.envoy.rbac_expressions import Expression
from innergate.primitives.json_value import JsonObject, JsonValue

_FILTER_STATE = "envoy.extensions.matching.common_inputs.network.v3.FilterStateInput"
_ROUTES = "envoy.config.route.v3.RouteList"


def connection_predicate(expression: Expression) -> JsonObject | None:
    """The expression as a predicate of a matcher; None where it asks for more than facts of the connection, or for nothing."""
    if isinstance(expression, bool):
        return None
    match expression:
        case {"filter_state": {"key": str(key), "string_match": dict(matcher)}}:
            value = extension(key, _FILTER_STATE, {"key": key})
            return {"single_predicate": {"input": value, "value_match": _string_matcher(matcher)}}
        case {"not_id": dict(inner)}:
            predicate = connection_predicate(inner)
            return {"not_matcher": predicate} if predicate is not None else None
        case {"and_ids": {"ids": list(parts)}}:
            return _joined("and_matcher", parts)
        case {"or_ids": {"ids": list(parts)}}:
            return _joined("or_matcher", parts)
    return None


def guarded_routes(
    admitted: JsonObject, routes: Sequence[JsonObject], refused: Sequence[JsonObject], filters: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    """The fields of a virtual host whose `routes` are for the admitted alone. `refused` are the matches (with names, if the
    stage logs) of the routes for the others, at which `filters` are awake; what passes them all the same is refused, too."""
    closed: list[JsonValue] = [
        {**route, "direct_response": {"status": 403}, "typed_per_filter_config": dict(filters)} for route in refused
    ]
    first: JsonObject = {"predicate": admitted, "on_match": _action("admitted", list(routes))}
    return {"matcher": {"matcher_list": {"matchers": [first]}, "on_no_match": _action("refused", closed)}}


def _action(name: str, routes: list[JsonValue]) -> JsonObject:
    return {"action": {"name": name, "typed_config": packed(_ROUTES, {"routes": routes})}}


def _joined(kind: str, parts: Sequence[JsonValue]) -> JsonObject | None:
    found: list[JsonValue] = []
    for part in parts:
        predicate = connection_predicate(part) if isinstance(part, Mapping) else None
        if predicate is None:
            return None
        found.append(predicate)
    return {kind: {"predicate": found}}


def _string_matcher(matcher: Mapping[str, JsonValue]) -> JsonObject:
    """A StringMatcher of the kind that matchers take: regular expressions there name their engine."""
    regex = matcher.get("safe_regex")
    return {**matcher, "safe_regex": {**regex, "google_re2": {}}} if isinstance(regex, Mapping) else dict(matcher)
