"""Methods: one verb of one resource, with what it asks of a request."""

from collections.abc import Mapping
from typing import Any

import msgspec

from innergate.resources.rest_apis import MethodDefinition, MethodResponse
from innergate.services.apigateway.documents import show
from innergate.services.apigateway.faults import bad_request, conflict, invalid_mapping, not_found
from innergate.services.apigateway.integrations import render_integration
from innergate.services.apigateway.lookups import method_of, part_of, resource_of
from innergate.services.apigateway.patches import (
    NO_CONTENT_TYPE,
    NO_PARAMETER,
    Patch,
    invalid_path,
    read_bool,
    read_patches,
    require_op,
)
from innergate.services.context import Context, Params, Result

VERBS = ("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY")
_LOCATIONS = ("path", "querystring", "header", "multivaluequerystring", "multivalueheader")
_NO_AUTHORIZER = (
    "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid "
    "authorizer."
)
_AUTHORIZATION_TYPES = ("NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS", "JWT")
_WITH_AUTHORIZER = {"CUSTOM": ("TOKEN", "REQUEST"), "COGNITO_USER_POOLS": ("COGNITO_USER_POOLS",), "JWT": ("JWT",)}


def put(context: Context, params: Params) -> Result:
    """PutMethod. Raises Fault NotFoundException, BadRequestException or ConflictException."""
    resource = resource_of(context, params["restApiId"], params["resourceId"])
    verb = params["httpMethod"]
    if verb not in VERBS:
        raise bad_request(f"Invalid HttpMethod specified. Valid options are {','.join(VERBS)}")
    if verb in resource.methods:
        raise conflict("Method already exists for this resource")
    method = read_method(context, params)
    methods = {**resource.methods, verb: method}
    context.tx.put(msgspec.structs.replace(resource, methods=methods))
    return render_method(method)


def read_method(context: Context, params: Params) -> MethodDefinition:
    """The method that PutMethod's parameters describe, checked. Raises Fault BadRequestException."""
    api_id = params["restApiId"]
    kind = params["authorizationType"]
    if kind not in _AUTHORIZATION_TYPES:
        raise bad_request(
            "Invalid Authorization type specified. Valid options are NONE,AWS_IAM,CUSTOM,COGNITO_USER_POOLS,JWT"
        )
    authorizer_id = params.get("authorizerId") or None
    if kind in _WITH_AUTHORIZER:
        check_authorizer(context, api_id, kind, authorizer_id)
    else:
        authorizer_id = None
    _check_parameters(params.get("requestParameters") or {})
    _check_models(context, api_id, params.get("requestModels") or {})
    validator = params.get("requestValidatorId") or None
    if validator is not None and part_of(context, api_id, "request-validator", validator) is None:
        raise bad_request("Invalid Request Validator identifier specified")
    return MethodDefinition(
        http_method=params["httpMethod"],
        authorization_type=kind,
        authorizer_id=authorizer_id,
        api_key_required=bool(params.get("apiKeyRequired")),
        operation_name=params.get("operationName") or None,
        request_parameters=dict(params["requestParameters"]) if params.get("requestParameters") else None,
        request_models=dict(params["requestModels"]) if params.get("requestModels") else None,
        request_validator_id=validator,
        authorization_scopes=tuple(params["authorizationScopes"]) if params.get("authorizationScopes") else None,
    )


def check_authorizer(context: Context, api_id: str, kind: str, authorizer_id: str | None) -> None:
    """Raises Fault BadRequestException unless the API has that authorizer and it fits the authorization type."""
    found = part_of(context, api_id, "authorizer", authorizer_id) if authorizer_id else None
    if found is None or found.body.get("type") not in _WITH_AUTHORIZER[kind]:
        raise bad_request(_NO_AUTHORIZER)


def _check_parameters(parameters: Mapping[str, bool]) -> None:
    names = set()
    for expression in parameters:
        place, _, name = expression.removeprefix("method.request.").partition(".")
        if not expression.startswith("method.request.") or place not in _LOCATIONS or not name:
            raise invalid_mapping(expression)
        if name in names:
            raise bad_request("Parameter names must be unique across querystring, header and path")
        names.add(name)


def _check_models(context: Context, api_id: str, models: Mapping[str, str]) -> None:
    for name in models.values():
        if part_of(context, api_id, "model", name) is None:
            raise bad_request(f"Invalid model identifier specified: {name}")


