"""The condition keys `apigateway:Request/…`: what a call would make of an API, a stage, a domain name.

Source: service authorization reference, "Condition keys for Amazon API Gateway Management". A member that the call leaves out
counts as what it becomes, so a policy that admits private APIs alone does not admit one whose type is left to its default.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from innergate.primitives.fault import Fault
from innergate.primitives.json_value import JsonObject
from innergate.services.apigateway.openapi_api import api_params, closes_own_name, security_policy_of
from innergate.services.apigateway.openapi_documents import document_of
from innergate.services.apigateway.openapi_members import object_of, objects_of
from innergate.services.apigateway.openapi_paths import OPERATION_WORDS
from innergate.services.apigateway.openapi_security import read_authorizer_kinds, read_schemes, security_of
from innergate.services.apigateway.patches import read_bool, split_pointer
from innergate.services.context import Context, Params

Keys: TypeAlias = Mapping[str, str | Sequence[str]]
_PREFIX = "apigateway:Request/"


def request_keys(operation: str) -> Callable[[Context, Params], Keys]:
    """What conditions may ask of a call of that operation. Parameters and documents that cannot be read have no keys: the
    operation itself refuses them."""
    if operation == "UntagResource":
        return _untag_keys
    asked, asked_of_document = _ASKED.get(operation, _nothing), _ASKED_OF_DOCUMENT.get(operation)

    def keys(context: Context, params: Params) -> Keys:
        try:
            found = asked_of_document(document_of(context, params), params) if asked_of_document else asked(params)
        except Fault:
            return {}
        return {_PREFIX + name: value for name, value in found.items() if value is not None}

    return keys


def _untag_keys(context: Context, params: Params) -> Keys:
    return {"aws:TagKeys": tuple(params.get("tagKeys") or ())}


_Found: TypeAlias = Mapping[str, str | Sequence[str] | None]


def _nothing(params: Params) -> _Found:
    return {}


def _flag(value: object) -> str:
    return "true" if value else "false"


def patched(params: Params) -> dict[str, str]:
    """Member path ("endpointConfiguration/types/EDGE") -> new value, of the operations that set something."""
    return {
        "/".join(split_pointer(patch.get("path") or "")): patch.get("value") or ""
        for patch in params.get("patchOperations") or ()
        if patch.get("op") != "remove"
    }


def _patched_flag(values: Mapping[str, str], name: str) -> str | None:
    return _flag(read_bool(values[name])) if name in values else None


def _endpoint_types(params: Params) -> tuple[str, ...]:
    return tuple((params.get("endpointConfiguration") or {}).get("types") or ("EDGE",))


def _patched_types(values: Mapping[str, str]) -> tuple[str, ...] | None:
    """The types that an update names: the value, or of an addition without one the path's last segment."""
    place = "endpointConfiguration/types"
    named = (value or path.rpartition("/")[2] for path, value in values.items() if f"{path}/".startswith(f"{place}/"))
    return tuple(named) or None


def _new_api(params: Params) -> _Found:
    return {
        "ApiName": params.get("name"),
        "EndpointType": _endpoint_types(params),
        "DisableExecuteApiEndpoint": _flag(params.get("disableExecuteApiEndpoint")),
        "SecurityPolicy": params.get("securityPolicy"),
    }


def _changed_api(params: Params) -> _Found:
    values = patched(params)
    return {
        "ApiName": values.get("name"),
        "EndpointType": _patched_types(values),
        "DisableExecuteApiEndpoint": _patched_flag(values, "disableExecuteApiEndpoint"),
        "SecurityPolicy": values.get("securityPolicy"),
    }


def _new_method(params: Params) -> _Found:
    return {
        "ApiKeyRequired": _flag(params.get("apiKeyRequired")),
        "RouteAuthorizationType": params.get("authorizationType"),
    }


def _changed_method(params: Params) -> _Found:
    values = patched(params)
    return {
        "ApiKeyRequired": _patched_flag(values, "apiKeyRequired"),
        "RouteAuthorizationType": values.get("authorizationType"),
    }


