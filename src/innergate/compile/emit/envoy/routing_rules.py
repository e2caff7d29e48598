"""Routing rules as the matcher of a domain name's one virtual host: each rule leads to the routes of its stage.

Envoy asks a matcher when it looks for a request's route, before it chooses which filters wake. But what a stage says once for
all its routes stands on a virtual host of its own otherwise, and here several stages share one: so it stands on every route.
Only what routes must have in common cannot: usage plans' buckets, which go to the RouteConfiguration, told apart by the stage.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from innergate.compile.emit.envoy.http_filters import THROTTLE_CLIENT
from innergate.compile.emit.envoy.packed import extension, packed
from innergate.compile.emit.envoy.scopes import BASE_HEADER
from innergate.compile.resolve.routing_rules import Glob, read_glob
from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.resources.routing_rules import RoutingRule

_HEADER_INPUT = "envoy.type.matcher.v3.HttpRequestHeaderMatchInput"
_ROUTES = "envoy.config.route.v3.RouteList"


class Choice(NamedTuple):
    """One stage, and when requests are for it: None where every request is that comes so far."""

    predicate: JsonObject | None
    host: Mapping[str, JsonValue]


def rule_predicate(rule: RoutingRule) -> JsonObject | None:
    """What a request must have for the rule; None for a rule that takes all.

    # AWS differs: a header that is sent on several lines is one value, its lines parted by commas; AWS asks each line.
    """
    asked = [_header_predicate(name, read_glob(glob)) for name, glob in rule.headers]
    path = base_path_predicate(rule.base_path)
    if path is not None:
        asked.append(path)
    return _joined("and_matcher", asked)


def base_path_predicate(base_path: str) -> JsonObject | None:
    """What a path under the base path is; None for the empty one, which has all."""
    if not base_path:
        return None
    matches: tuple[JsonObject, ...] = ({"exact": f"/{base_path}"}, {"prefix": f"/{base_path}/"})
    return _joined("or_matcher", [_single(BASE_HEADER, match) for match in matches])


def _header_predicate(name: str, glob: Glob) -> JsonObject:
    value: JsonObject = {glob.kind: glob.text}
    if glob.kind == "any":
        value = {"safe_regex": {"google_re2": {}, "regex": ".*"}}
    return _single(":authority" if name == "host" else name, value)


def _single(header: str, value: JsonObject) -> JsonObject:
    return {
        "single_predicate": {
            "input": extension(header, _HEADER_INPUT, {"header_name": header}),
            "value_match": value,
        }
    }


def _joined(kind: str, parts: Sequence[JsonObject]) -> JsonObject | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    return {kind: {"predicate": list(parts)}}


def chosen_host(choices: Iterable[Choice]) -> dict[str, JsonValue]:
    """The one virtual host: the first choice whose predicate holds. What nobody takes has no route."""
    matchers: list[JsonValue] = []
    matcher: dict[str, JsonValue] = {}
    for choice in choices:
        routes = _routes_of(choice.host)
        if choice.predicate is None:
            matcher["on_no_match"] = routes
            break
        matchers.append({"predicate": choice.predicate, "on_match": routes})
    if matchers:
        matcher["matcher_list"] = {"matchers": matchers}
    return {"name": "rules", "domains": ["*"], "matcher": matcher}


def _routes_of(host: Mapping[str, JsonValue]) -> JsonObject:
    """The routes of a stage's virtual host, as what a match leads to."""
    match host:
        case {"matcher": {"matcher_list": {"matchers": list(matchers)}, "on_no_match": dict(rest)}}:
            inner: JsonObject = {
                "matcher_list": {"matchers": [_with_own_routes(found, host) for found in matchers]},
                "on_no_match": _with_routes(rest, host),
            }
            return {"matcher": inner}
        case {"routes": list(routes)}:
            return _action(str(host["name"]), routes, host)
    raise AssertionError(f"the virtual host {host.get('name')} has no routes")


def _with_own_routes(found: JsonValue, host: Mapping[str, JsonValue]) -> JsonObject:
    assert isinstance(found, Mapping)
    assert isinstance(found["on_match"], Mapping)
    return {"predicate": found["predicate"], "on_match": _with_routes(found["on_match"], host)}


def _with_routes(led_to: Mapping[str, JsonValue], host: Mapping[str, JsonValue]) -> JsonObject:
    match led_to:
        case {"action": {"name": str(name), "typed_config": {"routes": list(routes)}}}:
            return _action(name, routes, host)
    raise AssertionError(f"the virtual host {host.get('name')} leads to something else than routes")


def _action(name: str, routes: Sequence[JsonValue], host: Mapping[str, JsonValue]) -> JsonObject:
    own: list[JsonValue] = [_own_route(route, host) for route in routes if isinstance(route, Mapping)]
    return {"action": {"name": name, "typed_config": packed(_ROUTES, {"routes": own})}}


def _own_route(route: Mapping[str, JsonValue], host: Mapping[str, JsonValue]) -> JsonObject:
    """The route with what its virtual host says for all of them: Envoy adds a route's headers before its host's."""
    made: dict[str, JsonValue] = dict(route)
    if "metadata" in host:
        made["metadata"] = host["metadata"]
    for name in ("request_headers_to_add", "response_headers_to_add"):
        if added := [*_list(route.get(name)), *_list(host.get(name))]:
            made[name] = added
    shared = {n: typed for n, typed in _fields(host.get("typed_per_filter_config")).items() if n != THROTTLE_CLIENT}
    if filters := {**shared, **_fields(route.get("typed_per_filter_config"))}:
        made["typed_per_filter_config"] = filters
    return made


def _list(value: JsonValue) -> Sequence[JsonValue]:
    return value if isinstance(value, list) else []


def _fields(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, Mapping) else {}
