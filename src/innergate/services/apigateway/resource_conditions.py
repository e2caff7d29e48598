"""The condition keys that describe what a call is about: `aws:ResourceTag/…` and `apigateway:Resource/…`.

Sources: service authorization reference, "Condition keys for Amazon API Gateway Management"; developer guide, "API Gateway
resources that can be tagged" (a tag of an API, a domain name or a usage plan is also that of everything in it).
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from innergate.primitives.arn import parse_arn
from innergate.resources.domain_names import DomainName
from innergate.resources.rest_apis import ApiResource, RestApi
from innergate.resources.vpc_links import VpcLinkV2
from innergate.services.apigateway.domain_lookups import find_domain
from innergate.services.apigateway.lookups import find_api, part_of, parts_of, resources_of
from innergate.services.apigateway.stages import find_stage
from innergate.services.apigateway.tags import find_tagged
from innergate.services.context import Context
from innergate.services.resource_tags import tag_keys

_PREFIX = "apigateway:Resource/"
_HOLDERS = ("restapis", "domainnames", "usageplans")
_API = re.compile(r"/restapis/([^/]+)")
_METHOD = re.compile(r"/restapis/([^/]+)/resources/([^/]+)/methods/([^/]+)")
_AUTHORIZER = re.compile(r"/restapis/([^/]+)/authorizers/([^/]+)")
_STAGE = re.compile(r"/restapis/([^/]+)/stages/([^/]+)")
_DOMAIN = re.compile(r"/domainnames/([^/+]+)(?:\+([^/]+))?")


def described_keys(context: Context, arn: str) -> Mapping[str, str | Sequence[str]]:
    """The tags of the caller's resource that the ARN names, with those of what holds it; its own win."""
    path = _path_of(arn)
    segments = path.split("/")
    tags: dict[str, str] = {}
    if len(segments) > 3 and segments[1] in _HOLDERS:
        tags |= _tags_at(context, "/".join(segments[:3]))
    if len(segments) > 4 and segments[3] == "stages":
        tags |= _tags_at(context, "/".join(segments[:5]))
    tags |= _tags_at(context, path)
    return tag_keys(tags, "aws")


def _path_of(arn: str) -> str:
    parsed = parse_arn(arn)
    return unquote(parsed.resource) if parsed is not None and not parsed.resource.startswith("/tags/") else ""


def _tags_at(context: Context, path: str) -> Mapping[str, str]:
    found = find_tagged(context, path)
    if found is not None:
        return found.tags
    link = context.tx.get(VpcLinkV2, path.removeprefix("/vpclinks/")) if path.startswith("/vpclinks/") else None
    is_own = link is not None and (link.account, link.region) == (context.account, context.region)
    return link.tags if link is not None and is_own else {}


def changed_keys(context: Context, arn: str) -> Mapping[str, str | Sequence[str]]:
    """Besides the tags, what the resource is before the call changes or deletes it."""
    found = _members(context, _path_of(arn))
    own = {_PREFIX + name: value for name, value in found.items() if value is not None}
    return {**described_keys(context, arn), **own}


_Found = Mapping[str, str | Sequence[str] | None]


def _members(context: Context, path: str) -> _Found:
    if named := _METHOD.fullmatch(path):
        return _method(context, *named.groups())
    if named := _AUTHORIZER.fullmatch(path):
        found = part_of(context, named[1], "authorizer", named[2])
        return _authorizers([found.body]) if found is not None else {}
    if named := _STAGE.fullmatch(path):
        return _stage(context, named[1], named[2])
    if named := _API.fullmatch(path):
        api = find_api(context, named[1])
        return _api(context, api) if api is not None else {}
    if named := _DOMAIN.fullmatch(path):
        domain = find_domain(context, named[1], named[2])
        return _domain(domain) if domain is not None else {}
    return {}


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _method(context: Context, api_id: str, resource_id: str, verb: str) -> _Found:
    if find_api(context, api_id) is None:
        return {}
    resource = context.tx.get(ApiResource, f"{api_id}/{resource_id}")
    method = resource.methods.get(verb) if resource is not None else None
    if method is None:
        return {}
    return {"ApiKeyRequired": _flag(method.api_key_required), "RouteAuthorizationType": method.authorization_type}


def _authorizers(bodies: Sequence[Mapping[str, object]]) -> _Found:
    uris = tuple(str(body["authorizerUri"]) for body in bodies if body.get("authorizerUri"))
    kinds = tuple(dict.fromkeys(str(body["type"]) for body in bodies))
    return {"AuthorizerType": kinds or None, "AuthorizerUri": uris or None}


def _stage(context: Context, api_id: str, name: str) -> _Found:
    stage = find_stage(context, api_id, name)
    settings = stage.access_log_settings if stage is not None else None
    if settings is None:
        return {}
    return {
        "AccessLoggingDestination": settings.destination_arn or None,
        "AccessLoggingFormat": settings.format or None,
    }


def _api(context: Context, api: RestApi) -> _Found:
    """An API's own members, and those of its methods and authorizers as collections (which a new import replaces)."""
    methods = [method for resource in resources_of(context, api.id) for method in resource.methods.values()]
    return {
        "ApiName": api.name,
        "DisableExecuteApiEndpoint": _flag(api.disable_execute_api_endpoint),
        "EndpointType": api.endpoint_configuration.types,
        "SecurityPolicy": api.security_policy,
        "ApiKeyRequired": tuple(dict.fromkeys(_flag(method.api_key_required) for method in methods)) or None,
        "RouteAuthorizationType": tuple(dict.fromkeys(method.authorization_type for method in methods)) or None,
        **_authorizers([part.body for part in parts_of(context, api.id, "authorizer")]),
    }


def _domain(domain: DomainName) -> _Found:
    trusted = domain.mutual_tls_authentication
    return {
        "EndpointType": domain.endpoint_configuration.types,
        "MtlsTrustStoreUri": trusted.truststore_uri if trusted is not None else None,
        "MtlsTrustStoreVersion": trusted.truststore_version if trusted is not None else None,
        "RoutingMode": domain.routing_mode,
        "SecurityPolicy": domain.security_policy,
    }
