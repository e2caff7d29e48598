"""One operation of an OpenAPI document as a method with its responses and its integration."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.resources.rest_apis import ApiResource, MethodDefinition, MethodResponse, RestApi
from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.integration_responses import read_integration_response
from innergate.services.apigateway.integrations import read_integration
from innergate.services.apigateway.method_responses import read_method_response
from innergate.services.apigateway.methods import read_method
from innergate.services.apigateway.openapi_documents import resolve
from innergate.services.apigateway.openapi_schemas import model_for
from innergate.services.apigateway.openapi_security import Scheme, security_of
from innergate.services.context import Context

_PLACES = {"path": "path", "query": "querystring", "header": "header"}


class Surroundings(NamedTuple):
    """What an operation is read against."""

    api: RestApi
    document: JsonObject
    schemes: Mapping[str, Scheme]
    validators: Mapping[str, str]
    """Validator name -> id."""


def read_operation(
    context: Context, about: Surroundings, resource: ApiResource, verb: str, operation: JsonObject, shared: JsonValue
) -> MethodDefinition:
    """The method, checked as PutMethod and PutIntegration check. `shared` are the path item's parameters. Raises Fault."""
    where = {"restApiId": about.api.id, "resourceId": resource.resource_id, "httpMethod": verb}
    parameters, models = _request(context, about, operation, shared)
    validator = operation.get("x-amazon-apigateway-request-validator") or about.document.get(
        "x-amazon-apigateway-request-validator"
    )
    method = read_method(
        context,
        {
            **where,
            **security_of(operation, about.schemes),
            "operationName": operation.get("operationId"),
            "requestParameters": parameters,
            "requestModels": models,
            "requestValidatorId": about.validators.get(str(validator)) if validator else None,
        },
    )
    method = msgspec.structs.replace(method, method_responses=_responses(context, about, operation))
    extension = operation.get("x-amazon-apigateway-integration")
    if not isinstance(extension, Mapping):
        return method
    try:
        integration = _integration(context, where, extension, method)
    except Fault as fault:
        raise bad_request(
            f"Unable to put integration on '{verb}' for resource at path '{resource.path}': {fault.message}"
        ) from None
    return msgspec.structs.replace(method, method_integration=integration)


def _request(
    context: Context, about: Surroundings, operation: JsonObject, shared: JsonValue
) -> tuple[dict[str, bool], dict[str, str]]:
    parameters: dict[str, bool] = {}
    models: dict[str, str] = {}
    own = operation.get("parameters")
    for listed in (shared, own):
        for raw in listed if isinstance(listed, list) else []:
            parameter = resolve(about.document, raw)
            place, name = str(parameter.get("in")), str(parameter.get("name"))
            if place in _PLACES:
                required = bool(parameter.get("required")) or place == "path"
                parameters[f"method.request.{_PLACES[place]}.{name}"] = required
            elif place == "body":
                named = model_for(context, about.api, parameter.get("schema"))
                if named is not None:
                    models |= dict.fromkeys(_content_types(about.document, operation, "consumes"), named)
    body = resolve(about.document, operation.get("requestBody"))
    models |= _content_models(context, about, body.get("content"))
    return parameters, models


def _content_types(document: JsonObject, operation: JsonObject, member: str) -> list[str]:
    listed = operation.get(member) or document.get(member)
    return [str(entry) for entry in listed] if isinstance(listed, list) and listed else ["application/json"]


def _content_models(context: Context, about: Surroundings, content: JsonValue) -> dict[str, str]:
    models = {}
    for content_type, media in content.items() if isinstance(content, Mapping) else ():
        named = model_for(context, about.api, media.get("schema")) if isinstance(media, Mapping) else None
        if named is not None:
            models[content_type] = named
    return models


def _responses(context: Context, about: Surroundings, operation: JsonObject) -> dict[str, MethodResponse]:
    listed = operation.get("responses")
    found: dict[str, MethodResponse] = {}
    for code, raw in sorted(listed.items()) if isinstance(listed, Mapping) else ():
        if not (code.isdigit() and len(code) == 3):
            continue
        response = resolve(about.document, raw)
        headers = response.get("headers")
        models = _content_models(context, about, response.get("content"))
        named = model_for(context, about.api, response.get("schema"))
        if named is not None:
            models |= dict.fromkeys(_content_types(about.document, operation, "produces"), named)
        found[code] = read_method_response(
            context,
            {
                "restApiId": about.api.id,
                "statusCode": code,
                "responseParameters": {f"method.response.header.{name}": False for name in headers}
                if isinstance(headers, Mapping) and headers
                else None,
                "responseModels": models or None,
            },
        )
    return found


def _integration(context: Context, where: Mapping[str, str], given: JsonObject, method: MethodDefinition) -> Any:
    members = {name: member for name, member in given.items() if name not in ("responses", "httpMethod", "type")}
    params: dict[str, Any] = {
        **members,
        **where,
        "type": str(given.get("type") or "").upper(),
        "integrationHttpMethod": given.get("httpMethod"),
    }
    if isinstance(params.get("timeoutInMillis"), str):
        params["timeoutInMillis"] = int(params["timeoutInMillis"])
    integration = read_integration(context, params)
    answers = {}
    listed = given.get("responses")
    for pattern, response in listed.items() if isinstance(listed, Mapping) else ():
        if not isinstance(response, Mapping):
            continue
        status = str(response.get("statusCode"))
        if status not in method.method_responses:
            raise bad_request(f"Invalid Response status code specified: {status}")
        answers[status] = read_integration_response(
            {
                "statusCode": status,
                "selectionPattern": None if pattern == "default" else pattern,
                "responseParameters": response.get("responseParameters"),
                "responseTemplates": response.get("responseTemplates"),
                "contentHandling": response.get("contentHandling"),
            }
        )
    return msgspec.structs.replace(integration, integration_responses=dict(sorted(answers.items())))
