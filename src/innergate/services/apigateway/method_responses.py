"""Method responses: the statuses that a method declares."""

import re
from collections.abc import Mapping

import msgspec

from innergate.primitives.fault import Fault
from innergate.resources.rest_apis import MethodDefinition, MethodResponse
from innergate.services.apigateway.faults import bad_request, conflict, invalid_mapping, not_found
from innergate.services.apigateway.lookups import FoundMethod, method_of, part_of
from innergate.services.apigateway.methods import render_method_response
from innergate.services.apigateway.patches import (
    NO_CONTENT_TYPE,
    NO_PARAMETER,
    Patch,
    invalid_path,
    patch_entry,
    read_bool,
    read_patches,
)
from innergate.services.context import Context, Params, Result

_STATUS = re.compile(r"[1-5]\d\d")


def check_status(params: Params) -> str:
    """`statusCode`. Raises Fault ValidationException unless it is a status."""
    status: str = params["statusCode"]
    if not _STATUS.fullmatch(status):
        raise Fault(
            "ValidationException",
            f"1 validation error detected: Value '{status}' at 'statusCode' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [1-5]\\d\\d",
        )
    return status


def put(context: Context, params: Params) -> Result:
    """PutMethodResponse. Raises Fault ConflictException where the status is there already."""
    status = check_status(params)
    found = method_of(context, params)
    if status in found.method.method_responses:
        raise conflict("Response already exists for this resource")
    response = read_method_response(context, params)
    _write(context, found, {**found.method.method_responses, status: response})
    return render_method_response(response)


def read_method_response(context: Context, params: Params) -> MethodResponse:
    """The method response that the parameters describe, checked. Raises Fault BadRequestException."""
    for expression in params.get("responseParameters") or {}:
        _check_parameter(expression)
    for name in (params.get("responseModels") or {}).values():
        _check_model(context, params["restApiId"], name)
    return MethodResponse(
        status_code=params["statusCode"],
        response_parameters=None if params.get("responseParameters") is None else dict(params["responseParameters"]),
        response_models=None if params.get("responseModels") is None else dict(params["responseModels"]),
    )


def _check_parameter(expression: str) -> None:
    if not re.fullmatch(r"method\.response\.(header|multivalueheader)\..+", expression):
        raise invalid_mapping(expression)


def _check_model(context: Context, api_id: str, name: str) -> None:
    if part_of(context, api_id, "model", name) is None:
        raise bad_request(f"Invalid model identifier specified: {name}")


def _write(context: Context, found: FoundMethod, responses: Mapping[str, MethodResponse]) -> None:
    method: MethodDefinition = msgspec.structs.replace(found.method, method_responses=dict(sorted(responses.items())))
    found.write(context, method)


def _response_of(found: FoundMethod, status: str) -> MethodResponse:
    response = found.method.method_responses.get(status)
    if response is None:
        raise not_found("Invalid Response status code specified")
    return response


def get(context: Context, params: Params) -> Result:
    """GetMethodResponse."""
    status = check_status(params)
    return render_method_response(_response_of(method_of(context, params), status))


def delete(context: Context, params: Params) -> Result:
    """DeleteMethodResponse."""
    status = check_status(params)
    found = method_of(context, params)
    _response_of(found, status)
    _write(context, found, {code: r for code, r in found.method.method_responses.items() if code != status})
    return {}


def update(context: Context, params: Params) -> Result:
    """UpdateMethodResponse. Raises Fault."""
    status = check_status(params)
    found = method_of(context, params)
    response = _response_of(found, status)
    for patch in read_patches(params):
        response = _apply(context, params["restApiId"], response, patch)
    _write(context, found, {**found.method.method_responses, status: response})
    return render_method_response(response)


def _apply(context: Context, api_id: str, response: MethodResponse, patch: Patch) -> MethodResponse:
    match patch.segments:
        case ("responseParameters", name):
            return _parameter(response, patch, name)
        case ("responseModels", content_type):
            return _model(context, api_id, response, patch, content_type)
        case _:
            raise invalid_path(patch)


def _parameter(response: MethodResponse, patch: Patch, name: str) -> MethodResponse:
    def read(patch: Patch) -> bool:
        _check_parameter(name)
        return read_bool(patch.value)

    parameters = patch_entry(response.response_parameters, patch, name, NO_PARAMETER, read)
    return msgspec.structs.replace(response, response_parameters=parameters or None)


def _model(context: Context, api_id: str, response: MethodResponse, patch: Patch, content_type: str) -> MethodResponse:
    def read(patch: Patch) -> str:
        _check_model(context, api_id, patch.text)
        return patch.text

    models = patch_entry(response.response_models, patch, content_type, NO_CONTENT_TYPE, read)
    return msgspec.structs.replace(response, response_models=models or None)
