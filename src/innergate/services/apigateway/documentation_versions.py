"""Documentation versions: snapshots of an API's documentation parts."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from innergate.primitives.json_value import JsonObject
from innergate.resources.rest_apis import ApiPart
from innergate.resources.stages import Stage
from innergate.services.apigateway.api_parts import delete_part, make_part
from innergate.services.apigateway.faults import bad_request, conflict, not_found
from innergate.services.apigateway.lookups import api_of, part_of, parts_of
from innergate.services.apigateway.openapi_documentation_out import Documentation
from innergate.services.apigateway.openapi_members import object_of, texts_of, values_of
from innergate.services.apigateway.paging import page_of
from innergate.services.apigateway.patches import invalid_path, read_patches, require_op
from innergate.services.context import Context, Params, Result

_KIND = "documentation-version"


def create(context: Context, params: Params) -> Result:
    """CreateDocumentationVersion: freezes the parts; a `stageName` gets the version. Raises Fault."""
    api = api_of(context, params)
    version = params["documentationVersion"]
    if part_of(context, api.id, _KIND, version) is not None:
        raise conflict("Documentation version already exists")
    parts = parts_of(context, api.id, "documentation-part")
    if not parts:
        raise bad_request("No documentation parts exist for this REST API")
    made = make_part(
        api,
        _KIND,
        version,
        {
            "version": version,
            "createdDate": context.clock.now().replace(microsecond=0).isoformat(),
            "description": params.get("description") or None,
            "parts": [part.body for part in parts],
        },
    )
    context.tx.put(made)
    if params.get("stageName"):
        stage = context.tx.get(Stage, f"{api.id}/{params['stageName']}")
        if stage is None:
            raise not_found("Invalid stage identifier specified")
        context.tx.put(msgspec.structs.replace(stage, documentation_version=version))
    return _render(made)


def _render(version: ApiPart) -> dict[str, Any]:
    shown = {name: version.body.get(name) for name in ("version", "description")}
    return {**shown, "createdDate": datetime.fromisoformat(str(version.body["createdDate"]))}


def _version_of(context: Context, params: Params) -> ApiPart:
    found = part_of(context, params["restApiId"], _KIND, params["documentationVersion"])
    if found is None:
        raise not_found("Invalid Documentation version specified")
    return found


def export_version(context: Context, api_id: str, version: str) -> JsonObject:
    """The version as x-amazon-apigateway-documentation of an OpenAPI document; empty where there is none."""
    found = part_of(context, api_id, _KIND, version)
    if found is None:
        return {}
    parts = [
        {"location": part["location"], "properties": json.loads(str(part["properties"]))}
        for part in values_of(found.body, "parts")
        if isinstance(part, Mapping)
    ]
    shown = {name: found.body.get(name) for name in ("version", "createdDate", "description") if found.body.get(name)}
    return {**shown, "documentationParts": parts}


def documentation_of(shown: JsonObject) -> Documentation:
    """The parts of what `export_version` gives."""
    parts = [part for part in values_of(shown, "documentationParts") if isinstance(part, Mapping)]
    return Documentation([(texts_of(part, "location"), object_of(part, "properties")) for part in parts])


def get(context: Context, params: Params) -> Result:
    """GetDocumentationVersion."""
    return _render(_version_of(context, params))


def list_all(context: Context, params: Params) -> Result:
    """GetDocumentationVersions."""
    api = api_of(context, params)
    return page_of(params, parts_of(context, api.id, _KIND), _render)


def update(context: Context, params: Params) -> Result:
    """UpdateDocumentationVersion: only its description. Raises Fault."""
    version = _version_of(context, params)
    for patch in read_patches(params):
        if patch.segments != ("description",):
            raise invalid_path(patch)
        require_op(patch, "replace")
        version = msgspec.structs.replace(version, body={**version.body, "description": patch.text})
    context.tx.put(version)
    return _render(version)


def delete(context: Context, params: Params) -> Result:
    """DeleteDocumentationVersion. Raises Fault BadRequestException while a stage shows it."""
    version = _version_of(context, params)
    for stage in context.tx.find(Stage, "rest-api", version.rest_api_id):
        if stage.documentation_version == version.part_id:
            raise bad_request(
                f"Cannot delete documentation version '{version.part_id}', is used by stage {stage.stage_name}"
            )
    delete_part(context, version)
    return {}
