"""The small documents inside an API: written and removed."""

from collections.abc import Mapping

from innergate.primitives.json_value import JsonValue
from innergate.resources.rest_apis import ApiPart, RestApi
from innergate.services.context import Context


def make_part(api: RestApi, part: str, part_id: str, body: Mapping[str, JsonValue]) -> ApiPart:
    """The resource that keeps `body` in the API."""
    return ApiPart(
        id=f"{api.id}/{part}/{part_id}",
        account=api.account,
        region=api.region,
        rest_api_id=api.id,
        part=part,
        part_id=part_id,
        body={name: member for name, member in body.items() if member is not None},
    )


def delete_part(context: Context, part: ApiPart) -> None:
    """Removes the document."""
    context.tx.delete(part)
