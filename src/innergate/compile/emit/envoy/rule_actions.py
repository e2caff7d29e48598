"""Actions of an application load balancer's rules as routes."""

from collections.abc import Mapping
from typing import NamedTuple, assert_never

from innergate.compile.emit.envoy.balancer_answers import answer_page, own_headers, page
from innergate.compile.emit.envoy.balancer_facts import URL_FILTER, url_facts, url_text
from innergate.compile.emit.envoy.clusters import name_cluster
from innergate.compile.emit.envoy.packed import escape_operators, extension, overwrite, packed
from innergate.compile.resolve.balancer_rules import ActionPlan, AnswerPlan, ForwardPlan, RedirectPlan, RefusalPlan
from innergate.compile.resolve.path import Leg, Path
from innergate.primitives.digest import digest_text
from innergate.primitives.json_value import JsonObject, JsonValue

GROUP_COOKIE = "AWSALBTG"
TARGET_COOKIE = "AWSALB"
STICKY_FILTER = "innergate.sticky"

NOBODY = 503
"""Target groups without targets that can be reached."""
NOT_EXECUTED = 500


class RuleSetting(NamedTuple):
    """What a listener's routes have in common. `host_format` is what backends' Host header becomes, "" where it stays."""

    protocol: str
    port: int
    host_format: str
    names_server: bool


def rule_routes(name: str, match: JsonObject, action: ActionPlan, setting: RuleSetting) -> list[JsonValue]:
    """The routes of a rule: one, and before it one for each target group that clients stay with."""
    routes: list[JsonValue] = []
    if isinstance(action, ForwardPlan) and action.sticky_group_s and len(action.path.legs) > 1:
        for leg in action.path.legs:
            alone = action._replace(path=Path(hops=(), legs=(leg,)), sticky_group_s=0)
            fields = _forward(alone, setting)
            routes.append({"name": name, "match": _with_cookie(match, leg), **fields})
    routes.append({"name": name, "match": match, **_fields(action, setting)})
    return routes


def _fields(action: ActionPlan, setting: RuleSetting) -> dict[str, JsonValue]:
    match action:
        case ForwardPlan():
            return _forward(action, setting)
        case RedirectPlan():
            return _redirect(action, setting)
        case AnswerPlan():
            answer: dict[str, JsonValue] = {"status": action.status}
            if action.body:
                answer["body"] = {"inline_string": action.body}
            typed: list[JsonValue] = (
                [overwrite("content-type", escape_operators(action.content_type))] if action.content_type else []
            )
            return {"direct_response": answer, "response_headers_to_add": [*own_headers(setting.names_server), *typed]}
        case RefusalPlan():
            return answer_page(NOT_EXECUTED, setting.names_server)
        case _:
            assert_never(action)


def _redirect(action: RedirectPlan, setting: RuleSetting) -> dict[str, JsonValue]:
    own = {"protocol": setting.protocol.lower(), "port": str(setting.port)}
    scheme, host, at, path, query = (
        url_text(text, own) for text in (action.protocol.lower(), action.host, action.port, action.path, action.query)
    )
    if action.query == "#{query}":
        location = f"{scheme}://{host}:{at}{path}{url_text('#{?query}', own)}"
    else:
        location = f"{scheme}://{host}:{at}{path}" + (f"?{query}" if query else "")
    headers = [
        *own_headers(setting.names_server),
        overwrite("content-type", "text/html"),
        overwrite("location", location),
    ]
    fields: dict[str, JsonValue] = {
        "direct_response": {"status": action.status, "body": {"inline_string": page(action.status)}},
        "response_headers_to_add": headers,
    }
    if "FILTER_STATE" in location:
        fields["typed_per_filter_config"] = {URL_FILTER: url_facts()}
    return fields


def _forward(action: ForwardPlan, setting: RuleSetting) -> dict[str, JsonValue]:
    legs = action.path.legs
    if not legs:
        return answer_page(NOBODY, setting.names_server)
    sticky = dict(action.sticky_targets_s)
    route: dict[str, JsonValue] = {"timeout": "0s", "cluster_not_found_response_code": "SERVICE_UNAVAILABLE"}
    if setting.host_format:
        route["host_rewrite"] = setting.host_format
    filters: Mapping[str, JsonValue] = {}
    if len(legs) == 1:
        route["cluster"] = name_cluster(legs[0])
        filters = _stickiness(legs[0], sticky)
    else:
        clusters: list[JsonValue] = [_share(leg, sticky, action.sticky_group_s) for leg in legs]
        route["weighted_clusters"] = {"clusters": clusters}
    return {"route": route, **({"typed_per_filter_config": filters} if filters else {})}


def _share(leg: Leg, sticky: Mapping[str, int], sticky_group_s: int) -> JsonObject:
    share: dict[str, JsonValue] = {"name": name_cluster(leg), "weight": leg.weight}
    if filters := _stickiness(leg, sticky):
        share["typed_per_filter_config"] = filters
    if sticky_group_s:
        value = f"{_cookie(leg)}; Max-Age={sticky_group_s}; Path=/"
        header: JsonObject = {"key": "set-cookie", "value": value}
        share["response_headers_to_add"] = [{"header": header, "append_action": "APPEND_IF_EXISTS_OR_ADD"}]
    return share


def _cookie(leg: Leg) -> str:
    return f"{GROUP_COOKIE}={digest_text(name_cluster(leg), 16)}"


def _with_cookie(match: JsonObject, leg: Leg) -> JsonObject:
    headers = match.get("headers")
    cookie: JsonObject = {
        "name": "cookie",
        "string_match": {"safe_regex": {"regex": f"(.*; *)?{_cookie(leg)}(;.*)?"}},
    }
    return {**match, "headers": [*(headers if isinstance(headers, list) else ()), cookie]}


def _stickiness(leg: Leg, sticky: Mapping[str, int]) -> dict[str, JsonValue]:
    """The cookie names the target itself. One that is away is chosen anew.

    # AWS differs: the cookies of sticky sessions are not sealed, no AWSALBCORS follows them, and they are set once for their
    # whole duration, not anew by each answer.
    """
    seconds = sticky.get(leg.target_group_arn)
    if not seconds:
        return {}
    state = extension(
        "envoy.http.stateful_session.cookie",
        "envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState",
        {"cookie": {"name": TARGET_COOKIE, "path": "/", "ttl": f"{seconds}s"}},
    )
    return {
        STICKY_FILTER: packed(
            "envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute",
            {"stateful_session": {"session_state": state}},
        )
    }
