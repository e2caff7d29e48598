"""The models of an OpenAPI document, and the names that its schemas go by."""

import json
from collections.abc import Mapping, Sequence

from innergate.primitives.digest import digest_value
from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.resources.rest_apis import RestApi
from innergate.services.apigateway.models import add_model
from innergate.services.apigateway.openapi_members import object_of, objects_of
from innergate.services.context import Context

_PREFIXES = ("#/definitions/", "#/components/schemas/")


def model_name(name: str) -> str:
    """A name that a model may have: letters and digits."""
    return "".join(letter for letter in name if letter.isascii() and letter.isalnum())


def schemas_of(document: JsonObject) -> dict[str, JsonObject]:
    """The named schemas of a 2.0 or 3.0 document. Raises Fault BadRequestException."""
    if document.get("definitions") is not None and "swagger" in document:
        return objects_of(document, "definitions")
    return objects_of(object_of(document, "components"), "schemas")


def write_models(context: Context, api: RestApi, document: JsonObject) -> None:
    """Writes every named schema as a model of the API."""
    for name, schema in schemas_of(document).items():
        description = schema.get("description")
        add_model(
            context,
            api,
            model_name(name),
            json.dumps(_rewritten(schema, api.id) or {"type": "object"}),
            description if isinstance(description, str) else None,
        )


def model_for(context: Context, api: RestApi, schema: JsonValue) -> str | None:
    """The name of the model of a body's schema; one that is written in place becomes a model of its own."""
    if not isinstance(schema, Mapping) or not schema:
        return None
    reference = schema.get("$ref")
    if isinstance(reference, str):
        return model_name(reference.rpartition("/")[2])
    rewritten = _rewritten(schema, api.id)
    name = f"MODEL{digest_value(rewritten, 6)}"
    add_model(context, api, name, json.dumps(rewritten), None)
    return name


def _rewritten(value: JsonValue, api_id: str) -> JsonValue:
    if isinstance(value, Mapping):
        return {
            name: _reference(member, api_id) if name == "$ref" else _rewritten(member, api_id)
            for name, member in value.items()
        }
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_rewritten(member, api_id) for member in value]
    return value


def _reference(value: JsonValue, api_id: str) -> JsonValue:
    if isinstance(value, str):
        for prefix in _PREFIXES:
            if value.startswith(prefix):
                name = model_name(value.removeprefix(prefix))
                return f"https://apigateway.amazonaws.com/restapis/{api_id}/models/{name}"
    return value
