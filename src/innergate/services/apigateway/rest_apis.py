"""REST APIs themselves: made, read, patched, deleted with all that is in them."""

from typing import Any

from innergate.primitives.ids import fresh_api_id
from innergate.resources.api_trials import ApiTrial
from innergate.resources.base import Resource
from innergate.resources.deployments import Deployment
from innergate.resources.domain_names import BasePathMapping
from innergate.resources.rest_apis import ApiPart, ApiResource, EndpointConfiguration, RestApi
from innergate.resources.routing_rules import RoutingRule
from innergate.resources.stages import Stage
from innergate.services.apigateway.api_clones import copy_definition
from innergate.services.apigateway.api_policies import escape_policy, normalise_policy
from innergate.services.apigateway.documents import show
from innergate.services.apigateway.domain_lookups import names_of_mappings
from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.limits import COMPRESSION_MAX_BYTES
from innergate.services.apigateway.lookups import api_of, find_api, no_api
from innergate.services.apigateway.models import default_models
from innergate.services.apigateway.paging import page_of
from innergate.services.apigateway.rest_api_patches import patch_api
from innergate.services.apigateway.security_policies import check_security
from innergate.services.apigateway.tag_rules import check_tags
from innergate.services.apigateway.usage_plan_stages import forget_api
from innergate.services.context import Context, Params, Result

BAD_COMPRESSION = f"Invalid minimum compression size, must be between 0 and {COMPRESSION_MAX_BYTES}"


def create(context: Context, params: Params) -> Result:
    """CreateRestApi: an API with its root resource and the models Empty and Error. Raises Fault BadRequestException."""
    source = None
    if params.get("description") == "":
        raise bad_request("Description cannot be an empty string")
    if params.get("cloneFrom"):
        source = find_api(context, params["cloneFrom"])
        if source is None:
            raise no_api(context, params["cloneFrom"])
    api = new_api(context, params)
    if source is not None:
        copy_definition(context, source, api)
    return render_api(api)


def new_api(context: Context, params: Params, with_models: bool = True) -> RestApi:
    """Writes the API that CreateRestApi's parameters describe, empty but for its root and, unless imported, two models."""
    if not (params.get("name") or "").strip():
        raise bad_request("No Name parameter given")
    size = params.get("minimumCompressionSize")
    if size is not None and not 0 <= size <= COMPRESSION_MAX_BYTES:
        raise bad_request(BAD_COMPRESSION)
    api_id, root_id = fresh_api_id(context.ids), fresh_api_id(context.ids)
    api = RestApi(
        id=api_id,
        account=context.account,
        region=context.region,
        name=params["name"],
        description=params.get("description"),
        api_version=params.get("version") or None,
        created_date=context.clock.now().replace(microsecond=0),
        root_resource_id=root_id,
        endpoint_configuration=read_endpoint_configuration(params.get("endpointConfiguration")),
        binary_media_types=tuple(params.get("binaryMediaTypes") or ()),
        minimum_compression_size=size,
        api_key_source=params.get("apiKeySource") or "HEADER",
        policy=normalise_policy(params.get("policy") or "", context.region, context.account, api_id),
        disable_execute_api_endpoint=bool(params.get("disableExecuteApiEndpoint")),
        security_policy=params.get("securityPolicy"),
        endpoint_access_mode=params.get("endpointAccessMode"),
        tags=check_tags(params.get("tags") or {}),
    )
    check_security(api.security_policy, api.endpoint_access_mode, api.endpoint_configuration.types)
    context.tx.put(api)
    context.tx.put(
        ApiResource(
            id=f"{api_id}/{root_id}",
            account=context.account,
            region=context.region,
            rest_api_id=api_id,
            resource_id=root_id,
            path="/",
        )
    )
    for model in default_models(context, api) if with_models else ():
        context.tx.put(model)
    return api


