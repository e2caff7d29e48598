"""Copies what is in one API into another (CreateRestApi `cloneFrom`)."""

import msgspec

from innergate.primitives.ids import fresh_api_id
from innergate.resources.rest_apis import ApiPart, ApiResource, RestApi
from innergate.services.apigateway.lookups import resources_of
from innergate.services.context import Context

_COPIED_PARTS = ("gateway-response", "model", "request-validator", "authorizer", "documentation-part")


def copy_definition(context: Context, source: RestApi, target: RestApi) -> None:
    """Writes copies of the source's resources and parts into the freshly made target.

    Resources get ids of their own; models, validators and authorizers keep theirs, so what methods name stays valid.
    """
    fresh: dict[str, str] = {source.root_resource_id: target.root_resource_id}
    found = resources_of(context, source.id)
    for resource in found:
        fresh.setdefault(resource.resource_id, fresh_api_id(context.ids, 6))
    for resource in found:
        own_id = fresh[resource.resource_id]
        parent_id = fresh[resource.parent_id] if resource.parent_id else None
        context.tx.put(
            ApiResource(
                id=f"{target.id}/{own_id}",
                account=target.account,
                region=target.region,
                rest_api_id=target.id,
                resource_id=own_id,
                path=resource.path,
                parent_id=parent_id,
                path_part=resource.path_part,
                methods=resource.methods,
            )
        )
    for part in _COPIED_PARTS:
        for held in context.tx.find(ApiPart, "part", f"{source.id}/{part}"):
            context.tx.put(
                msgspec.structs.replace(held, id=f"{target.id}/{part}/{held.part_id}", rest_api_id=target.id)
            )
