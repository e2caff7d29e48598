"""Integration responses: how a backend's answer becomes the method's."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from innergate.resources.rest_apis import Integration, IntegrationResponse
from innergate.services.apigateway.documents import show
from innergate.services.apigateway.faults import bad_request, invalid_mapping, not_found
from innergate.services.apigateway.lookups import FoundMethod, method_of, resource_of
from innergate.services.apigateway.method_responses import check_status
from innergate.services.apigateway.patches import (
    NO_CONTENT_TYPE,
    NO_PARAMETER,
    Patch,
    invalid_path,
    patch_entry,
    read_patches,
    require_op,
)
from innergate.services.context import Context, Params, Result

_TARGET = re.compile(r"method\.response\.(header|multivalueheader)\..+")
_SOURCE = re.compile(
    r"integration\.response\.(header|multivalueheader)\..+|integration\.response\.body(\..+|\[.+)?"
    r"|context\..+|stageVariables\..+|'[^']*'"
)
_CONTENT_TYPE = re.compile(r"[^\s/]+/[^\s/]+|\$default")


def put(context: Context, params: Params) -> Result:
    """PutIntegrationResponse: sets or replaces the response for a status that the method declares. Raises Fault."""
    status = check_status(params)
    found = method_of(context, params)
    integration = found.integration()
    if status not in found.method.method_responses:
        raise not_found("Invalid Response status code specified")
    response = read_integration_response(params)
    _write(context, found, integration, {**integration.integration_responses, status: response})
    return render_integration_response(response)


def read_integration_response(params: Params) -> IntegrationResponse:
    """The response that the parameters describe, checked. Raises Fault BadRequestException."""
    parameters: Mapping[str, str] = params.get("responseParameters") or {}
    for target, source in parameters.items():
        _check_mapping(target, source)
    templates: Mapping[str, str | None] | None = params.get("responseTemplates")
    for content_type in templates or {}:
        _check_content_type(content_type)
    return IntegrationResponse(
        status_code=params["statusCode"],
        selection_pattern=params.get("selectionPattern"),
        response_parameters=dict(parameters) or None,
        response_templates={name: text or None for name, text in templates.items()} if templates else None,
        content_handling=params.get("contentHandling") or None,
    )


def _check_mapping(target: str, source: str) -> None:
    for expression, form in ((target, _TARGET), (source, _SOURCE)):
        if not form.fullmatch(expression):
            raise invalid_mapping(expression)


def _check_content_type(content_type: str) -> None:
    if not _CONTENT_TYPE.fullmatch(content_type):
        raise bad_request(
            f"Validation Result: warnings : [], errors : [Invalid content type specified: {content_type}]"
        )


def render_integration_response(response: IntegrationResponse) -> dict[str, Any]:
    """The response as AWS answers it; an empty template is null."""
    return show(response)


def _write(
    context: Context, found: FoundMethod, integration: Integration, responses: Mapping[str, IntegrationResponse]
) -> None:
    changed = msgspec.structs.replace(integration, integration_responses=dict(sorted(responses.items())))
    found.write(context, msgspec.structs.replace(found.method, method_integration=changed))


def _response_of(integration: Integration, status: str) -> IntegrationResponse:
    response = integration.integration_responses.get(status)
    if response is None:
        raise not_found("Invalid Response status code specified")
    return response


def get(context: Context, params: Params) -> Result:
    """GetIntegrationResponse."""
    status = check_status(params)
    return render_integration_response(_response_of(method_of(context, params).integration(), status))


def delete(context: Context, params: Params) -> Result:
    """DeleteIntegrationResponse. A method that is not there is answered as a missing integration (recorded)."""
    status = check_status(params)
    resource = resource_of(context, params["restApiId"], params["resourceId"])
    if params["httpMethod"] not in resource.methods:
        raise not_found("Invalid Integration identifier specified")
    found = method_of(context, params)
    integration = found.integration()
    _response_of(integration, status)
    rest = {code: response for code, response in integration.integration_responses.items() if code != status}
    _write(context, found, integration, rest)
    return {}


def update(context: Context, params: Params) -> Result:
    """UpdateIntegrationResponse. Raises Fault."""
    status = check_status(params)
    found = method_of(context, params)
    integration = found.integration()
    response = _response_of(integration, status)
    for patch in read_patches(params):
        response = _apply(response, patch)
    _write(context, found, integration, {**integration.integration_responses, status: response})
    return render_integration_response(response)


def _apply(response: IntegrationResponse, patch: Patch) -> IntegrationResponse:
    match patch.segments:
        case ("selectionPattern",):
            require_op(patch, "replace", "remove")
            return msgspec.structs.replace(response, selection_pattern=patch.value if patch.op == "replace" else None)
        case ("contentHandling",):
            require_op(patch, "replace", "remove")
            handling = (patch.value or None) if patch.op == "replace" else None
            return msgspec.structs.replace(response, content_handling=handling)
        case ("responseParameters", name):
            return _parameter(response, patch, name)
        case ("responseTemplates", content_type):
            return _template(response, patch, content_type)
        case _:
            raise invalid_path(patch)


def _parameter(response: IntegrationResponse, patch: Patch, name: str) -> IntegrationResponse:
    def read(patch: Patch) -> str:
        _check_mapping(name, patch.text)
        return patch.text

    parameters = patch_entry(response.response_parameters, patch, name, NO_PARAMETER, read)
    return msgspec.structs.replace(response, response_parameters=parameters or None)


def _template(response: IntegrationResponse, patch: Patch, content_type: str) -> IntegrationResponse:
    def read(patch: Patch) -> str | None:
        _check_content_type(content_type)
        return patch.value or None

    templates = patch_entry(response.response_templates, patch, content_type, NO_CONTENT_TYPE, read)
    return msgspec.structs.replace(response, response_templates=templates or None)
