"""The paths of an API: a tree of resources below the root."""

import re
from typing import Any

import msgspec

from innergate.primitives.ids import fresh_api_id
from innergate.resources.rest_apis import ApiResource
from innergate.services.apigateway.faults import bad_request, conflict, limit_exceeded
from innergate.services.apigateway.limits import RESOURCES_PER_API
from innergate.services.apigateway.lookups import api_of, resource_of, resources_of
from innergate.services.apigateway.methods import render_method
from innergate.services.apigateway.paging import page_of
from innergate.services.apigateway.patches import read_patches, require_listed
from innergate.services.context import Context, Params, Result

_PART = re.compile(r"[A-Za-z0-9._\-:,~$@!*'()+;=]+|\{[A-Za-z0-9._\-:]+\+?\}")
_BAD_PART = (
    "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning "
    "and the end."
)


def create(context: Context, params: Params) -> Result:
    """CreateResource. Raises Fault NotFoundException, ConflictException or BadRequestException."""
    parent = resource_of(context, params["restApiId"], params["parentId"])
    if len(resources_of(context, parent.rest_api_id)) >= RESOURCES_PER_API:
        raise limit_exceeded("Maximum number of resources for the REST API has been reached.")
    made = add_child(context, parent, params["pathPart"])
    return render_resource(made, embed=False)


def add_child(context: Context, parent: ApiResource, path_part: str) -> ApiResource:
    """Writes a new resource below `parent`. Raises Fault BadRequestException or ConflictException."""
    _check_part(path_part)
    check_place(context, parent, path_part, moving="")
    own_id = fresh_api_id(context.ids, 6)
    made = ApiResource(
        id=f"{parent.rest_api_id}/{own_id}",
        account=context.account,
        region=context.region,
        rest_api_id=parent.rest_api_id,
        resource_id=own_id,
        parent_id=parent.resource_id,
        path_part=path_part,
        path=path_below(parent.path, path_part),
    )
    context.tx.put(made)
    return made


def path_below(parent_path: str, path_part: str) -> str:
    """The whole path of a part below a parent's path."""
    return f"{parent_path.rstrip('/')}/{path_part}"


def children_of(context: Context, resource: ApiResource) -> tuple[ApiResource, ...]:
    """The resources right below."""
    return context.tx.find(ApiResource, "parent", f"{resource.rest_api_id}/{resource.resource_id}")


def _check_part(path_part: str) -> None:
    if not _PART.fullmatch(path_part):
        raise bad_request(_BAD_PART)


def check_place(context: Context, parent: ApiResource, path_part: str, moving: str) -> None:
    """Raises Fault unless `path_part` may stand below `parent`; `moving` is the id of the resource that goes there."""
    if (parent.path_part or "").endswith("+}"):
        raise bad_request(f"Cannot create a child of a resource with a greedy path variable: {parent.path_part}")
    siblings = [child for child in children_of(context, parent) if child.resource_id != moving]
    for sibling in siblings:
        if sibling.path_part == path_part:
            raise conflict(f"Another resource with the same parent already has this name: {path_part}")
    if path_part.startswith("{"):
        for sibling in siblings:
            if (sibling.path_part or "").startswith("{"):
                raise bad_request(
                    f"A sibling ({sibling.path_part}) of this resource already has a variable path part "
                    "-- only one is allowed"
                )


def render_resource(resource: ApiResource, embed: bool) -> dict[str, Any]:
    """The resource as AWS answers it; with `embed` its methods are whole, else only their names."""
    shown: dict[str, Any] = {"id": resource.resource_id, "path": resource.path}
    if resource.parent_id is not None:
        shown |= {"parentId": resource.parent_id, "pathPart": resource.path_part}
    if resource.methods:
        shown["resourceMethods"] = {
            verb: render_method(method) if embed else {} for verb, method in resource.methods.items()
        }
    return shown


def _embeds(params: Params) -> bool:
    return "methods" in (params.get("embed") or ())


def get(context: Context, params: Params) -> Result:
    """GetResource."""
    return render_resource(resource_of(context, params["restApiId"], params["resourceId"]), _embeds(params))


def list_all(context: Context, params: Params) -> Result:
    """GetResources: the root first, then in the order of their making."""
    api = api_of(context, params)
    embed = _embeds(params)
    return page_of(params, resources_of(context, api.id), lambda resource: render_resource(resource, embed))


def update(context: Context, params: Params) -> Result:
    """UpdateResource: moves or renames a resource; all paths below follow. Raises Fault."""
    resource = resource_of(context, params["restApiId"], params["resourceId"])
    for patch in read_patches(params):
        require_listed(patch, ("/parentId", "/pathPart"))
        if resource.parent_id is None:
            raise bad_request(f"Root resource cannot update its {patch.segments[0]}.")
        if patch.path == "/pathPart":
            _check_part(patch.text)
            resource = _place(context, resource, resource.parent_id, patch.text)
        else:
            _check_not_below(context, resource, patch.text)
            resource = _place(context, resource, patch.text, resource.path_part or "")
    return render_resource(resource, embed=False)


def _check_not_below(context: Context, resource: ApiResource, parent_id: str) -> None:
    at: str | None = parent_id
    while at is not None:
        if at == resource.resource_id:
            raise bad_request("Resources cannot be cyclical.")
        at = resource_of(context, resource.rest_api_id, at).parent_id


def _place(context: Context, resource: ApiResource, parent_id: str, path_part: str) -> ApiResource:
    parent = resource_of(context, resource.rest_api_id, parent_id)
    check_place(context, parent, path_part, moving=resource.resource_id)
    moved = msgspec.structs.replace(
        resource, parent_id=parent_id, path_part=path_part, path=path_below(parent.path, path_part)
    )
    if path_part.endswith("+}") and children_of(context, resource):
        raise bad_request(f"Cannot create a child of a resource with a greedy path variable: {path_part}")
    context.tx.put(moved)
    _repath(context, moved)
    return moved


def _repath(context: Context, parent: ApiResource) -> None:
    for child in children_of(context, parent):
        moved = msgspec.structs.replace(child, path=path_below(parent.path, child.path_part or ""))
        context.tx.put(moved)
        _repath(context, moved)


def delete(context: Context, params: Params) -> Result:
    """DeleteResource: the resource and all below it. Raises Fault BadRequestException for the root."""
    resource = resource_of(context, params["restApiId"], params["resourceId"])
    if resource.parent_id is None:
        raise bad_request("Cannot delete root resource.")
    delete_tree(context, resource)
    return {}


def delete_tree(context: Context, resource: ApiResource) -> None:
    """Removes the resource and all below it."""
    for child in children_of(context, resource):
        delete_tree(context, child)
    context.tx.delete(resource)
