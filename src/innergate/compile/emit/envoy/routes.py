"""A stage's RouteConfiguration: one virtual host, methods in order of precedence, 403 for the rest."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

import msgspec

from innergate.compile.emit.envoy.access_logs import log_filters, logged_route_name
from innergate.compile.emit.envoy.api_keys import api_key_check
from innergate.compile.emit.envoy.canaries import CanaryRoutes, for_share
from innergate.compile.emit.envoy.connection_policies import guarded_routes
from innergate.compile.emit.envoy.facts import REQUEST_ID_FILTER, early_request_id, names_request_id
from innergate.compile.emit.envoy.gateway_answers import (
    BROKEN,
    FORBIDDEN,
    MISSING_TOKEN,
    THROTTLED,
    TWO_HOSTS_ROUTE,
    answer_fields,
    answering_route,
)
from innergate.compile.emit.envoy.gateway_responses import gateway_response_filter
from innergate.compile.emit.envoy.hcm import idle_fields
from innergate.compile.emit.envoy.header_rules import (
    DROPPED_FROM_REQUESTS,
    DROPPED_FROM_RESPONSES,
    remapped_headers,
    stage_request_headers,
    stage_response_headers,
)
from innergate.compile.emit.envoy.http_filters import (
    API_KEY,
    GATEWAY_RESPONSES,
    PARAMETERS,
    QUOTA,
    THROTTLE_CLIENT,
    THROTTLE_CLIENT_METHOD,
    THROTTLE_METHOD,
)
from innergate.compile.emit.envoy.metric_lines import plain_route_name
from innergate.compile.emit.envoy.mocks import JSON_OR_NONE, mock_fields, mock_mutations, refuse_types
from innergate.compile.emit.envoy.packed import packed
from innergate.compile.emit.envoy.parameters import Presence, parameter_mutations, presences
from innergate.compile.emit.envoy.path_matches import OTHER_VERBS, PathMatch, match_parent, match_path, match_verb
from innergate.compile.emit.envoy.policies import PolicyFilters
from innergate.compile.emit.envoy.quotas import quota_check
from innergate.compile.emit.envoy.restrictions import match_restriction
from innergate.compile.emit.envoy.rewrites import rewrite_fields
from innergate.compile.emit.envoy.runtime import runtime_fields, runtime_filters
from innergate.compile.emit.envoy.scopes import route_name
from innergate.compile.emit.envoy.throttles import (
    KEY_HEADER,
    StageKeys,
    buckets_by_value,
    client_buckets,
    is_closed,
    method_bucket,
    throttled_keys,
)
from innergate.compile.emit.envoy.upstreams import Upstream, cluster_fields
from innergate.compile.emit.runtime.usage import has_quotas
from innergate.compile.family import EnvoyBody
from innergate.compile.resolve.api_blueprint import (
    BrokenAction,
    MethodPlan,
    MockAction,
    ProxyAction,
    RuntimeAction,
    StageBlueprint,
)
from innergate.compile.resolve.api_path_order import may_meet, parent_path, split_path
from innergate.primitives.json_value import JsonObject, JsonValue

_ASLEEP = packed("envoy.config.route.v3.FilterConfig", {"disabled": True})

MAX_DIRECT_BODY_BYTES = 1024 * 1024
"""What an answer that a route gives itself may hold."""


def route_body(
    blueprint: StageBlueprint,
    upstreams: Mapping[int, Upstream],
    policy: PolicyFilters,
    canary: CanaryRoutes | None,
) -> EnvoyBody:
    """The RouteConfiguration of a stage. `policy` holds its policy's filters; `upstreams` has an entry for each proxying
    method, by its place in the order."""
    name = route_name(blueprint.api_id, blueprint.stage)
    return EnvoyBody(
        "routes",
        name,
        {
            "name": name,
            "max_direct_response_body_size_bytes": MAX_DIRECT_BODY_BYTES,
            "request_headers_to_add": stage_request_headers(blueprint.api_id),
            "request_headers_to_remove": [*DROPPED_FROM_REQUESTS, *([KEY_HEADER] if _has_keys(blueprint) else [])],
            "response_headers_to_remove": list(DROPPED_FROM_RESPONSES),
            "virtual_hosts": [stage_host(blueprint, upstreams, policy, canary)],
        },
    )


def _has_keys(blueprint: StageBlueprint) -> bool:
    return bool(blueprint.keys) or (blueprint.canary is not None and bool(blueprint.canary.blueprint.keys))


def stage_host(
    blueprint: StageBlueprint,
    upstreams: Mapping[int, Upstream],
    policy: PolicyFilters,
    canary: CanaryRoutes | None,
) -> dict[str, JsonValue]:
    """The virtual host of a stage, or of a stage under a base path. Parameters as above."""
    virtual_host: dict[str, JsonValue] = {
        "name": "stage",
        "domains": ["*"],
        "metadata": {"filter_metadata": {"innergate": _facts(blueprint)}},
    }
    routes = _routes(blueprint, upstreams, policy)
    if canary is not None:
        own = msgspec.structs.replace(
            canary.blueprint, base_path=blueprint.base_path, rule_id=blueprint.rule_id, by_rules=blueprint.by_rules
        )
        routes = [*for_share(_routes(own, canary.native, policy), canary.percent), *routes]
    if policy.admitted is None:
        virtual_host["routes"] = list(routes)
    else:
        virtual_host |= guarded_routes(policy.admitted, routes, _refused(blueprint, routes), policy.filters)
    filters = _stage_filters(blueprint, policy.filters if policy.admitted is None else {})
    has_early_id = names_request_id([virtual_host, filters])
    if has_early_id:
        filters[REQUEST_ID_FILTER] = early_request_id()
    remapped = remapped_headers() if _is_all_backends(blueprint) else []
    virtual_host["response_headers_to_add"] = [*remapped, *stage_response_headers(has_early_id)]
    if filters:
        virtual_host["typed_per_filter_config"] = filters
    return virtual_host


def _refused(blueprint: StageBlueprint, routes: Sequence[JsonObject]) -> list[JsonObject]:
    """One match for everything; in a stage whose routes name their resources, every route's, since a line says what was asked
    for."""
    if not _names_resources(blueprint):
        return [{"name": plain_route_name(blueprint.api_id, blueprint.stage), "match": {"prefix": "/"}}]
    return [{"name": route["name"], "match": route["match"]} for route in routes]


def _is_all_backends(blueprint: StageBlueprint) -> bool:
    """Whether no answer but a backend's has headers to remap. Then the stage says so once, not every route: a header's format
    costs Envoy 25 microseconds each time it takes the configuration."""
    return all(isinstance(method.action, ProxyAction | BrokenAction) for method in blueprint.methods)


def _masked_arn(blueprint: StageBlueprint) -> str:
    masked = f"********{blueprint.account[-4:]}"
    return f"arn:aws:execute-api:{blueprint.region}:{masked}:{blueprint.api_id}/{blueprint.stage}"


def _facts(blueprint: StageBlueprint) -> dict[str, JsonValue]:
    facts: dict[str, JsonValue] = {
        "api_id": blueprint.api_id,
        "stage": blueprint.stage,
        "masked_arn": _masked_arn(blueprint),
    }
    if blueprint.base_path is not None:
        facts["depth"] = blueprint.mount.count("/")
    return facts


def _stage_filters(blueprint: StageBlueprint, policy: Mapping[str, JsonObject]) -> dict[str, JsonValue]:
    filters: dict[str, JsonValue] = dict(policy)
    if blueprint.log_destination or blueprint.logs_failures:
        filters |= log_filters(has_keys=bool(blueprint.keys))
    keys = plan_keys(blueprint)
    if keys is not None:
        filters[THROTTLE_CLIENT] = client_buckets(keys.buckets, keys.header)
    if blueprint.gateway_responses:
        answers = gateway_response_filter(blueprint)
        if answers is not None:
            filters[GATEWAY_RESPONSES] = answers
    return filters


def _routes(blueprint: StageBlueprint, upstreams: Mapping[int, Upstream], policy: PolicyFilters) -> list[JsonObject]:
    """Two hosts are refused; then each path's methods, then its 403 if another path could take what they leave, in the
    blueprint's order; at last the 403 for everything else. Where a method is ANY, verbs that it does not cover are refused
    first, once: asking at each such route would cost every request."""
    routes: list[JsonObject] = [TWO_HOSTS_ROUTE]
    if any(method.verb == "ANY" for method in blueprint.methods):
        routes.append(answering_route(OTHER_VERBS, MISSING_TOKEN))
    paths = list(dict.fromkeys(method.path for method in blueprint.methods))
    templates = [path for path in paths if any(s.kind != "literal" for s in split_path(path))]
    remaps = not _is_all_backends(blueprint)
    places = {path: place for place, path in enumerate(paths)}
    taken = {method.path for method in blueprint.methods if _takes_all(method)}
    for path, methods in groupby(enumerate(blueprint.methods), key=lambda numbered: numbered[1].path):
        matched = match_path(blueprint.mount, path)
        if matched.prefix and parent_path(path) not in taken:
            routes.append(answering_route(match_parent(blueprint.mount, path), MISSING_TOKEN))
        for index, method in methods:
            for presence in _presences(method):
                route = _method_route(blueprint, method, matched, upstreams.get(index), presence)
                if remaps and "route" in route and isinstance(method.action, ProxyAction):
                    route["response_headers_to_add"] = remapped_headers()
                if method.is_authorized_by_worker and policy.authorized:
                    own = route.get("typed_per_filter_config", {})
                    route["typed_per_filter_config"] = {
                        **(own if isinstance(own, Mapping) else {}),
                        **policy.authorized,
                    }
                routes.append(_named(blueprint, route, method.resource_id, method.path))
                if isinstance(method.action, MockAction):
                    refusal = refuse_types(route, method.action)
                    routes.append(_named(blueprint, refusal, method.resource_id, method.path))
        if path not in taken and any(places[other] > places[path] and may_meet(path, other) for other in templates):
            routes.append(answering_route(matched.match, MISSING_TOKEN))
    routes.append(answering_route({"prefix": "/"}, MISSING_TOKEN))
    return [_named(blueprint, route) for route in routes]


def _named(blueprint: StageBlueprint, route: JsonObject, resource_id: str = "", path: str = "") -> JsonObject:
    """The route with the name that lines of logs and metrics know it by."""
    if "name" in route:
        return route
    if not _names_resources(blueprint):
        return {"name": plain_route_name(blueprint.api_id, blueprint.stage), **route}
    name = logged_route_name(
        blueprint.log_destination,
        blueprint.api_id,
        blueprint.stage,
        resource_id,
        path,
        base_path=blueprint.base_path,
        rule_id=blueprint.rule_id,
        is_canary=blueprint.is_canary,
    )
    return {"name": name, **route}


def _names_resources(blueprint: StageBlueprint) -> bool:
    return bool(blueprint.log_destination) or blueprint.logs_failures or blueprint.has_detailed_metrics


def _takes_all(method: MethodPlan) -> bool:
    """Whether the method's route leaves nothing of its path to those that follow."""
    if method.verb != "ANY" or method.restriction is not None:
        return False
    return any(not p.headers and not p.queries for p in _presences(method))


