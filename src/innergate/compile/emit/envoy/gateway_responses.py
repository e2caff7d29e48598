"""Gateway responses that users have put, as a `custom_response` filter of the stage.

The filter knows an answer by its x-amzn-errortype and status, which together name the type; a backend's own x-amzn-errortype
is taken off where a stage has gateway responses.
"""

from innergate.compile.emit.envoy import gateway_answers
from innergate.compile.emit.envoy.context_operators import translate_template, value_operator
from innergate.compile.emit.envoy.local_replies import ANSWERS, answer_headers, denied_either_way
from innergate.compile.emit.envoy.packed import (
    CEL_FORMATTER,
    escape_operators,
    extension,
    overwrite,
    packed,
    text_format,
)
from innergate.compile.resolve.api_blueprint import GatewayResponse, RuntimeAction, StageBlueprint
from innergate.plans.runtime import FACTS_HEADER
from innergate.primitives.json_value import JsonObject, JsonValue

_TYPE = "envoy.extensions.filters.http.custom_response.v3.CustomResponse"
_NOT_CUSTOM = frozenset({"REQUEST_TOO_LARGE"})
"""AWS gives no say in it."""


def known_answers(mount: str = "/stage", by_rules: bool = False) -> dict[str, tuple[int, str, str]]:
    """Every answer that the gateway makes natively: type -> status, x-amzn-errortype, message. `mount` is what paths begin
    with; for `by_rules` see `denied_either_way`."""
    known: dict[str, tuple[int, str, str]] = {}
    for answer in ANSWERS:
        if answer.response_type and answer.response_type not in _NOT_CUSTOM:
            denied = answer.response_type == "ACCESS_DENIED"
            text = denied_either_way(mount, by_rules) if denied else answer.body.partition(":")[2].strip('"}')
            known.setdefault(answer.response_type, (answer.status, answer.error_type, text))
    for route_answer in vars(gateway_answers).values():
        if isinstance(route_answer, gateway_answers.RouteAnswer):
            known.setdefault(
                route_answer.response_type, (route_answer.status, route_answer.error_type, route_answer.message)
            )
    return known


def gateway_response_filter(blueprint: StageBlueprint) -> JsonObject | None:
    """The stage's `typed_per_filter_config`; None where users have put none of the answers that Envoy makes (it refuses an
    empty list)."""
    by_type = {r.response_type: r for r in blueprint.gateway_responses}
    executed = [*blueprint.methods, *(blueprint.canary.blueprint.methods if blueprint.canary is not None else ())]
    has_runtime = any(isinstance(method.action, RuntimeAction) for method in executed)
    matchers: list[JsonValue] = []
    for kind, (status, error_type, message) in sorted(known_answers(blueprint.mount, blueprint.by_rules).items()):
        response = by_type.get(kind) or by_type.get("DEFAULT_4XX" if status < 500 else "DEFAULT_5XX")
        if response is not None:
            matchers.append(
                {
                    "predicate": _predicate(status, error_type, has_runtime),
                    "on_match": {"action": _policy(blueprint, response, kind, (status, error_type, message))},
                }
            )
    if not matchers:
        return None
    return packed(_TYPE, {"custom_response_matcher": {"matcher_list": {"matchers": matchers}}})


def _predicate(status: int, error_type: str, has_runtime: bool) -> JsonObject:
    """A worker of the runtime has written its answers in the user's words already."""
    header = extension(
        "x-amzn-errortype",
        "envoy.type.matcher.v3.HttpResponseHeaderMatchInput",
        {"header_name": "x-amzn-errortype"},
    )
    code = extension("status", "envoy.type.matcher.v3.HttpResponseStatusCodeMatchInput")
    predicates: list[JsonValue] = [
        {"single_predicate": {"input": header, "value_match": {"exact": error_type}}},
        {"single_predicate": {"input": code, "value_match": {"exact": str(status)}}},
    ]
    if has_runtime:
        facts = extension("facts", "envoy.type.matcher.v3.HttpResponseHeaderMatchInput", {"header_name": FACTS_HEADER})
        any_object: JsonObject = {"prefix": "{"}
        predicates.append({"not_matcher": {"single_predicate": {"input": facts, "value_match": any_object}}})
    return {"and_matcher": {"predicate": predicates}}


def _policy(
    blueprint: StageBlueprint, response: GatewayResponse, kind: str, known_answer: tuple[int, str, str]
) -> JsonObject:
    status, error_type, message = known_answer
    known = {
        "error.message": message,
        "error.messageString": f'"{message}"',
        "error.responseType": kind,
        "accountId": blueprint.account,
        "apiId": blueprint.api_id,
        "stage": blueprint.stage,
        "deploymentId": blueprint.deployment_id,
    }
    headers: list[JsonValue] = [
        *answer_headers(),
        overwrite("x-amzn-errortype", error_type),
        overwrite("content-type", escape_operators(response.content_type)),
        *(overwrite(h.name.lower(), value_operator(h.value, "/", blueprint.mount)) for h in response.headers),
    ]
    fields: dict[str, JsonValue] = {
        "status_code": response.status or status,
        "response_headers_to_add": headers,
    }
    template = response.body if response.body is not None else '{"message":$context.error.messageString}'
    fields["body_format"] = text_format(translate_template(template, known), response.content_type, (CEL_FORMATTER,))
    return extension(
        f"{kind}",
        "envoy.extensions.http.custom_response.local_response_policy.v3.LocalResponsePolicy",
        fields,
    )