def render_method(method: MethodDefinition) -> dict[str, Any]:
    """The method as AWS answers it: no empty members, its integration and responses inside."""
    shown = show(method, frozenset({"methodResponses", "methodIntegration"}))
    if method.method_responses:
        shown["methodResponses"] = {
            code: render_method_response(response) for code, response in method.method_responses.items()
        }
    if method.method_integration is not None:
        shown["methodIntegration"] = render_integration(method.method_integration)
    return {name: member for name, member in shown.items() if member not in ({}, [], ())}


def render_method_response(response: MethodResponse) -> dict[str, Any]:
    """The method response as AWS answers it."""
    return show(response)


def get(context: Context, params: Params) -> Result:
    """GetMethod."""
    return render_method(method_of(context, params).method)


def delete(context: Context, params: Params) -> Result:
    """DeleteMethod."""
    found = method_of(context, params)
    methods = {verb: method for verb, method in found.resource.methods.items() if verb != found.method.http_method}
    context.tx.put(msgspec.structs.replace(found.resource, methods=methods))
    return {}


def update(context: Context, params: Params) -> Result:
    """UpdateMethod. Raises Fault."""
    found = method_of(context, params)
    method = found.method
    named_authorizer: str | None = None
    for patch in read_patches(params):
        if patch.segments == ("authorizerId",):
            require_op(patch, "replace")
            named_authorizer = patch.text
            continue
        method = _apply(context, params["restApiId"], method, patch)
    method = _settle_authorizer(context, params["restApiId"], method, named_authorizer)
    found.write(context, method)
    return render_method(method)


def _settle_authorizer(context: Context, api_id: str, method: MethodDefinition, named: str | None) -> MethodDefinition:
    """The authorizer counts only with an authorization type that has one; else it is dropped, as recorded."""
    if method.authorization_type not in _WITH_AUTHORIZER:
        return msgspec.structs.replace(method, authorizer_id=None)
    authorizer_id = named if named is not None else method.authorizer_id
    check_authorizer(context, api_id, method.authorization_type, authorizer_id)
    return msgspec.structs.replace(method, authorizer_id=authorizer_id)


def _apply(context: Context, api_id: str, method: MethodDefinition, patch: Patch) -> MethodDefinition:
    match patch.segments:
        case ("authorizationType",):
            require_op(patch, "replace")
            if patch.text not in _AUTHORIZATION_TYPES:
                raise bad_request(
                    "Invalid Authorization type specified. Valid options are NONE,AWS_IAM,CUSTOM,COGNITO_USER_POOLS,JWT"
                )
            return msgspec.structs.replace(method, authorization_type=patch.text)
        case ("apiKeyRequired",):
            require_op(patch, "replace")
            return msgspec.structs.replace(method, api_key_required=read_bool(patch.value))
        case ("operationName",):
            require_op(patch, "replace")
            return msgspec.structs.replace(method, operation_name=patch.value or None)
        case ("requestValidatorId",):
            require_op(patch, "replace")
            if patch.value and part_of(context, api_id, "request-validator", patch.value) is None:
                raise bad_request("Invalid Request Validator identifier specified")
            return msgspec.structs.replace(method, request_validator_id=patch.value or None)
        case ("authorizationScopes",):
            require_op(patch, "add", "remove")
            return _scopes(method, patch)
        case ("requestParameters", name):
            require_op(patch, "add", "remove", "replace")
            return _request_parameter(method, patch, name)
        case ("requestModels", content_type):
            require_op(patch, "add", "remove", "replace")
            return _request_model(context, api_id, method, patch, content_type)
        case _:
            raise invalid_path(patch)


def _scopes(method: MethodDefinition, patch: Patch) -> MethodDefinition:
    kept = [scope for scope in method.authorization_scopes or () if scope != patch.text]
    if patch.op == "add":
        kept.append(patch.text)
    return msgspec.structs.replace(method, authorization_scopes=tuple(kept) or None)


def _request_parameter(method: MethodDefinition, patch: Patch, name: str) -> MethodDefinition:
    parameters = dict(method.request_parameters or {})
    if patch.op == "remove":
        if parameters.pop(name, None) is None:
            raise not_found(NO_PARAMETER)
    else:
        parameters[name] = read_bool(patch.value)
        _check_parameters(parameters)
    return msgspec.structs.replace(method, request_parameters=parameters or None)


def _request_model(
    context: Context, api_id: str, method: MethodDefinition, patch: Patch, content_type: str
) -> MethodDefinition:
    models = dict(method.request_models or {})
    if patch.op == "remove":
        if models.pop(content_type, None) is None:
            raise not_found(NO_CONTENT_TYPE)
    else:
        _check_models(context, api_id, {content_type: patch.text})
        models[content_type] = patch.text
    return msgspec.structs.replace(method, request_models=models or None)
