"""One operation of an OpenAPI document as a method with its responses and its integration."""

from collections.abc import Mapping
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.json_value import JsonObject
from innergate.resources.rest_apis import ApiResource, Integration, MethodDefinition, MethodResponse, RestApi
from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.integration_responses import read_integration_response
from innergate.services.apigateway.integrations import read_integration
from innergate.services.apigateway.method_responses import read_method_response
from innergate.services.apigateway.methods import read_method
from innergate.services.apigateway.openapi_documents import resolve
from innergate.services.apigateway.openapi_members import (
    flag_of,
    integer_of,
    list_of,
    object_of,
    objects_of,
    text_of,
    texts_of,
    values_of,
)
from innergate.services.apigateway.openapi_schemas import model_for
from innergate.services.apigateway.openapi_security import Scheme, security_of
from innergate.services.context import Context

_PLACES = {"path": "path", "query": "querystring", "header": "header"}
_VALIDATOR = "x-amazon-apigateway-request-validator"
_INTEGRATION = "x-amazon-apigateway-integration"
_INTEGRATION_TEXTS = ("uri", "credentials", "connectionId", "cacheNamespace", "integrationTarget")
_OPTIONS = {
    "connectionType": ("INTERNET", "VPC_LINK"),
    "passthroughBehavior": ("WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"),
    "contentHandling": ("CONVERT_TO_BINARY", "CONVERT_TO_TEXT"),
    "responseTransferMode": ("BUFFERED", "STREAM"),
}


class Surroundings(NamedTuple):
    """What an operation is read against."""

    api: RestApi
    document: JsonObject
    schemes: Mapping[str, Scheme]
    validators: Mapping[str, str]
    """Validator name -> id."""


def read_operation(
    context: Context, about: Surroundings, resource: ApiResource, verb: str, operation: JsonObject, item: JsonObject
) -> MethodDefinition:
    """The method, checked as PutMethod and PutIntegration check. `item` is the path's, whose parameters all its methods have.
    Raises Fault BadRequestException."""
    where = {"restApiId": about.api.id, "resourceId": resource.resource_id, "httpMethod": verb}
    try:
        method = _method(context, about, where, operation, item)
    except Fault as fault:
        raise bad_request(
            f"Unable to put method '{verb}' on resource at path '{resource.path}': {fault.message}"
        ) from None
    if operation.get(_INTEGRATION) is None:
        return method
    try:
        integration = _integration(context, where, object_of(operation, _INTEGRATION), method)
    except Fault as fault:
        raise bad_request(
            f"Unable to put integration on '{verb}' for resource at path '{resource.path}': {fault.message}"
        ) from None
    return msgspec.structs.replace(method, method_integration=integration)


def _method(
    context: Context, about: Surroundings, where: Mapping[str, str], operation: JsonObject, item: JsonObject
) -> MethodDefinition:
    parameters, models = _request(context, about, operation, item)
    validator = text_of(operation, _VALIDATOR) or text_of(about.document, _VALIDATOR)
    method = read_method(
        context,
        {
            **where,
            **security_of(operation, about.schemes),
            "operationName": text_of(operation, "operationId"),
            "requestParameters": parameters,
            "requestModels": models,
            "requestValidatorId": about.validators.get(validator) if validator else None,
        },
    )
    return msgspec.structs.replace(method, method_responses=_responses(context, about, operation))


def _request(
    context: Context, about: Surroundings, operation: JsonObject, item: JsonObject
) -> tuple[dict[str, bool], dict[str, str]]:
    parameters: dict[str, bool] = {}
    models: dict[str, str] = {}
    for raw in (*values_of(item, "parameters"), *values_of(operation, "parameters")):
        parameter = resolve(about.document, raw)
        place, name = text_of(parameter, "in"), text_of(parameter, "name") or ""
        if place in _PLACES:
            required = flag_of(parameter, "required") or place == "path"
            parameters[f"method.request.{_PLACES[place]}.{name}"] = required
        elif place == "body":
            named = model_for(context, about.api, parameter.get("schema"))
            if named is not None:
                models |= dict.fromkeys(_content_types(about.document, operation, "consumes"), named)
    body = resolve(about.document, operation.get("requestBody"))
    models |= _content_models(context, about, body)
    return parameters, models


def _content_types(document: JsonObject, operation: JsonObject, member: str) -> list[str]:
    return list_of(operation, member) or list_of(document, member) or ["application/json"]


def _content_models(context: Context, about: Surroundings, body: JsonObject) -> dict[str, str]:
    models = {}
    for content_type, media in objects_of(body, "content").items():
        named = model_for(context, about.api, media.get("schema"))
        if named is not None:
            models[content_type] = named
    return models


def _responses(context: Context, about: Surroundings, operation: JsonObject) -> dict[str, MethodResponse]:
    found: dict[str, MethodResponse] = {}
    for code, raw in sorted(object_of(operation, "responses").items(), key=itemgetter(0)):
        if not (code.isascii() and code.isdecimal() and len(code) == 3):
            continue
        response = resolve(about.document, raw)
        headers = object_of(response, "headers")
        models = _content_models(context, about, response)
        named = model_for(context, about.api, response.get("schema"))
        if named is not None:
            models |= dict.fromkeys(_content_types(about.document, operation, "produces"), named)
        found[code] = read_method_response(
            context,
            {
                "restApiId": about.api.id,
                "statusCode": code,
                "responseParameters": {f"method.response.header.{name}": False for name in headers} or None,
                "responseModels": models or None,
            },
        )
    return found


def _integration(
    context: Context, where: Mapping[str, str], given: JsonObject, method: MethodDefinition
) -> Integration:
    tls = object_of(given, "tlsConfig")
    params: dict[str, Any] = {
        **where,
        **{name: text_of(given, name) for name in _INTEGRATION_TEXTS},
        **{name: _option_of(given, name) for name in _OPTIONS},
        "type": (text_of(given, "type") or "").upper(),
        "integrationHttpMethod": text_of(given, "httpMethod"),
        "requestParameters": texts_of(given, "requestParameters"),
        "requestTemplates": texts_of(given, "requestTemplates"),
        "cacheKeyParameters": list_of(given, "cacheKeyParameters"),
        "timeoutInMillis": integer_of(given, "timeoutInMillis"),
        "tlsConfig": {"insecureSkipVerification": flag_of(tls, "insecureSkipVerification")} if tls else None,
    }
    integration = read_integration(context, params)
    answers = {}
    for pattern, response in objects_of(given, "responses").items():
        status = text_of(response, "statusCode") or ""
        if status not in method.method_responses:
            raise bad_request(f"Invalid Response status code specified: {status}")
        answers[status] = read_integration_response(
            {
                "statusCode": status,
                "selectionPattern": None if pattern == "default" else pattern,
                "responseParameters": texts_of(response, "responseParameters"),
                "responseTemplates": texts_of(response, "responseTemplates"),
                "contentHandling": _option_of(response, "contentHandling"),
            }
        )
    return msgspec.structs.replace(integration, integration_responses=dict(sorted(answers.items())))


def _option_of(members: JsonObject, name: str) -> str | None:
    """One of the values that PutIntegration's model lists for the member, in capitals."""
    value = (text_of(members, name) or "").upper()
    if value and value not in _OPTIONS[name]:
        raise bad_request(f"Invalid {name} specified. Valid options are {','.join(_OPTIONS[name])}")
    return value or None
