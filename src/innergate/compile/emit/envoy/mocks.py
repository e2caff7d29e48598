"""MOCK integrations with static templates as direct responses."""

from innergate.compile.emit.envoy.context_operators import value_operator
from innergate.compile.emit.envoy.packed import overwrite
from innergate.compile.resolve.api_blueprint import MethodPlan, MockAction
from innergate.primitives.json_value import JsonValue


def mock_fields(method: MethodPlan, action: MockAction, mount: str) -> dict[str, JsonValue]:
    """The fields of a route that answers with the mock's status, headers and body."""
    body: dict[str, JsonValue] = {"status": action.status}
    if action.body:
        body["body"] = {"inline_string": action.body}
    return {
        "direct_response": body,
        "response_headers_to_add": [
            overwrite("content-type", action.content_type),
            *(overwrite(h.name.lower(), value_operator(h.value, method.path, mount)) for h in action.headers),
        ],
    }
