"""All of an API that a request can meet, as it is being edited."""

import msgspec

from innergate.compile.view import Reader
from innergate.primitives.json_value import JsonValue
from innergate.resources.deployments import ApiDefinition, DeployedResource
from innergate.resources.rest_apis import ApiPart, ApiResource, GatewayResponseDefinition, RestApi

_PARTS = ("model", "request-validator", "authorizer")


def define_api(reader: Reader, api: RestApi) -> ApiDefinition:
    """What a deployment made now would hold."""
    parts: dict[str, dict[str, dict[str, JsonValue]]] = {}
    for part in _PARTS:
        held = {document.part_id: document.body for document in reader.find(ApiPart, "part", f"{api.id}/{part}")}
        if held:
            parts[part] = held
    return ApiDefinition(
        resources=tuple(
            DeployedResource(resource_id=resource.resource_id, path=resource.path, methods=resource.methods)
            for resource in reader.find(ApiResource, "rest-api", api.id)
        ),
        endpoint_configuration=api.endpoint_configuration,
        policy=api.policy,
        api_key_source=api.api_key_source,
        binary_media_types=api.binary_media_types,
        minimum_compression_size=api.minimum_compression_size,
        disable_execute_api_endpoint=api.disable_execute_api_endpoint,
        gateway_responses={
            part.part_id: msgspec.convert(part.body, GatewayResponseDefinition)
            for part in reader.find(ApiPart, "part", f"{api.id}/gateway-response")
        },
        parts=parts,
    )
