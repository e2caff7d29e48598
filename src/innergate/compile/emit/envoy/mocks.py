"""MOCK integrations with static templates as direct responses."""

from innergate.compile.emit.envoy.context_operators import value_operator
from innergate.compile.emit.envoy.packed import escape_operators, overwrite, packed
from innergate.compile.resolve.api_blueprint import MethodPlan, MockAction
from innergate.primitives.json_value import JsonObject, JsonValue


def mock_fields(method: MethodPlan, action: MockAction, mount: str) -> dict[str, JsonValue]:
    """The fields of a route that answers with the mock's status, headers and body."""
    body: dict[str, JsonValue] = {"status": action.status}
    if action.body:
        body["body"] = {"inline_string": action.body}
    return {
        "direct_response": body,
        "response_headers_to_add": [
            overwrite("content-type", escape_operators(action.content_type)),
            *(overwrite(h.name.lower(), value_operator(h.value, method.path, mount)) for h in action.headers),
        ],
    }


def mock_mutations(action: MockAction) -> JsonObject | None:
    """The route's `typed_per_filter_config` for the type of an answer without a body, which Envoy would take off; None where
    there is a body."""
    if action.body:
        return None
    mutations: JsonObject = {
        "response_mutations": [{"append": overwrite("content-type", escape_operators(action.content_type))}]
    }
    return packed("envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute", {"mutations": mutations})
