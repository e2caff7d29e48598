"""Documentation parts: texts about an API, its methods and models."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_api_id
from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.resources.rest_apis import ApiPart, RestApi
from innergate.services.apigateway.api_parts import delete_part, make_part
from innergate.services.apigateway.faults import bad_request, conflict, not_found
from innergate.services.apigateway.lookups import api_of, part_of, parts_of
from innergate.services.apigateway.openapi_documentation import texts_of_document
from innergate.services.apigateway.openapi_documents import read_document
from innergate.services.apigateway.openapi_members import object_of, texts_of, values_of
from innergate.services.apigateway.paging import page_of
from innergate.services.apigateway.patches import read_patches, require_listed
from innergate.services.context import Context, Params, Result

_KIND = "documentation-part"
_BAD_IMPORT = "Unable to build importer with provided input."
_LOCATION = ("type", "path", "method", "statusCode", "name")
_DEFAULTS = {"path": "/", "method": "*", "statusCode": "*"}
_METHOD_PARTS = ("METHOD", "PATH_PARAMETER", "QUERY_PARAMETER", "REQUEST_HEADER", "REQUEST_BODY")
_RESPONSE_PARTS = ("RESPONSE", "RESPONSE_HEADER", "RESPONSE_BODY")
_TYPES = ("API", "AUTHORIZER", "MODEL", "RESOURCE", *_METHOD_PARTS, *_RESPONSE_PARTS)


def create(context: Context, params: Params) -> Result:
    """CreateDocumentationPart. Raises Fault NotFoundException, ConflictException or BadRequestException."""
    api = api_of(context, params)
    location = {name: params["location"][name] for name in _LOCATION if params["location"].get(name)}
    if _at(context, api, location) is not None:
        raise conflict("Documentation part already exists for the specified location: " + json.dumps(location))
    _check_properties(params["properties"])
    return render_part(_write(context, api, location, params["properties"]))


def _check_properties(text: str) -> None:
    try:
        value = read_document(text.encode()) if text.lstrip().startswith("{") else {}
    except Fault:
        value = {}
    if not value:
        raise bad_request("Documentation part properties must be non-empty")


def _whole(location: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    kind = location.get("type")
    known: dict[str, JsonValue] = dict(location)
    if kind == "RESOURCE" or kind in _METHOD_PARTS or kind in _RESPONSE_PARTS:
        known.setdefault("path", _DEFAULTS["path"])
    if kind in _METHOD_PARTS or kind in _RESPONSE_PARTS:
        known.setdefault("method", _DEFAULTS["method"])
    if kind in _RESPONSE_PARTS:
        known.setdefault("statusCode", _DEFAULTS["statusCode"])
    return known


def _at(context: Context, api: RestApi, location: Mapping[str, JsonValue]) -> ApiPart | None:
    whole = _whole(location)
    for part in parts_of(context, api.id, _KIND):
        held = part.body["location"]
        if isinstance(held, Mapping) and _whole(held) == whole:
            return part
    return None


def _write(context: Context, api: RestApi, location: Mapping[str, JsonValue], properties: str) -> ApiPart:
    own_id = fresh_api_id(context.ids, 6)
    made = make_part(api, _KIND, own_id, {"id": own_id, "location": dict(location), "properties": properties})
    context.tx.put(made)
    return made


def render_part(part: ApiPart) -> dict[str, Any]:
    """The part's document."""
    return dict(part.body)


def _part_of(context: Context, params: Params) -> ApiPart:
    found = part_of(context, params["restApiId"], _KIND, params["documentationPartId"])
    if found is None:
        raise not_found("Invalid Documentation part identifier specified")
    return found


def get(context: Context, params: Params) -> Result:
    """GetDocumentationPart."""
    return render_part(_part_of(context, params))


def list_all(context: Context, params: Params) -> Result:
    """GetDocumentationParts, filtered by type, name and path."""
    api = api_of(context, params)
    found = [part for part in parts_of(context, api.id, _KIND) if _matches(part, params)]
    return page_of(params, found, render_part)


def _matches(part: ApiPart, params: Params) -> bool:
    location = part.body["location"]
    if not isinstance(location, Mapping):
        return False
    wanted = ((params.get("type"), "type"), (params.get("path"), "path"), (params.get("nameQuery"), "name"))
    return all(not value or location.get(name) == value for value, name in wanted)


def update(context: Context, params: Params) -> Result:
    """UpdateDocumentationPart: only its properties. Raises Fault."""
    part = _part_of(context, params)
    for patch in read_patches(params):
        require_listed(patch, ("/properties",))
        _check_properties(patch.text)
        part = msgspec.structs.replace(part, body={**part.body, "properties": patch.text})
    context.tx.put(part)
    return render_part(part)


def delete(context: Context, params: Params) -> Result:
    """DeleteDocumentationPart."""
    api_of(context, params)
    delete_part(context, _part_of(context, params))
    return {}


def import_parts(context: Context, params: Params) -> Result:
    """ImportDocumentationParts from the document's x-amazon-apigateway-documentation. Raises Fault BadRequestException."""
    api = api_of(context, params)
    try:
        document = read_document(params["body"])
    except Fault:
        raise bad_request(_BAD_IMPORT) from None
    if (params.get("mode") or "merge") == "overwrite":
        for part in parts_of(context, api.id, _KIND):
            delete_part(context, part)
    return {"ids": add_parts(context, api, document)}


def add_parts(context: Context, api: RestApi, document: JsonObject) -> list[str]:
    """Writes the parts that the document lists, each into the one at its location; their ids."""
    listed: list[tuple[Mapping[str, str], Mapping[str, JsonValue]]] = []
    for entry in values_of(object_of(document, "x-amazon-apigateway-documentation"), "documentationParts"):
        properties = entry.get("properties") if isinstance(entry, Mapping) else None
        if not isinstance(entry, Mapping) or not entry.get("location") or not isinstance(properties, Mapping):
            raise bad_request(_BAD_IMPORT)
        location = texts_of(entry, "location")
        if location.get("type") not in _TYPES or not set(location) <= set(_LOCATION):
            raise bad_request(_BAD_IMPORT)
        listed.append((location, properties))
    return _merge(context, api, listed)


def add_texts(context: Context, api: RestApi, document: JsonObject, prefix: str) -> None:
    """Writes the texts for people that the document has beside its list of parts; paths begin with `prefix`."""
    _merge(context, api, texts_of_document(document, prefix))


def _merge(
    context: Context, api: RestApi, given: Iterable[tuple[Mapping[str, str], Mapping[str, JsonValue]]]
) -> list[str]:
    """Writes each part; of one that is there, the properties that are given are replaced and the others stay (developer
    guide, "Import API documentation")."""
    known: dict[frozenset[tuple[str, JsonValue]], ApiPart] = {}
    for part in parts_of(context, api.id, _KIND):
        if isinstance(part.body["location"], Mapping):
            known[frozenset(_whole(part.body["location"]).items())] = part
    ids = []
    for location, properties in given:
        at = frozenset(_whole(location).items())
        held = known.get(at)
        if held is None:
            known[at] = _write(context, api, location, json.dumps(properties))
        else:
            text = json.dumps({**json.loads(str(held.body["properties"])), **properties})
            known[at] = msgspec.structs.replace(held, body={**held.body, "properties": text})
            context.tx.put(known[at])
        ids.append(known[at].part_id)
    return ids
