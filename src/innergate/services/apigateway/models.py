"""Models: the JSON schemas of an API's bodies."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from innergate.primitives.ids import fresh_api_id
from innergate.primitives.json_value import JsonValue
from innergate.resources.rest_apis import ApiPart, RestApi
from innergate.services.apigateway.api_parts import delete_part, make_part
from innergate.services.apigateway.faults import bad_request, conflict, not_found
from innergate.services.apigateway.limits import MODEL_MAX_BYTES
from innergate.services.apigateway.lookups import api_of, part_of, parts_of, resources_of
from innergate.services.apigateway.model_templates import example_of
from innergate.services.apigateway.paging import page_of
from innergate.services.apigateway.patches import read_patches, require_listed
from innergate.services.context import Context, Params, Result

_EMPTY = (
    '{\n  "$schema": "http://json-schema.org/draft-04/schema#",\n  "title" : "Empty Schema",\n  "type" : "object"\n}'
)
_ERROR = (
    '{\n  "$schema" : "http://json-schema.org/draft-04/schema#",\n  "title" : "Error Schema",\n  "type" : "object",\n'
    '  "properties" : {\n    "message" : { "type" : "string" }\n  }\n}'
)
_NO_SCHEMA = "Model schema must have at least 1 property or array items defined"
_BAD_SCHEMA = "Invalid model specified: Validation Result: warnings : [], errors : [Invalid model schema specified]"
_REFERENCE = re.compile(r"https://apigateway\.amazonaws\.com/restapis/[a-z0-9]+/models/([A-Za-z0-9]+)")


def default_models(context: Context, api: RestApi) -> list[ApiPart]:
    """The models that every API starts with."""
    return [
        _part(context, api, "Empty", "This is a default empty schema model", "application/json", _EMPTY),
        _part(context, api, "Error", "This is a default error schema model", "application/json", _ERROR),
    ]


def _part(
    context: Context, api: RestApi, name: str, description: str | None, content_type: str, schema: str | None
) -> ApiPart:
    body: dict[str, JsonValue] = {
        "id": fresh_api_id(context.ids, 6),
        "name": name,
        "description": description,
        "contentType": content_type,
        "schema": schema,
    }
    return make_part(api, "model", name, body)


def create(context: Context, params: Params) -> Result:
    """CreateModel. Raises Fault NotFoundException, ConflictException or BadRequestException."""
    api = api_of(context, params)
    model = _part(
        context,
        api,
        params["name"],
        params.get("description") or None,
        params["contentType"],
        check_model(params["name"], params.get("schema")),
    )
    if part_of(context, api.id, "model", params["name"]) is not None:
        raise conflict("Model name already exists for this REST API")
    context.tx.put(model)
    return render_model(model)


def add_model(context: Context, api: RestApi, name: str, schema: str, description: str | None) -> None:
    """Writes a JSON model, in the place of one of that name. Raises Fault BadRequestException."""
    known = part_of(context, api.id, "model", name)
    model = _part(context, api, name, description, "application/json", check_model(name, schema))
    if known is not None:
        model = msgspec.structs.replace(model, body={**model.body, "id": known.body["id"]})
    context.tx.put(model)


def check_model(name: str, schema: str | None) -> str:
    """The schema itself. Raises Fault BadRequestException for no name, no schema, one that is no JSON or too long."""
    if not name:
        raise bad_request("Model name must be non-empty")
    if not re.fullmatch(r"[A-Za-z0-9]+", name):
        raise bad_request(f"Model name must be alphanumeric: {name}")
    if not schema or not schema.strip():
        raise bad_request(_NO_SCHEMA)
    if len(schema.encode()) > MODEL_MAX_BYTES:
        raise bad_request(f"Model schema exceeds the limit of {MODEL_MAX_BYTES} bytes")
    try:
        value = json.loads(schema)
    except (ValueError, RecursionError):
        raise bad_request(_BAD_SCHEMA) from None
    if not isinstance(value, dict) or not value:
        raise bad_request(_NO_SCHEMA)
    return schema


def render_model(model: ApiPart) -> dict[str, Any]:
    """The model's document."""
    return {name: member for name, member in model.body.items() if member is not None}


def model_of(context: Context, params: Params) -> ApiPart:
    """The model that `modelName` names. Raises Fault NotFoundException."""
    found = part_of(context, params["restApiId"], "model", params["modelName"])
    if found is None:
        raise not_found(f"Invalid model name specified: {params['modelName']}")
    return found


def get(context: Context, params: Params) -> Result:
    """GetModel; with `flatten`, the models that it refers to are put in its place."""
    model = model_of(context, params)
    shown = render_model(model)
    if params.get("flatten"):
        shown["schema"] = json.dumps(flat_schema(context, model))
    return shown


def flat_schema(context: Context, model: ApiPart) -> JsonValue:
    """The model's schema with every reference to a model of its API replaced by that model's schema."""
    return _flat(context, model.rest_api_id, json.loads(str(model.body["schema"])), (model.part_id,))


def _flat(context: Context, api_id: str, schema: JsonValue, inside: tuple[str, ...]) -> JsonValue:
    if isinstance(schema, Mapping):
        reference = schema.get("$ref")
        named = _REFERENCE.fullmatch(reference) if isinstance(reference, str) else None
        target = part_of(context, api_id, "model", named[1]) if named and named[1] not in inside else None
        if target is not None:
            return _flat(context, api_id, json.loads(str(target.body["schema"])), (*inside, target.part_id))
        return {name: _flat(context, api_id, member, inside) for name, member in schema.items()}
    if isinstance(schema, Sequence) and not isinstance(schema, str):
        return [_flat(context, api_id, member, inside) for member in schema]
    return schema


def get_template(context: Context, params: Params) -> Result:
    """GetModelTemplate: a mapping template that writes what the model describes."""
    return {"value": example_of(flat_schema(context, model_of(context, params)))}


def list_all(context: Context, params: Params) -> Result:
    """GetModels."""
    api = api_of(context, params)
    return page_of(params, parts_of(context, api.id, "model"), render_model)


def update(context: Context, params: Params) -> Result:
    """UpdateModel. Raises Fault."""
    model = model_of(context, params)
    for patch in read_patches(params):
        require_listed(patch, ("/description", "/schema"))
        value: str | None = patch.value or None
        if patch.path == "/schema":
            value = check_model(model.part_id, patch.value)
        model = msgspec.structs.replace(model, body={**model.body, patch.segments[0]: value})
    context.tx.put(model)
    return render_model(model)


def delete(context: Context, params: Params) -> Result:
    """DeleteModel. Raises Fault ConflictException while a method or a model refers to it."""
    model = model_of(context, params)
    name = model.part_id
    for resource in resources_of(context, model.rest_api_id):
        for verb, method in resource.methods.items():
            if name in (method.request_models or {}).values():
                raise conflict(f"Cannot delete model '{name}', is referenced in method request: {resource.path}/{verb}")
            for code, response in method.method_responses.items():
                if name in (response.response_models or {}).values():
                    raise conflict(
                        f"Cannot delete model '{name}', is referenced in method response: {resource.path}/{verb}/{code}"
                    )
    for other in parts_of(context, model.rest_api_id, "model"):
        if other.part_id != name and name in _REFERENCE.findall(str(other.body.get("schema") or "")):
            raise conflict(f"Cannot delete model '{name}', is referenced in model: {other.part_id}")
    delete_part(context, model)
    return {}
