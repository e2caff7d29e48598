"""Custom domain names: made, read, patched, deleted with their base paths and associations."""

import re
from typing import Any

import msgspec

from innergate.primitives.ids import fresh_api_id
from innergate.resources.domain_names import DomainName, is_reserved
from innergate.resources.rest_apis import EndpointConfiguration
from innergate.services.apigateway.documents import show
from innergate.services.apigateway.domain_checks import check_domain
from innergate.services.apigateway.domain_lookups import associations_of, domain_arn, domain_of, mappings_of, rules_of
from innergate.services.apigateway.domain_patches import patch_domain
from innergate.services.apigateway.domain_policies import DENY_ALL, check_domain_policy, may_associate
from innergate.services.apigateway.domain_targets import (
    EDGE_ZONE,
    REGIONAL_ZONES,
    fresh_distribution_name,
    fresh_regional_name,
)
from innergate.services.apigateway.domain_truststores import read_truststore
from innergate.services.apigateway.faults import bad_request, limit_exceeded
from innergate.services.apigateway.limits import PRIVATE_DOMAINS_PER_REGION, PUBLIC_DOMAINS_PER_REGION
from innergate.services.apigateway.paging import page_of
from innergate.services.apigateway.tag_rules import check_tags
from innergate.services.context import Context, Params, Result

_NAME = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NAME_MAX = 253


def create(context: Context, params: Params) -> Result:
    """CreateDomainName. Raises Fault BadRequestException or LimitExceededException. Only who has a certificate for a public
    name learns that somebody else has the name.

    # AWS differs: certificates are imported to ACM and named by ARN; certificateBody and its key are refused.
    """
    name = params["domainName"].lower()
    configuration = _read_configuration(params.get("endpointConfiguration"))
    is_private = configuration.types == ("PRIVATE",)
    _check_name(context, name, is_private)
    if params.get("certificateBody") or params.get("certificatePrivateKey") or params.get("certificateChain"):
        raise bad_request("Uploaded certificates are not supported. Import the certificate to ACM and name its ARN.")
    own_id = fresh_api_id(context.ids) if is_private else None
    domain = _new_domain(context, params, name, own_id, configuration)
    check_domain(context, domain)
    if context.tx.get(DomainName, domain.id) is not None or (not is_private and _conflicts(context, name)):
        raise bad_request("The domain name you provided already exists.")
    context.tx.put(domain)
    return render_domain(domain)


def _read_configuration(given: Params | None) -> EndpointConfiguration:
    types = tuple((given or {}).get("types") or ("EDGE",))
    if len(types) > 1:
        raise bad_request("Cannot create a domain name with multiple Endpoint Types.")
    private = types == ("PRIVATE",)
    address_type = (given or {}).get("ipAddressType") or ("dualstack" if private else "ipv4")
    if private and address_type != "dualstack":
        raise bad_request("Only dualstack ipAddressType is supported for Private domain names.")
    return EndpointConfiguration(types=types, ip_address_type=address_type)


def _check_name(context: Context, name: str, is_private: bool) -> None:
    if len(name) > _NAME_MAX or _NAME.fullmatch(name) is None or is_reserved(name):
        raise bad_request(f"Invalid domain name specified: {name}")
    if is_private and name.startswith("*."):
        raise bad_request("Wildcard domain names are not supported for private custom domain names.")
    own = context.tx.in_account(DomainName, context.account, context.region)
    if sum(domain.is_private is is_private for domain in own) >= (
        PRIVATE_DOMAINS_PER_REGION if is_private else PUBLIC_DOMAINS_PER_REGION
    ):
        raise limit_exceeded("Maximum number of domain names for the account has been reached.")


def _conflicts(context: Context, name: str) -> bool:
    """Whether another account's public name is one that a wildcard stands for, or the wildcard that stands for this one
    (developer guide, "Wildcard custom domain names"). All regions come in by one public entry."""
    if name.startswith("*."):
        found = context.tx.find(DomainName, "public", "yes")
        return any(d.account != context.account and d.domain_name.partition(".")[2] == name[2:] for d in found)
    above = context.tx.find(DomainName, "name", f"*.{name.partition('.')[2]}")
    return any(d.account != context.account and not d.is_private for d in above)