def _presences(method: MethodPlan) -> Iterable[Presence]:
    return presences(method.action) if isinstance(method.action, ProxyAction) else (Presence(),)


def _method_route(
    blueprint: StageBlueprint, method: MethodPlan, matched: PathMatch, upstream: Upstream | None, presence: Presence
) -> dict[str, JsonValue]:
    allowed: tuple[JsonObject, ...] = match_restriction(method.restriction) if method.restriction is not None else ()
    if isinstance(method.action, MockAction):
        allowed = (JSON_OR_NONE,)
    match = dict(matched.match)
    if headers := [*match_verb(method.verb), *presence.headers, *allowed]:
        match["headers"] = headers
    if presence.queries:
        match["query_parameters"] = list(presence.queries)
    route: dict[str, JsonValue] = {"match": match}
    filters = _method_filters(blueprint, method, presence) | dict(upstream.filters if upstream is not None else {})
    if method.requires_key and not method.has_key_checked_by_worker and not blueprint.keys:
        route |= answer_fields(FORBIDDEN)
    elif is_closed(method.throttle):
        route |= answer_fields(THROTTLED)
    else:
        route |= _action_fields(blueprint, method, matched, upstream)
    if filters:
        route["typed_per_filter_config"] = filters
    return route


def _action_fields(
    blueprint: StageBlueprint, method: MethodPlan, matched: PathMatch, upstream: Upstream | None
) -> dict[str, JsonValue]:
    match method.action:
        case MockAction() as mock:
            return mock_fields(method, mock, blueprint.mount)
        case BrokenAction():
            return answer_fields(BROKEN)
        case RuntimeAction() as action:
            return runtime_fields(blueprint, method, action)
        case ProxyAction() as proxy:
            if upstream is None or upstream.answer is not None:
                return answer_fields(upstream.answer if upstream and upstream.answer else BROKEN)
            return _proxy_fields(blueprint, proxy, matched, upstream)


