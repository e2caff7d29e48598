"""Finds custom domain names: a private one needs its id beside its name, and is nobody's but its account's."""

from collections.abc import Iterable

from innergate.primitives.arn import format_arn
from innergate.primitives.ids import AccountId
from innergate.resources.domain_names import BasePathMapping, DomainAccess, DomainName
from innergate.resources.routing_rules import RoutingRule
from innergate.services.apigateway.faults import not_found
from innergate.services.context import Context, Params


def find_domain(context: Context, name: str, domain_name_id: str | None) -> DomainName | None:
    """The caller's domain name, or None."""
    own_id = f"{name.lower()}+{domain_name_id}" if domain_name_id else f"{context.region}/{name.lower()}"
    found = context.tx.get(DomainName, own_id)
    if found is None or (found.account, found.region) != (context.account, context.region):
        return None
    return found


def domain_of(context: Context, params: Params) -> DomainName:
    """The domain name that domainName and domainNameId name. Raises Fault NotFoundException."""
    found = find_domain(context, params["domainName"], params.get("domainNameId"))
    if found is None:
        raise not_found("Invalid domain name identifier specified")
    return found


def domain_arn(domain: DomainName) -> str:
    """The ARN: with the account for a private name, as AWS does."""
    if domain.is_private:
        return format_arn("apigateway", domain.region, domain.account, f"/domainnames/{domain.id}")
    return format_arn("apigateway", domain.region, "", f"/domainnames/{domain.domain_name}")


def mappings_of(context: Context, domain: DomainName) -> tuple[BasePathMapping, ...]:
    """The base paths of a domain name, oldest first."""
    return context.tx.find(BasePathMapping, "domain", domain.id)


def rules_of(context: Context, domain: DomainName) -> list[RoutingRule]:
    """The routing rules of a domain name in the order in which they are asked."""
    return sorted(context.tx.find(RoutingRule, "domain", domain.id), key=lambda rule: rule.priority)


def associations_of(context: Context, domain: DomainName) -> tuple[DomainAccess, ...]:
    """The access associations of a private domain name, whosever they are."""
    return context.tx.find(DomainAccess, "domain", domain.id)


def names_of_mappings(context: Context, mappings: Iterable[BasePathMapping | RoutingRule], account: AccountId) -> str:
    """The names of the account's domains that the mappings or rules belong to, for people."""
    domains = (context.tx.get(DomainName, mapping.domain_id) for mapping in mappings)
    named = dict.fromkeys(domain.domain_name for domain in domains if domain and domain.account == account)
    return ", ".join(named)
