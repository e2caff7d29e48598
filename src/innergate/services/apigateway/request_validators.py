"""Request validators: whether a method's body and parameters are checked before the backend is asked."""

from typing import Any

import msgspec

from innergate.primitives.ids import fresh_api_id
from innergate.resources.rest_apis import ApiPart, RestApi
from innergate.services.apigateway.api_parts import delete_part, make_part
from innergate.services.apigateway.faults import bad_request, conflict, not_found
from innergate.services.apigateway.lookups import api_of, find_api, part_of, parts_of, resources_of
from innergate.services.apigateway.paging import page_of
from innergate.services.apigateway.patches import read_bool, read_patches, require_listed
from innergate.services.context import Context, Params, Result

_KIND = "request-validator"


def create(context: Context, params: Params) -> Result:
    """CreateRequestValidator. Raises Fault BadRequestException, for an unknown API too (recorded)."""
    api = find_api(context, params["restApiId"])
    if api is None:
        raise bad_request("Invalid REST API identifier specified")
    if not params.get("name"):
        raise bad_request("Request Validator name cannot be blank")
    return render_validator(
        add_validator(
            context,
            api,
            params["name"],
            bool(params.get("validateRequestBody")),
            bool(params.get("validateRequestParameters")),
        )
    )


def add_validator(context: Context, api: RestApi, name: str, body: bool, parameters: bool) -> ApiPart:
    """Writes a validator under an id of its own."""
    own_id = fresh_api_id(context.ids, 6)
    made = make_part(
        api,
        _KIND,
        own_id,
        {"id": own_id, "name": name, "validateRequestBody": body, "validateRequestParameters": parameters},
    )
    context.tx.put(made)
    return made


def render_validator(validator: ApiPart) -> dict[str, Any]:
    """The validator's document."""
    return dict(validator.body)


def _validator_of(context: Context, params: Params) -> ApiPart:
    found = part_of(context, params["restApiId"], _KIND, params["requestValidatorId"])
    if found is None:
        raise not_found("Invalid Request Validator identifier specified")
    return found


def get(context: Context, params: Params) -> Result:
    """GetRequestValidator."""
    return render_validator(_validator_of(context, params))


def list_all(context: Context, params: Params) -> Result:
    """GetRequestValidators."""
    api = api_of(context, params)
    return page_of(params, parts_of(context, api.id, _KIND), render_validator)


def update(context: Context, params: Params) -> Result:
    """UpdateRequestValidator. Raises Fault."""
    validator = _validator_of(context, params)
    for patch in read_patches(params):
        require_listed(patch, ("/name", "/validateRequestParameters", "/validateRequestBody"))
        value: str | bool = read_bool(patch.value)
        if patch.path == "/name":
            if not patch.text.strip():
                raise bad_request("Request Validator name cannot be blank")
            value = patch.text
        validator = msgspec.structs.replace(validator, body={**validator.body, patch.segments[0]: value})
    context.tx.put(validator)
    return render_validator(validator)


def delete(context: Context, params: Params) -> Result:
    """DeleteRequestValidator. Raises Fault ConflictException while a method uses it."""
    validator = _validator_of(context, params)
    for resource in resources_of(context, validator.rest_api_id):
        for verb, method in resource.methods.items():
            if method.request_validator_id == validator.part_id:
                raise conflict(
                    f"Cannot delete request validator '{validator.part_id}', is referenced in method: "
                    f"{resource.path}/{verb}"
                )
    delete_part(context, validator)
    return {}
