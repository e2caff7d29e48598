"""The paths of UpdateRestApi."""

import msgspec

from innergate.resources.rest_apis import EndpointConfiguration, RestApi
from innergate.services.apigateway.api_policies import normalise_policy
from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.limits import COMPRESSION_MAX_BYTES
from innergate.services.apigateway.patches import Patch, invalid_path, read_bool, read_int, read_patches, require_op
from innergate.services.apigateway.security_policies import (
    ACCESS_MODES,
    SECURITY_POLICIES,
    check_choice,
    check_security,
)
from innergate.services.context import Params

_BAD_COMPRESSION = f"Invalid minimum compression size, must be between 0 and {COMPRESSION_MAX_BYTES}"
_TYPES = ("REGIONAL", "EDGE", "PRIVATE")


def patch_api(api: RestApi, params: Params) -> RestApi:
    """The API after all operations, in order. Raises Fault BadRequestException."""
    for patch in read_patches(params):
        api = _apply(api, patch)
    check_security(api.security_policy, api.endpoint_access_mode, api.endpoint_configuration.types)
    return api


def _apply(api: RestApi, patch: Patch) -> RestApi:
    match patch.segments:
        case ("binaryMediaTypes", media_type):
            return _binary_media_type(api, patch, media_type)
        case ("endpointConfiguration", *rest):
            return msgspec.structs.replace(
                api, endpoint_configuration=_endpoint_configuration(api.endpoint_configuration, patch, tuple(rest))
            )
        case ("description",):
            require_op(patch, "replace", "remove")
            return msgspec.structs.replace(api, description=patch.value if patch.op == "replace" else None)
        case (
            "name"
            | "version"
            | "policy"
            | "apiKeySource"
            | "minimumCompressionSize"
            | "disableExecuteApiEndpoint"
            | "securityPolicy"
            | "endpointAccessMode",
        ):
            require_op(patch, "replace")
            return _replace(api, patch)
        case _:
            raise invalid_path(patch)


def _replace(api: RestApi, patch: Patch) -> RestApi:
    name = patch.segments[0]
    if name == "name":
        if not patch.text.strip():
            raise bad_request("API name cannot be an empty string")
        return msgspec.structs.replace(api, name=patch.text)
    if name == "version":
        return msgspec.structs.replace(api, api_version=patch.value or None)
    if name == "policy":
        return msgspec.structs.replace(api, policy=normalise_policy(patch.text, api.region, api.account, api.id))
    if name == "apiKeySource":
        if patch.text not in ("HEADER", "AUTHORIZER"):
            raise bad_request("Invalid API key source specified. Valid options are HEADER,AUTHORIZER")
        return msgspec.structs.replace(api, api_key_source=patch.text)
    if name == "minimumCompressionSize":
        return msgspec.structs.replace(api, minimum_compression_size=_compression(patch))
    if name == "disableExecuteApiEndpoint":
        return msgspec.structs.replace(api, disable_execute_api_endpoint=read_bool(patch.value))
    if name == "securityPolicy":
        if patch.value:
            check_choice(name, patch.value, SECURITY_POLICIES)
        return msgspec.structs.replace(api, security_policy=patch.value or None)
    if patch.value:
        check_choice(name, patch.value, ACCESS_MODES)
    return msgspec.structs.replace(api, endpoint_access_mode=patch.value or None)


def _compression(patch: Patch) -> int | None:
    if not patch.value:
        return None
    size = read_int(patch.value, _BAD_COMPRESSION)
    if not 0 <= size <= COMPRESSION_MAX_BYTES:
        raise bad_request(_BAD_COMPRESSION)
    return size


def _binary_media_type(api: RestApi, patch: Patch, media_type: str) -> RestApi:
    kept = [known for known in api.binary_media_types if known != media_type]
    match patch.op:
        case "add":
            types = [*kept, media_type]
        case "remove":
            types = kept
        case "replace":
            types = [*kept, patch.value or media_type]
        case _:
            raise bad_request("Invalid patch operation specified. Must be 'add'|'remove'|'replace'")
    return msgspec.structs.replace(api, binary_media_types=tuple(types))


def _endpoint_configuration(
    current: EndpointConfiguration, patch: Patch, rest: tuple[str, ...]
) -> EndpointConfiguration:
    match rest:
        case ("ipAddressType",):
            return _address_type(current, patch)
        case ("types", _):
            return _endpoint_type(current, patch)
        case ("vpcEndpointIds",) | ("vpcEndpointIds", _):
            return _vpc_endpoint(current, patch, rest)
        case _:
            raise invalid_path(patch)


def _address_type(current: EndpointConfiguration, patch: Patch) -> EndpointConfiguration:
    require_op(patch, "replace")
    if patch.value not in ("ipv4", "dualstack"):
        raise bad_request("ipAddressType must be either ipv4 or dualstack.")
    if current.types == ("PRIVATE",) and patch.value != "dualstack":
        raise bad_request("Only dualstack ipAddressType is supported for Private APIs.")
    return msgspec.structs.replace(current, ip_address_type=patch.value)


def _endpoint_type(current: EndpointConfiguration, patch: Patch) -> EndpointConfiguration:
    if patch.op not in ("add", "remove", "replace"):
        raise bad_request("Invalid patch operation specified. Must be 'add'|'remove'|'replace'")
    if patch.op != "replace" or patch.value not in _TYPES:
        raise bad_request("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE")
    if current.types == ("PRIVATE",) and patch.value == "EDGE":
        raise bad_request("Updating a private API to an edge-optimized API is not supported.")
    private = patch.value == "PRIVATE"
    return EndpointConfiguration(
        types=(patch.value,),
        ip_address_type="dualstack" if private else current.ip_address_type,
        vpc_endpoint_ids=current.vpc_endpoint_ids if private else (),
    )


def _vpc_endpoint(current: EndpointConfiguration, patch: Patch, rest: tuple[str, ...]) -> EndpointConfiguration:
    require_op(patch, "add", "remove", "replace")
    if current.types != ("PRIVATE",):
        raise bad_request("VPCEndpoints can only be specified with PRIVATE apis.")
    named = rest[1] if len(rest) == 2 else patch.text
    kept = tuple(known for known in current.vpc_endpoint_ids if known != named)
    if patch.op == "add":
        kept = (*kept, patch.value or named)
    elif patch.op == "replace":
        kept = (*kept, patch.text) if len(rest) == 2 else ((patch.text,) if patch.text else ())
    return msgspec.structs.replace(current, vpc_endpoint_ids=kept)
