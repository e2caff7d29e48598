"""Tags of API Gateway's resources, by ARN."""

import re
from collections.abc import Mapping

import msgspec

from innergate.primitives.arn import format_arn, parse_arn
from innergate.resources.api_keys import ApiKey, UsagePlan
from innergate.resources.client_certificates import ClientCertificate
from innergate.resources.domain_names import DomainAccess, DomainName
from innergate.resources.rest_apis import RestApi
from innergate.resources.stages import Stage
from innergate.resources.vpc_links import VpcLink
from innergate.services.apigateway.domain_access_associations import find_association
from innergate.services.apigateway.domain_lookups import find_domain
from innergate.services.apigateway.faults import bad_request, not_found
from innergate.services.apigateway.lookups import find_api
from innergate.services.apigateway.stages import find_stage
from innergate.services.apigateway.tag_rules import check_tags
from innergate.services.context import Context, Params, Result

Tagged = RestApi | Stage | ApiKey | UsagePlan | VpcLink | ClientCertificate | DomainName | DomainAccess
_BY_ID: Mapping[str, type[ApiKey | UsagePlan | VpcLink | ClientCertificate]] = {
    "apikeys": ApiKey,
    "usageplans": UsagePlan,
    "vpclinks": VpcLink,
    "clientcertificates": ClientCertificate,
}


def get(context: Context, params: Params) -> Result:
    """GetTags."""
    return {"tags": _tagged(context, params["resourceArn"]).tags}


def put(context: Context, params: Params) -> Result:
    """TagResource. Raises Fault."""
    resource = _tagged(context, params["resourceArn"])
    tags = check_tags({**resource.tags, **params["tags"]})
    context.tx.put(msgspec.structs.replace(resource, tags=tags))
    return {}


def remove(context: Context, params: Params) -> Result:
    """UntagResource."""
    resource = _tagged(context, params["resourceArn"])
    tags = {key: value for key, value in resource.tags.items() if key not in params["tagKeys"]}
    context.tx.put(msgspec.structs.replace(resource, tags=tags))
    return {}


def _tagged(context: Context, text: str) -> Tagged:
    """The caller's resource that the ARN names. Raises Fault BadRequestException or NotFoundException."""
    arn = parse_arn(text)
    if arn is None or arn.service != "apigateway":
        raise bad_request("Invalid ARN specified in the request")
    if text != _spelled(context, arn.resource):
        raise not_found("Invalid resource identifier specified")
    found = find_tagged(context, arn.resource) if arn.region == context.region else None
    if found is None:
        raise not_found("Invalid resource identifier specified")
    return found


def _spelled(context: Context, path: str) -> str:
    """The one ARN that the caller's resource of that path has: policies are asked about the text that the caller gives."""
    is_private_name = path.startswith("/domainnames/") and "+" in path
    has_account = is_private_name or path.startswith("/domainnameaccessassociations/")
    shown = path.lower() if path.startswith("/domainnames/") else path
    return format_arn("apigateway", context.region, context.account if has_account else "", shown)


def find_tagged(context: Context, path: str) -> Tagged | None:
    """The caller's resource of that path, or None where it is none that has tags."""
    if named := re.fullmatch(r"/restapis/([^/]+)/stages/([^/]+)", path):
        return find_stage(context, named[1], named[2])
    if named := re.fullmatch(r"/restapis/([^/]+)", path):
        return find_api(context, named[1])
    if named := re.fullmatch(r"/(apikeys|usageplans|vpclinks|clientcertificates)/([^/]+)", path):
        found = context.tx.get(_BY_ID[named[1]], named[2])
        if found is not None and (found.account, found.region) == (context.account, context.region):
            return found
    if named := re.fullmatch(r"/domainnames/([^/+]+)(?:\+([^/]+))?", path):
        return find_domain(context, named[1], named[2])
    if path.startswith("/domainnameaccessassociations/"):
        return find_association(context, format_arn("apigateway", context.region, context.account, path))
    return None
