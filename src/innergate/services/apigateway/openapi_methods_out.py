"""A method as an operation of an OpenAPI 2.0 or 3.0 document."""

from typing import Any

from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.resources.rest_apis import MethodDefinition, MethodResponse

_PLACES = {"path": "path", "querystring": "query", "header": "header"}


def export_method(method: MethodDefinition, old: bool) -> dict[str, JsonValue]:
    """The operation without security and integration; `old` chooses 2.0."""
    operation: dict[str, Any] = {}
    if method.operation_name:
        operation["operationId"] = method.operation_name
    parameters = [_parameter(name, required, old) for name, required in (method.request_parameters or {}).items()]
    models = method.request_models or {}
    if old:
        if models:
            model = next(iter(models.values()))
            schema = {"$ref": f"#/definitions/{model}"}
            parameters.append({"in": "body", "name": model, "required": True, "schema": schema})
        operation |= _media_types(method)
    elif models:
        operation["requestBody"] = {"content": _content(models), "required": True}
    if parameters:
        operation["parameters"] = [parameter for parameter in parameters if parameter]
    responses = {code: _response(response, old) for code, response in method.method_responses.items()}
    if responses:
        operation["responses"] = responses
    return operation


def _parameter(expression: str, required: bool, old: bool) -> dict[str, JsonValue]:
    place, _, name = expression.removeprefix("method.request.").partition(".")
    if place not in _PLACES:
        return {}
    parameter: dict[str, JsonValue] = {"name": name, "in": _PLACES[place]}
    if old:
        return parameter | {"required": required, "type": "string"}
    return parameter | ({"required": True} if required else {}) | {"schema": {"type": "string"}}


def _media_types(method: MethodDefinition) -> dict[str, JsonValue]:
    integration = method.method_integration
    taken = set(method.request_models or {})
    given = {kind for response in method.method_responses.values() for kind in response.response_models or {}}
    if integration is not None:
        taken |= set(integration.request_templates or {})
        for answer in integration.integration_responses.values():
            given |= set(answer.response_templates or {})
    found: dict[str, JsonValue] = {}
    if taken:
        found["consumes"] = sorted(taken)
    if given:
        found["produces"] = sorted(given)
    return found


def _content(models: dict[str, str]) -> dict[str, JsonValue]:
    return {kind: {"schema": {"$ref": f"#/components/schemas/{model}"}} for kind, model in models.items()}


def _response(response: MethodResponse, old: bool) -> dict[str, JsonValue]:
    shown: dict[str, JsonValue] = {"description": f"{response.status_code} response"}
    names = [name.removeprefix("method.response.header.") for name in response.response_parameters or {}]
    text: JsonObject = {"type": "string"} if old else {"schema": {"type": "string"}}
    if names:
        shown["headers"] = {name: dict(text) for name in names}
    models = response.response_models or {}
    if not old:
        shown["content"] = _content(models)
    elif models:
        shown["schema"] = {"$ref": f"#/definitions/{next(iter(models.values()))}"}
    return shown