def read_endpoint_configuration(given: Params | None) -> EndpointConfiguration:
    """`endpointConfiguration` with AWS's defaults: EDGE and ipv4, dualstack for PRIVATE. Raises Fault BadRequestException."""
    if given is None or given.get("types") is None:
        types: tuple[str, ...] = ("EDGE",)
    else:
        types = tuple(given["types"])
    if not types:
        raise bad_request("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.")
    if len(types) > 1:
        raise bad_request("Cannot create an api with multiple Endpoint Types.")
    private = types == ("PRIVATE",)
    address_type = (given or {}).get("ipAddressType") or ("dualstack" if private else "ipv4")
    if private and address_type != "dualstack":
        raise bad_request("Only dualstack ipAddressType is supported for Private APIs.")
    endpoints = tuple(dict.fromkeys((given or {}).get("vpcEndpointIds") or ()))
    if endpoints and not private:
        raise bad_request("VPCEndpoints can only be specified with PRIVATE apis.")
    return EndpointConfiguration(types=types, ip_address_type=address_type, vpc_endpoint_ids=endpoints)


def render_api(api: RestApi, updated: bool = False) -> dict[str, Any]:
    """The API as its operations answer it; UpdateRestApi shows empty tags, the others leave them out."""
    shown = {"id": api.id, **show(api)}
    for name in ("warnings", "binaryMediaTypes", "policy", "tags"):
        if not shown[name]:
            del shown[name]
    if not api.endpoint_configuration.vpc_endpoint_ids:
        del shown["endpointConfiguration"]["vpcEndpointIds"]
    if api.policy:
        shown["policy"] = escape_policy(api.policy)
    if updated:
        shown["tags"] = api.tags
    return shown


def get(context: Context, params: Params) -> Result:
    """GetRestApi."""
    return render_api(api_of(context, params))


def list_all(context: Context, params: Params) -> Result:
    """GetRestApis: the account's APIs in this Region, oldest first."""
    return page_of(params, context.tx.in_account(RestApi, context.account, context.region), render_api)


def update(context: Context, params: Params) -> Result:
    """UpdateRestApi. Raises Fault BadRequestException for a path, operation or value that the API does not take."""
    api = patch_api(api_of(context, params), params)
    context.tx.put(api)
    return render_api(api, updated=True)


def delete(context: Context, params: Params) -> Result:
    """DeleteRestApi: the API and everything below it. Raises Fault BadRequestException while a base path or a routing rule
    leads to it."""
    api = api_of(context, params)
    inside = inside_of(context, api)
    mappings = context.tx.find(BasePathMapping, "rest-api", api.id)
    if mappings:
        raise bad_request(
            f"Deleting RestApi {api.id} failed. Please remove all base path mappings related to the RestApi in your domains: "
            f"{names_of_mappings(context, mappings, context.account)}."
        )
    # AWS differs: what AWS says of an API or stage that routing rules lead to is not written down; refused as for base paths.
    if rules := context.tx.find(RoutingRule, "rest-api", api.id):
        raise bad_request(
            f"Deleting RestApi {api.id} failed. Please remove all routing rules related to the RestApi in your domains: "
            f"{names_of_mappings(context, rules, context.account)}."
        )
    forget_api(context, api.id)
    for resource in inside:
        context.tx.delete(resource)
    context.tx.delete(api)
    return {}


def inside_of(context: Context, api: RestApi) -> list[Resource]:
    """All resources that live and die with the API."""
    classes: tuple[type[Stage | Deployment | ApiResource], ...] = (Stage, Deployment, ApiResource)
    found: list[Resource] = [resource for cls in classes for resource in context.tx.find(cls, "rest-api", api.id)]
    for part in PARTS:
        found += context.tx.find(ApiPart, "part", f"{api.id}/{part}")
    trial = context.tx.get(ApiTrial, api.id)
    return found if trial is None else [*found, trial]


PARTS = (
    "gateway-response",
    "model",
    "request-validator",
    "authorizer",
    "documentation-part",
    "documentation-version",
)
"""The kinds of small documents that an API has (resources/rest_apis.py, ApiPart)."""
