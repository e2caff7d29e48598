"""Gateway responses: what the gateway says where it answers itself. All 21 types always exist."""

from typing import Any

import msgspec

from innergate.primitives.digits import read_digits
from innergate.primitives.fault import Fault
from innergate.resources.rest_apis import ApiPart, GatewayResponseDefinition, RestApi
from innergate.services.apigateway.api_parts import delete_part, make_part
from innergate.services.apigateway.documents import show
from innergate.services.apigateway.faults import bad_request, not_found
from innergate.services.apigateway.lookups import api_of, part_of, parts_of
from innergate.services.apigateway.patches import (
    NO_CONTENT_TYPE,
    NO_PARAMETER,
    Patch,
    invalid_path,
    patch_entry,
    read_patches,
)
from innergate.services.context import Context, Params, Result

DEFAULT_STATUS: dict[str, str | None] = {
    "ACCESS_DENIED": "403",
    "API_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_FAILURE": "500",
    "BAD_REQUEST_BODY": "400",
    "BAD_REQUEST_PARAMETERS": "400",
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
    "EXPIRED_TOKEN": "403",
    "INTEGRATION_FAILURE": "504",
    "INTEGRATION_TIMEOUT": "504",
    "INVALID_API_KEY": "403",
    "INVALID_SIGNATURE": "403",
    "MISSING_AUTHENTICATION_TOKEN": "403",
    "QUOTA_EXCEEDED": "429",
    "REQUEST_TOO_LARGE": "413",
    "RESOURCE_NOT_FOUND": "404",
    "THROTTLED": "429",
    "UNAUTHORIZED": "401",
    "UNSUPPORTED_MEDIA_TYPE": "415",
    "WAF_FILTERED": "403",
}
"""Type -> status (recorded GetGatewayResponses, in its order)."""

DEFAULT_TEMPLATES = {"application/json": '{"message":$context.error.messageString}'}
_KIND = "gateway-response"
_ENUM = (
    "REQUEST_TOO_LARGE, RESOURCE_NOT_FOUND, AUTHORIZER_CONFIGURATION_ERROR, MISSING_AUTHENTICATION_TOKEN, "
    "BAD_REQUEST_BODY, INVALID_SIGNATURE, INVALID_API_KEY, BAD_REQUEST_PARAMETERS, AUTHORIZER_FAILURE, UNAUTHORIZED, "
    "INTEGRATION_TIMEOUT, ACCESS_DENIED, DEFAULT_4XX, DEFAULT_5XX, WAF_FILTERED, QUOTA_EXCEEDED, THROTTLED, "
    "API_CONFIGURATION_ERROR, UNSUPPORTED_MEDIA_TYPE, INTEGRATION_FAILURE, EXPIRED_TOKEN"
)


def _type_of(params: Params) -> str:
    kind: str = params["responseType"]
    if kind not in DEFAULT_STATUS:
        raise Fault(
            "ValidationException",
            f"1 validation error detected: Value '{kind}' at 'responseType' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{_ENUM}]",
        )
    return kind


def definitions_of(context: Context, api: RestApi) -> dict[str, GatewayResponseDefinition]:
    """The responses that users have put, by type."""
    return {part.part_id: definition_of(part) for part in parts_of(context, api.id, _KIND)}


def definition_of(part: ApiPart) -> GatewayResponseDefinition:
    """The response that a part keeps."""
    return msgspec.convert(part.body, GatewayResponseDefinition)


def effective_response(kind: str, put: dict[str, GatewayResponseDefinition]) -> GatewayResponseDefinition:
    """What the type answers: its own response, else the class's with the type's status, else AWS's default."""
    if kind in put:
        return put[kind]
    status = DEFAULT_STATUS[kind]
    of_class = put.get(f"DEFAULT_{status[0]}XX") if status else None
    if of_class is None:
        return GatewayResponseDefinition(
            response_type=kind, status_code=status, response_parameters={}, response_templates=DEFAULT_TEMPLATES
        )
    return msgspec.structs.replace(of_class, response_type=kind, status_code=of_class.status_code or status)


def render_response(response: GatewayResponseDefinition, default: bool) -> dict[str, Any]:
    """The gateway response as AWS answers it."""
    return {**show(response), "defaultResponse": default}


def get(context: Context, params: Params) -> Result:
    """GetGatewayResponse."""
    api, kind = api_of(context, params), _type_of(params)
    put_by_users = definitions_of(context, api)
    return render_response(effective_response(kind, put_by_users), kind not in put_by_users)


def list_all(context: Context, params: Params) -> Result:
    """GetGatewayResponses: always all types, in AWS's order."""
    api = api_of(context, params)
    put_by_users = definitions_of(context, api)
    return {
        "items": [
            render_response(effective_response(kind, put_by_users), kind not in put_by_users) for kind in DEFAULT_STATUS
        ]
    }


def put(context: Context, params: Params) -> Result:
    """PutGatewayResponse: what is left out takes the type's default."""
    kind, api = _type_of(params), api_of(context, params)
    response = GatewayResponseDefinition(
        response_type=kind,
        status_code=params.get("statusCode") or DEFAULT_STATUS[kind],
        response_parameters=dict(params.get("responseParameters") or {}),
        response_templates=dict(params.get("responseTemplates") or DEFAULT_TEMPLATES),
    )
    write_response(context, api, response)
    return render_response(response, default=False)


def write_response(context: Context, api: RestApi, response: GatewayResponseDefinition) -> None:
    """Keeps the response in the API. Raises Fault BadRequestException for a status that is none."""
    status = response.status_code
    if status is not None and not (len(status) == 3 and (read_digits(status, 599) or 0) >= 100):
        raise bad_request("Invalid status code specified")
    context.tx.put(make_part(api, _KIND, response.response_type, show(response)))


def delete(context: Context, params: Params) -> Result:
    """DeleteGatewayResponse: the type has its default again. Raises Fault NotFoundException where it has it already."""
    kind, api = _type_of(params), api_of(context, params)
    part = part_of(context, api.id, _KIND, kind)
    if part is None:
        raise not_found("Gateway response type not defined on api")
    delete_part(context, part)
    return {}


def update(context: Context, params: Params) -> Result:
    """UpdateGatewayResponse: puts the response where it was not. Raises Fault."""
    kind, api = _type_of(params), api_of(context, params)
    response = effective_response(kind, definitions_of(context, api))
    for patch in read_patches(params):
        response = _apply(response, patch)
    write_response(context, api, response)
    return render_response(response, default=False)


def _apply(response: GatewayResponseDefinition, patch: Patch) -> GatewayResponseDefinition:
    match patch.segments:
        case ("statusCode",):
            if patch.op != "replace":
                raise invalid_path(patch)
            return msgspec.structs.replace(response, status_code=patch.value or None)
        case (("responseParameters" | "responseTemplates") as member, name):
            return _entry(response, patch, member, name)
        case _:
            raise invalid_path(patch)


def _entry(response: GatewayResponseDefinition, patch: Patch, member: str, name: str) -> GatewayResponseDefinition:
    if patch.op in ("add", "replace") and patch.value is None:
        raise bad_request(f"Invalid null or empty value in {member}")
    if member == "responseParameters":
        parameters = patch_entry(response.response_parameters, patch, name, NO_PARAMETER, lambda given: given.text)
        return msgspec.structs.replace(response, response_parameters=parameters)
    templates = patch_entry(response.response_templates, patch, name, NO_CONTENT_TYPE, lambda given: given.text)
    return msgspec.structs.replace(response, response_templates=templates)