def _new_authorizer(params: Params) -> _Found:
    return {"AuthorizerType": params.get("type"), "AuthorizerUri": params.get("authorizerUri")}


def _changed_authorizer(params: Params) -> _Found:
    values = patched(params)
    return {"AuthorizerType": values.get("type"), "AuthorizerUri": values.get("authorizerUri")}


def _changed_stage(params: Params) -> _Found:
    values = patched(params)
    return {
        "AccessLoggingDestination": values.get("accessLogSettings/destinationArn"),
        "AccessLoggingFormat": values.get("accessLogSettings/format"),
    }


def _new_deployment(params: Params) -> _Found:
    return {"StageName": params.get("stageName") or None}


def _new_domain(params: Params) -> _Found:
    trusted = params.get("mutualTlsAuthentication") or {}
    return {
        "EndpointType": _endpoint_types(params),
        "MtlsTrustStoreUri": trusted.get("truststoreUri"),
        "MtlsTrustStoreVersion": trusted.get("truststoreVersion"),
        "SecurityPolicy": params.get("securityPolicy") or "TLS_1_2",
        "RoutingMode": params.get("routingMode") or "BASE_PATH_MAPPING_ONLY",
    }


def _changed_domain(params: Params) -> _Found:
    values = patched(params)
    return {
        "EndpointType": _patched_types(values),
        "MtlsTrustStoreUri": values.get("mutualTlsAuthentication/truststoreUri"),
        "MtlsTrustStoreVersion": values.get("mutualTlsAuthentication/truststoreVersion"),
        "SecurityPolicy": values.get("securityPolicy"),
        "RoutingMode": values.get("routingMode"),
    }


def _new_association(params: Params) -> _Found:
    return {
        "AccessAssociationSource": params.get("accessAssociationSource"),
        "DomainNameArn": params.get("domainNameArn"),
    }


def _imported(document: JsonObject, params: Params) -> _Found:
    return {
        **_described(document, params),
        "EndpointType": _endpoint_types(api_params(document, params.get("parameters") or {})),
        "DisableExecuteApiEndpoint": _flag(closes_own_name(document)),
    }


def _described(document: JsonObject, params: Params) -> _Found:
    """What a document would put into an API, its methods' and authorizers' members as collections."""
    schemes = read_schemes(document)
    methods = [security_of(operation, schemes) for operation in _operations(document)]
    authorizers = read_authorizer_kinds(document)
    is_closed = closes_own_name(document)
    return {
        "ApiName": api_params(document, {})["name"],
        "ApiKeyRequired": _all(_flag(method.get("apiKeyRequired")) for method in methods),
        "RouteAuthorizationType": _all(str(method["authorizationType"]) for method in methods),
        "AuthorizerType": _all(kind for kind, _ in authorizers),
        "AuthorizerUri": _all(uri for _, uri in authorizers if uri),
        "DisableExecuteApiEndpoint": _flag(is_closed) if is_closed is not None else None,
        "SecurityPolicy": security_policy_of(document),
    }


def _operations(document: JsonObject) -> list[JsonObject]:
    return [
        object_of(item, word)
        for item in objects_of(document, "paths").values()
        for word in OPERATION_WORDS
        if item.get(word) is not None
    ]


def _all(values: Iterable[str]) -> tuple[str, ...] | None:
    return tuple(dict.fromkeys(values)) or None


_ASKED: Mapping[str, Callable[[Params], _Found]] = {
    "CreateRestApi": _new_api,
    "UpdateRestApi": _changed_api,
    "PutMethod": _new_method,
    "UpdateMethod": _changed_method,
    "CreateAuthorizer": _new_authorizer,
    "UpdateAuthorizer": _changed_authorizer,
    "UpdateStage": _changed_stage,
    "CreateDeployment": _new_deployment,
    "CreateDomainName": _new_domain,
    "UpdateDomainName": _changed_domain,
    "CreateDomainNameAccessAssociation": _new_association,
}
_ASKED_OF_DOCUMENT: Mapping[str, Callable[[JsonObject, Params], _Found]] = {
    "ImportRestApi": _imported,
    "PutRestApi": _described,
}
