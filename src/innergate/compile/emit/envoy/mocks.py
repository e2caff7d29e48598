"""MOCK integrations with static templates as direct responses."""

from collections.abc import Mapping, Sequence

from innergate.compile.emit.envoy.context_operators import value_operator
from innergate.compile.emit.envoy.gateway_answers import BROKEN, UNSUPPORTED, answering_route
from innergate.compile.emit.envoy.http_filters import PARAMETERS
from innergate.compile.emit.envoy.packed import escape_operators, overwrite, packed
from innergate.compile.resolve.api_blueprint import MethodPlan, MockAction
from innergate.primitives.json_value import JsonObject, JsonValue


def mock_fields(method: MethodPlan, action: MockAction, mount: str) -> dict[str, JsonValue]:
    """The fields of a route that answers with the mock's status, headers and body. Envoy gives answers of 201 and 3xx a
    Location of its own; it is removed before a mapped one is set."""
    body: dict[str, JsonValue] = {"status": action.status}
    if action.body:
        body["body"] = {"inline_string": action.body}
    is_led_on = action.status == 201 or 300 <= action.status <= 399
    return {
        "direct_response": body,
        **({"response_headers_to_remove": ["location"]} if is_led_on else {}),
        "response_headers_to_add": [
            overwrite("content-type", escape_operators(action.content_type)),
            *(overwrite(h.name.lower(), value_operator(h.value, method.path, mount)) for h in action.headers),
        ],
    }


JSON_OR_NONE: JsonObject = {
    "name": "content-type",
    "string_match": {"safe_regex": {"regex": r"\s*(?i:application/json)?\s*(;.*)?"}},
    "treat_missing_header_as_empty": True,
}
"""Matches the requests that the template is for."""


def refuse_types(route: JsonObject, action: MockAction) -> JsonObject:
    """The route for bodies of other types, to stand after the mock's own: none names a status, or no other type is taken."""
    match = route["match"]
    assert isinstance(match, Mapping)
    headers = match["headers"]
    assert isinstance(headers, Sequence)
    others: JsonObject = {**match, "headers": [header for header in headers if header != JSON_OR_NONE]}
    answer = answering_route(others, UNSUPPORTED if action.refuses_types else BROKEN)
    filters = route.get("typed_per_filter_config", {})
    assert isinstance(filters, Mapping)
    kept = {name: filter for name, filter in filters.items() if name != PARAMETERS}
    return {**answer, "typed_per_filter_config": kept} if kept else answer


def mock_mutations(action: MockAction) -> JsonObject | None:
    """The route's `typed_per_filter_config` for the type of an answer without a body, which Envoy would take off; None where
    there is a body."""
    if action.body:
        return None
    mutations: JsonObject = {
        "response_mutations": [{"append": overwrite("content-type", escape_operators(action.content_type))}]
    }
    return packed("envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute", {"mutations": mutations})