def _new_domain(
    context: Context, params: Params, name: str, own_id: str | None, configuration: EndpointConfiguration
) -> DomainName:
    now = context.clock.now().replace(microsecond=0)
    trusted = params.get("mutualTlsAuthentication") or {}
    uri = trusted.get("truststoreUri")
    if trusted.get("truststoreVersion") and not uri:
        raise bad_request("A truststoreVersion requires a truststoreUri.")
    domain = DomainName(
        id=f"{name}+{own_id}" if own_id else f"{context.region}/{name}",
        account=context.account,
        region=context.region,
        domain_name=name,
        created_at=now,
        endpoint_configuration=configuration,
        domain_name_id=own_id,
        certificate_name=params.get("certificateName") or None,
        certificate_arn=params.get("certificateArn") or None,
        certificate_upload_date=now if params.get("certificateArn") else None,
        regional_certificate_name=params.get("regionalCertificateName") or None,
        regional_certificate_arn=params.get("regionalCertificateArn") or None,
        ownership_verification_certificate_arn=params.get("ownershipVerificationCertificateArn") or None,
        security_policy=params.get("securityPolicy") or "TLS_1_2",
        endpoint_access_mode=params.get("endpointAccessMode") or None,
        mutual_tls_authentication=read_truststore(context, uri, trusted.get("truststoreVersion")) if uri else None,
        policy=check_domain_policy(params["policy"]) if params.get("policy") else (DENY_ALL if own_id else ""),
        routing_mode=params.get("routingMode") or "BASE_PATH_MAPPING_ONLY",
        tags=check_tags(params.get("tags") or {}),
    )
    return with_targets(context, domain)


def with_targets(context: Context, domain: DomainName) -> DomainName:
    """The domain with a name for each endpoint type that it has; names that it had stay."""
    types = domain.endpoint_configuration.types
    regional = domain.regional_domain_name or fresh_regional_name(context.ids, context.region)
    distribution = domain.distribution_domain_name or fresh_distribution_name(context.ids)
    return msgspec.structs.replace(
        domain,
        regional_domain_name=regional if "REGIONAL" in types else "",
        distribution_domain_name=distribution if "EDGE" in types else "",
    )


_INSIDE = frozenset({"createdAt", "mutualTlsAuthentication"})


def render_domain(domain: DomainName) -> dict[str, Any]:
    """The domain name as its owner sees it."""
    shown = {name: member for name, member in show(domain, _INSIDE).items() if member not in ("", [])}
    shown |= {"domainNameArn": domain_arn(domain), "domainNameStatus": "AVAILABLE"}
    if not domain.endpoint_configuration.vpc_endpoint_ids:
        del shown["endpointConfiguration"]["vpcEndpointIds"]
    if domain.regional_domain_name:
        shown["regionalHostedZoneId"] = REGIONAL_ZONES.get(domain.region)
    if domain.distribution_domain_name:
        shown["distributionHostedZoneId"] = EDGE_ZONE
    trusted = domain.mutual_tls_authentication
    if trusted is not None:
        shown["mutualTlsAuthentication"] = show(trusted, frozenset({"bundle"}))
        if not trusted.truststore_warnings:
            del shown["mutualTlsAuthentication"]["truststoreWarnings"]
    if not domain.tags:
        shown.pop("tags", None)
    return shown


def get(context: Context, params: Params) -> Result:
    """GetDomainName."""
    return render_domain(domain_of(context, params))


def list_all(context: Context, params: Params) -> Result:
    """GetDomainNames: the account's own, or (`resourceOwner` OTHER_ACCOUNTS) the private ones that others let it associate
    with, of which it sees no more than the name."""
    if params.get("resourceOwner") == "OTHER_ACCOUNTS":
        others = [
            domain
            for domain in context.tx.all(DomainName)
            if domain.is_private
            and domain.region == context.region
            and domain.account != context.account
            and may_associate(context, domain)
        ]
        return page_of(params, others, _render_for_others)
    return page_of(params, context.tx.in_account(DomainName, context.account, context.region), render_domain)


def _render_for_others(domain: DomainName) -> dict[str, Any]:
    return {
        "domainName": domain.domain_name,
        "domainNameId": domain.domain_name_id,
        "domainNameArn": domain_arn(domain),
        "endpointConfiguration": {"types": list(domain.endpoint_configuration.types)},
        "domainNameStatus": "AVAILABLE",
    }


def update(context: Context, params: Params) -> Result:
    """UpdateDomainName. Raises Fault BadRequestException."""
    before = domain_of(context, params)
    domain = with_targets(context, patch_domain(context, before, params))
    check_domain(context, domain)
    context.tx.put(domain)
    return render_domain(domain)


def delete(context: Context, params: Params) -> Result:
    """DeleteDomainName: the name, its base paths, its routing rules and its associations."""
    domain = domain_of(context, params)
    for resource in (*mappings_of(context, domain), *rules_of(context, domain), *associations_of(context, domain)):
        context.tx.delete(resource)
    context.tx.delete(domain)
    return {}