def _proxy_fields(
    blueprint: StageBlueprint, action: ProxyAction, matched: PathMatch, upstream: Upstream
) -> dict[str, JsonValue]:
    host = next((h.value.text for h in action.headers if h.name.lower() == "host"), action.host)
    route: dict[str, JsonValue] = {
        **cluster_fields(upstream.clusters),
        **rewrite_fields(matched, action.path),
        "host_rewrite_literal": host,
        "timeout": f"{action.timeout_ms / 1000:g}s",
        **idle_fields(action.idle_s),
        "cluster_not_found_response_code": "INTERNAL_SERVER_ERROR",
    }
    fields: dict[str, JsonValue] = {"route": route}
    if blueprint.gateway_responses:
        fields["response_headers_to_remove"] = ["x-amzn-errortype"]
    return fields


def _method_filters(blueprint: StageBlueprint, method: MethodPlan, presence: Presence) -> dict[str, JsonValue]:
    filters = _key_filters(blueprint, method)
    if method.throttle is not None and not is_closed(method.throttle):
        filters[THROTTLE_METHOD] = method_bucket(method.throttle)
    if isinstance(method.action, RuntimeAction):
        filters |= runtime_filters(method.action.asks_cache)
    if isinstance(method.action, MockAction) and (typed := mock_mutations(method.action)) is not None:
        filters[PARAMETERS] = typed
    if isinstance(method.action, ProxyAction):
        mutations = parameter_mutations(method, method.action, blueprint.mount, presence.absent)
        if mutations is not None:
            filters[PARAMETERS] = mutations
    return filters


