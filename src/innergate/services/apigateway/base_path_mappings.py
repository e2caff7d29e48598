"""Base path mappings: which API and stage the first segments of a custom domain's paths lead to."""

import re

import msgspec

from innergate.resources.domain_names import BasePathMapping, DomainName
from innergate.resources.rest_apis import RestApi
from innergate.services.apigateway.domain_lookups import domain_of, mappings_of
from innergate.services.apigateway.faults import bad_request, conflict, limit_exceeded, not_found
from innergate.services.apigateway.limits import BASE_PATH_MAX, MAPPINGS_PER_DOMAIN
from innergate.services.apigateway.lookups import find_api
from innergate.services.apigateway.paging import page_of
from innergate.services.apigateway.patches import Patch, invalid_path, read_patches, require_op
from innergate.services.apigateway.stages import find_stage
from innergate.services.context import Context, Params, Result

NONE = "(none)"
"""How AWS writes an empty base path, and a stage that the caller names."""

_SEGMENT = re.compile(r"[A-Za-z0-9$_.+!*'()-]+")
_RESERVED = ("ping", "sping")
"""API Gateway's own paths at the root of a custom domain (developer guide, "Important notes for REST APIs")."""


def create(context: Context, params: Params) -> Result:
    """CreateBasePathMapping. Raises Fault NotFoundException, BadRequestException or ConflictException."""
    domain = domain_of(context, params)
    if domain.routing_mode == "ROUTING_RULE_ONLY":
        raise bad_request(
            "Base path mappings can't be created for a domain name with the routing mode ROUTING_RULE_ONLY."
        )
    mappings = mappings_of(context, domain)
    if len(mappings) >= MAPPINGS_PER_DOMAIN:
        raise limit_exceeded("Maximum number of base path mappings for the domain name has been reached.")
    mapping = _make(domain, _read_base_path(params.get("basePath")), params["restApiId"], _text(params.get("stage")))
    _check(context, domain, mapping)
    if context.tx.get(BasePathMapping, mapping.id) is not None:
        raise conflict("Base path already exists for this domain name")
    context.tx.put(mapping)
    return render_mapping(mapping)


def _make(domain: DomainName, base_path: str, api_id: str, stage: str) -> BasePathMapping:
    return BasePathMapping(
        id=f"{domain.id}/{base_path}",
        account=domain.account,
        region=domain.region,
        domain_id=domain.id,
        base_path=base_path,
        rest_api_id=api_id,
        stage=stage,
    )


def _text(given: str | None) -> str:
    return "" if given in (None, NONE) else given


def _read_base_path(given: str | None) -> str:
    """Raises Fault BadRequestException for what version 1 of the API does not take."""
    base_path = _text(given)
    if "/" in base_path:
        raise bad_request(
            "API Gateway V1 doesn't support the slash character (/) in base path mappings. "
            "To create a multi-level base path mapping, use API Gateway V2."
        )
    if base_path and (len(base_path) > BASE_PATH_MAX or _SEGMENT.fullmatch(base_path) is None):
        raise bad_request("Base path may only contain letters, numbers and one of $-_.+!*'()")
    if base_path in _RESERVED or (base_path and not base_path.strip(".")):
        raise bad_request(f"Invalid base path specified: {base_path} is reserved.")
    return base_path


def _check(context: Context, domain: DomainName, mapping: BasePathMapping) -> None:
    """What the mapping leads to must be the caller's, and as private as the domain."""
    api = find_api(context, mapping.rest_api_id)
    if api is None:
        raise bad_request("Invalid REST API identifier specified")
    if mapping.stage and find_stage(context, api.id, mapping.stage) is None:
        raise bad_request("Invalid stage identifier specified")
    if _is_private(api) is not domain.is_private:
        kind, other = ("private", "public") if domain.is_private else ("public", "private")
        raise bad_request(f"Only {kind} APIs can be mapped to a {kind} custom domain name; {api.id} is {other}.")


def _is_private(api: RestApi) -> bool:
    return "PRIVATE" in api.endpoint_configuration.types


def render_mapping(mapping: BasePathMapping) -> dict[str, str]:
    """The mapping as AWS answers it."""
    shown = {"basePath": mapping.base_path or NONE, "restApiId": mapping.rest_api_id}
    return shown | ({"stage": mapping.stage} if mapping.stage else {})


def _mapping_of(context: Context, domain: DomainName, base_path: str) -> BasePathMapping:
    found = context.tx.get(BasePathMapping, f"{domain.id}/{_text(base_path)}")
    if found is None:
        raise not_found("Invalid base path mapping identifier specified")
    return found


def get(context: Context, params: Params) -> Result:
    """GetBasePathMapping."""
    return render_mapping(_mapping_of(context, domain_of(context, params), params["basePath"]))


def list_all(context: Context, params: Params) -> Result:
    """GetBasePathMappings, oldest first."""
    return page_of(params, mappings_of(context, domain_of(context, params)), render_mapping)


def update(context: Context, params: Params) -> Result:
    """UpdateBasePathMapping. Raises Fault."""
    domain = domain_of(context, params)
    before = _mapping_of(context, domain, params["basePath"])
    after = before
    for patch in read_patches(params):
        after = _apply(domain, after, patch)
    _check(context, domain, after)
    if after.id != before.id:
        if context.tx.get(BasePathMapping, after.id) is not None:
            raise conflict("Base path already exists for this domain name")
        context.tx.delete(before)
    context.tx.put(after)
    return render_mapping(after)


def _apply(domain: DomainName, mapping: BasePathMapping, patch: Patch) -> BasePathMapping:
    match patch.segments:
        case ("basePath",):
            require_op(patch, "replace")
            return _make(domain, _read_base_path(patch.text), mapping.rest_api_id, mapping.stage)
        case ("restapiId" | "restApiId",):
            require_op(patch, "replace")
            return msgspec.structs.replace(mapping, rest_api_id=patch.text)
        case ("stage",):
            require_op(patch, "replace", "remove")
            return msgspec.structs.replace(mapping, stage=_text(patch.text) if patch.op == "replace" else "")
        case _:
            raise invalid_path(patch)


def delete(context: Context, params: Params) -> Result:
    """DeleteBasePathMapping."""
    context.tx.delete(_mapping_of(context, domain_of(context, params), params["basePath"]))
    return {}
