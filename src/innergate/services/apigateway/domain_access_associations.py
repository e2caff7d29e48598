"""Domain name access associations: a consumer's VPC endpoint that may lead to a private custom domain name."""

from typing import Any

from innergate.primitives.arn import format_arn, parse_arn
from innergate.resources.domain_names import DomainAccess, DomainName
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.services.apigateway.domain_lookups import domain_arn
from innergate.services.apigateway.domain_policies import ASSOCIATE, may_associate
from innergate.services.apigateway.faults import bad_request, conflict, limit_exceeded, not_found
from innergate.services.apigateway.limits import ACCESS_ASSOCIATIONS_PER_REGION
from innergate.services.apigateway.paging import page_of
from innergate.services.apigateway.tag_rules import check_tags
from innergate.services.context import Context, Params, Result
from innergate.services.refusals import access_denied


def create(context: Context, params: Params) -> Result:
    """CreateDomainNameAccessAssociation, by the consumer. Raises Fault.

    # AWS differs: a domain name is shared with other accounts by its management policy; there is no RAM.
    """
    domain = _domain_to_associate(context, params["domainNameArn"])
    endpoint = _own_endpoint(context, params["accessAssociationSource"])
    if params["accessAssociationSourceType"] != "VPCE":
        raise bad_request("Invalid access association source type specified. Valid options are VPCE")
    own = context.tx.in_account(DomainAccess, context.account, context.region)
    if len(own) >= ACCESS_ASSOCIATIONS_PER_REGION:
        raise limit_exceeded("Maximum number of domain name access associations for the account has been reached.")
    association = DomainAccess(
        id=_arn(context, domain, endpoint),
        account=context.account,
        region=context.region,
        domain_id=domain.id,
        domain_name=domain.domain_name,
        domain_name_arn=domain_arn(domain),
        domain_account=domain.account,
        access_association_source=endpoint.id,
        tags=check_tags(params.get("tags") or {}),
    )
    if context.tx.get(DomainAccess, association.id) is not None:
        raise conflict("Domain name access association already exists")
    context.tx.put(association)
    return render_association(association)


def _arn(context: Context, domain: DomainName, endpoint: VpcEndpoint) -> str:
    path = f"/domainnameaccessassociations/domainname/{domain.domain_name}/vpcesource/{endpoint.id}"
    return format_arn("apigateway", context.region, context.account, path)


def _domain_to_associate(context: Context, text: str) -> DomainName:
    """Another account's domain name that the caller may not have looks the same whether it is there or not."""
    arn = parse_arn(text)
    if arn is None or arn.service != "apigateway" or not arn.resource.startswith("/domainnames/"):
        raise bad_request("Invalid ARN specified in the request")
    if not arn.account:
        raise bad_request("Domain name access associations are only supported for private custom domain names.")
    found = context.tx.get(DomainName, arn.resource.removeprefix("/domainnames/")) if arn.account else None
    named = found is not None and (found.account, found.region) == (arn.account, arn.region)
    is_there = found is not None and named and found.region == context.region
    if arn.account == context.account and not is_there:
        raise not_found("Invalid domain name identifier specified")
    if found is None or not is_there or not may_associate(context, found):
        reason = (
            "with an explicit deny in a resource-based policy"
            if arn.account == context.account
            else f"because no resource-based policy allows the {ASSOCIATE} action"
        )
        raise access_denied(
            "apigateway",
            f"User: {context.caller.arn} is not authorized to perform: {ASSOCIATE} on resource: {text} {reason}",
        )
    return found


def _own_endpoint(context: Context, endpoint_id: str) -> VpcEndpoint:
    endpoint = context.tx.get(VpcEndpoint, endpoint_id)
    own = endpoint is not None and (endpoint.account, endpoint.region) == (context.account, context.region)
    if endpoint is None or not own or endpoint.state == "deleted":
        raise bad_request(f"Invalid VPC endpoint specified: {endpoint_id}")
    if endpoint.service_name != f"com.amazonaws.{context.region}.execute-api":
        raise bad_request(f"The VPC endpoint {endpoint_id} is not an endpoint of execute-api")
    return endpoint


def render_association(association: DomainAccess) -> dict[str, Any]:
    """The association as both sides see it."""
    shown: dict[str, Any] = {
        "domainNameAccessAssociationArn": association.id,
        "domainNameArn": association.domain_name_arn,
        "accessAssociationSourceType": association.access_association_source_type,
        "accessAssociationSource": association.access_association_source,
    }
    return shown | ({"tags": association.tags} if association.tags else {})


def list_all(context: Context, params: Params) -> Result:
    """GetDomainNameAccessAssociations: the caller's own, or (`resourceOwner` OTHER_ACCOUNTS) those that other accounts have
    with the caller's domain names."""
    if params.get("resourceOwner") == "OTHER_ACCOUNTS":
        provided = context.tx.find(DomainAccess, "provider", f"{context.account}/{context.region}")
        others = [association for association in provided if association.account != context.account]
        return page_of(
            params, others, lambda found: {k: v for k, v in render_association(found).items() if k != "tags"}
        )
    own = context.tx.in_account(DomainAccess, context.account, context.region)
    return page_of(params, own, render_association)


def find_association(context: Context, arn: str) -> DomainAccess | None:
    """The caller's association, or None."""
    found = context.tx.get(DomainAccess, arn)
    if found is None or (found.account, found.region) != (context.account, context.region):
        return None
    return found


def delete(context: Context, params: Params) -> Result:
    """DeleteDomainNameAccessAssociation, by the consumer."""
    found = find_association(context, params["domainNameAccessAssociationArn"])
    if found is None:
        raise not_found("Invalid domain name access association identifier specified")
    context.tx.delete(found)
    return {}


def reject(context: Context, params: Params) -> Result:
    """RejectDomainNameAccessAssociation, by the domain's owner: another account's association ends."""
    found = context.tx.get(DomainAccess, params["domainNameAccessAssociationArn"])
    is_ours = found is not None and (found.domain_account, found.region) == (context.account, context.region)
    if found is None or not is_ours or found.domain_name_arn != params["domainNameArn"]:
        raise not_found("Invalid domain name access association identifier specified")
    if found.account == context.account:
        raise bad_request("An account cannot reject its own domain name access association; delete it instead.")
    context.tx.delete(found)
    return {}