def plan_keys(blueprint: StageBlueprint) -> StageKeys | None:
    """Usage plans' buckets, which all methods of a stage share: by the key's id, or by the key as it was sent where workers
    look for the id of some. None where there are none."""
    keys = throttled_keys(blueprint.keys)
    if not keys:
        return None
    if blueprint.has_late_keys:
        return StageKeys(_masked_arn(blueprint), "x-api-key", buckets_by_value(blueprint.keys, keys))
    return StageKeys(_masked_arn(blueprint), KEY_HEADER, keys)


def _key_filters(blueprint: StageBlueprint, method: MethodPlan) -> dict[str, JsonValue]:
    """The API key's check, and the plans' buckets of the method. A key sent to a method that asks for none is not metered."""
    filters: dict[str, JsonValue] = {}
    if method.has_key_checked_by_worker:
        own = buckets_by_value(blueprint.keys, method.client_throttles) if method.key_source == "HEADER" else ()
        if own:
            filters[THROTTLE_CLIENT_METHOD] = client_buckets(own, "x-api-key")
        return filters
    if method.requires_key and blueprint.keys:
        filters[API_KEY] = api_key_check(blueprint.keys)
        if has_quotas(blueprint):
            filters[QUOTA] = quota_check(blueprint)
    if method.client_throttles:
        filters[THROTTLE_CLIENT_METHOD] = client_buckets(method.client_throttles)
    if not method.requires_key and throttled_keys(blueprint.keys) and blueprint.has_late_keys:
        filters[THROTTLE_CLIENT] = _ASLEEP
    return filters
