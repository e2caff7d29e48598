"""What an OpenAPI document says of the API as a whole."""

from collections.abc import Mapping
from typing import Any

import msgspec

from innergate.primitives.json_value import JsonObject
from innergate.resources.rest_apis import RestApi
from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.limits import COMPRESSION_MAX_BYTES
from innergate.services.apigateway.openapi_members import flag_of, integer_of, list_of, object_of, text_of, values_of
from innergate.services.apigateway.security_policies import (
    ACCESS_MODES,
    SECURITY_POLICIES,
    check_choice,
    check_security,
)


def api_params(document: JsonObject, options: Mapping[str, str]) -> dict[str, Any]:
    """CreateRestApi's parameters for an imported document: its title, and the endpoint type of the call's options."""
    info = object_of(document, "info")
    params: dict[str, Any] = {
        "name": text_of(info, "title"),
        "description": text_of(info, "description") or None,
        "version": text_of(info, "version") or None,
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
    types = list_of(document, "x-amazon-apigateway-binary-media-types")
    if types:
        api = msgspec.structs.replace(api, binary_media_types=tuple(types))
    size = integer_of(document, "x-amazon-apigateway-minimum-compression-size")
    if size is not None:
        if not 0 <= size <= COMPRESSION_MAX_BYTES:
            raise bad_request(f"Invalid minimum compression size, must be between 0 and {COMPRESSION_MAX_BYTES}")
        api = msgspec.structs.replace(api, minimum_compression_size=size)
    source = text_of(document, "x-amazon-apigateway-api-key-source")
    if source is not None:
        if source not in ("HEADER", "AUTHORIZER"):
            raise bad_request("Invalid API key source specified. Valid options are HEADER,AUTHORIZER")
        api = msgspec.structs.replace(api, api_key_source=source)
    return _endpoint(_security(api, document), document)


def _security(api: RestApi, document: JsonObject) -> RestApi:
    policy = security_policy_of(document)
    mode = text_of(document, "x-amazon-apigateway-endpoint-access-mode")
    if policy is not None:
        check_choice("securityPolicy", policy, SECURITY_POLICIES)
        api = msgspec.structs.replace(api, security_policy=policy)
    if mode is not None:
        check_choice("endpointAccessMode", mode, ACCESS_MODES)
        api = msgspec.structs.replace(api, endpoint_access_mode=mode)
    check_security(api.security_policy, api.endpoint_access_mode, api.endpoint_configuration.types)
    return api


def security_policy_of(document: JsonObject) -> str | None:
    """The security policy that a document gives its API. Raises Fault BadRequestException."""
    return text_of(document, "x-amazon-apigateway-security-policy")


def closes_own_name(document: JsonObject) -> bool | None:
    """Whether a document disables the execute-api endpoint; None where it does not say. Raises Fault BadRequestException."""
    name = "disableExecuteApiEndpoint"
    said = [flag_of(given, name) for given in _endpoint_configurations(document) if name in given]
    return said[-1] if said else None


def _endpoint_configurations(document: JsonObject) -> list[JsonObject]:
    """Of the document (2.0) and of its servers (3.0)."""
    servers = [server for server in values_of(document, "servers") if isinstance(server, Mapping)]
    return [object_of(place, "x-amazon-apigateway-endpoint-configuration") for place in (document, *servers)]


def _endpoint(api: RestApi, document: JsonObject) -> RestApi:
    for given in _endpoint_configurations(document):
        endpoints = list_of(given, "vpcEndpointIds")
        if endpoints and api.endpoint_configuration.types == ("PRIVATE",):
            configuration = msgspec.structs.replace(api.endpoint_configuration, vpc_endpoint_ids=tuple(endpoints))
            api = msgspec.structs.replace(api, endpoint_configuration=configuration)
    is_closed = closes_own_name(document)
    return api if is_closed is None else msgspec.structs.replace(api, disable_execute_api_endpoint=is_closed)
