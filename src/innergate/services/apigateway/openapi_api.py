"""What an OpenAPI document says of the API as a whole."""

from collections.abc import Mapping
from typing import Any

import msgspec

from innergate.primitives.json_value import JsonObject
from innergate.resources.rest_apis import RestApi
from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.limits import COMPRESSION_MAX_BYTES


def api_params(document: JsonObject, options: Mapping[str, str]) -> dict[str, Any]:
    """CreateRestApi's parameters for an imported document: its title, and the endpoint type of the call's options."""
    info = document.get("info")
    held = info if isinstance(info, Mapping) else {}
    params: dict[str, Any] = {
        "name": str(held.get("title")),
        "description": str(held["description"]) if held.get("description") else None,
        "version": str(held["version"]) if held.get("version") else None,
    }
    types = options.get("endpointConfigurationTypes")
    if types:
        params["endpointConfiguration"] = {"types": [kind.strip() for kind in types.split(",")]}
        if any(kind not in ("EDGE", "REGIONAL", "PRIVATE") for kind in params["endpointConfiguration"]["types"]):
            raise bad_request("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE")
        if options.get("vpcEndpointIds"):
            params["endpointConfiguration"]["vpcEndpointIds"] = [
                endpoint.strip() for endpoint in options["vpcEndpointIds"].split(",")
            ]
    return params


def apply_extensions(api: RestApi, document: JsonObject) -> RestApi:
    """The API with the members that extensions of the document set. Raises Fault BadRequestException."""
    types = document.get("x-amazon-apigateway-binary-media-types")
    if isinstance(types, list):
        api = msgspec.structs.replace(api, binary_media_types=tuple(str(kind) for kind in types))
    size = document.get("x-amazon-apigateway-minimum-compression-size")
    if size is not None:
        if not isinstance(size, int) or not 0 <= size <= COMPRESSION_MAX_BYTES:
            raise bad_request(f"Invalid minimum compression size, must be between 0 and {COMPRESSION_MAX_BYTES}")
        api = msgspec.structs.replace(api, minimum_compression_size=size)
    source = document.get("x-amazon-apigateway-api-key-source")
    if source is not None:
        if source not in ("HEADER", "AUTHORIZER"):
            raise bad_request("Invalid API key source specified. Valid options are HEADER,AUTHORIZER")
        api = msgspec.structs.replace(api, api_key_source=str(source))
    return _endpoint(api, document)


def _endpoint(api: RestApi, document: JsonObject) -> RestApi:
    servers = document.get("servers")
    listed = servers if isinstance(servers, list) else []
    places = (document, *(server for server in listed if isinstance(server, Mapping)))
    for place in places:
        given = place.get("x-amazon-apigateway-endpoint-configuration")
        if not isinstance(given, Mapping):
            continue
        endpoints = given.get("vpcEndpointIds")
        if isinstance(endpoints, list) and api.endpoint_configuration.types == ("PRIVATE",):
            configuration = msgspec.structs.replace(
                api.endpoint_configuration, vpc_endpoint_ids=tuple(str(endpoint) for endpoint in endpoints)
            )
            api = msgspec.structs.replace(api, endpoint_configuration=configuration)
        if "disableExecuteApiEndpoint" in given:
            api = msgspec.structs.replace(api, disable_execute_api_endpoint=bool(given["disableExecuteApiEndpoint"]))
    return api
