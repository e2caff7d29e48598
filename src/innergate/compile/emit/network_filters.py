"""Packet filters: what security groups admit to an address that the platform serves."""

from collections.abc import Iterable

from innergate.compile.resolve.security import protocol_name
from innergate.compile.resolve.walk import Walk
from innergate.compile.view import Reader
from innergate.plans.network import AddressFilter, FilterRule
from innergate.primitives.cidr import is_subnet_of
from innergate.resources.load_balancers import LoadBalancer
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.security_groups import SecurityGroup, SecurityGroupRule
from innergate.resources.vpc_endpoints import VpcEndpoint

FILTERED = frozenset({"tcp", "udp", "icmp", "all"})


def filter_of(reader: Reader, interface: NetworkInterface) -> AddressFilter | None:
    """The filter in front of the interface; None where everything may connect (it has no groups).

    An endpoint that carries nothing has a filter without rules: its address is there and never answers. In front of an
    endpoint to an endpoint service stands also what the provider's load balancer enforces on PrivateLink traffic.
    """
    address = interface.private_ip_address
    if interface.holder_kind == "vpc-endpoint":
        endpoint = reader.get(VpcEndpoint, interface.holder)
        if endpoint is None or endpoint.state != "available":
            return AddressFilter(address=address, rules=())
        rules = rules_of(reader, interface.group_ids)
        enforced = _provider_rules(reader, endpoint, interface) if endpoint.service_id else None
        if enforced is not None:
            rules = enforced if rules is None else intersect(rules, enforced)
    else:
        rules = rules_of(reader, interface.group_ids)
    return AddressFilter(address=address, rules=rules) if rules is not None else None


def rules_of(reader: Reader, group_ids: Iterable[str], with_members: bool = True) -> tuple[FilterRule, ...] | None:
    """The groups' inbound rules; None without groups. A rule that names a group admits the addresses of its members."""
    groups = [reader.get(SecurityGroup, id) for id in group_ids]
    if not groups:
        return None
    merged: dict[tuple[str, int, int], set[str]] = {}
    for group in groups:
        for rule in group.rules if group is not None else ():
            protocol = protocol_name(rule.protocol)
            if rule.is_egress or protocol not in FILTERED:
                continue
            sources = _sources(reader, rule, with_members)
            if sources:
                has_ports = protocol in ("tcp", "udp")
                first, last = (rule.from_port, rule.to_port) if has_ports else (-1, -1)
                merged.setdefault((protocol, first, last), set()).update(sources)
    return _as_rules(merged)


def intersect(a: Iterable[FilterRule], b: Iterable[FilterRule]) -> tuple[FilterRule, ...]:
    """The rules that admit just what both sets admit."""
    merged: dict[tuple[str, int, int], set[str]] = {}
    others = tuple(b)
    for x in a:
        for y in others:
            if x.protocol != y.protocol and "all" not in (x.protocol, y.protocol):
                continue
            protocol = y.protocol if x.protocol == "all" else x.protocol
            ports = _common_ports(x, y)
            sources = {s if is_subnet_of(s, t) else t for s in x.sources for t in y.sources if _overlap(s, t)}
            if ports is not None and sources:
                merged.setdefault((protocol, *ports), set()).update(sources)
    return _as_rules(merged)


def _as_rules(merged: dict[tuple[str, int, int], set[str]]) -> tuple[FilterRule, ...]:
    return tuple(
        FilterRule(protocol=protocol, from_port=first, to_port=last, sources=tuple(sorted(sources)))
        for (protocol, first, last), sources in sorted(merged.items())
    )


def _overlap(a: str, b: str) -> bool:
    return is_subnet_of(a, b) or is_subnet_of(b, a)


def _common_ports(a: FilterRule, b: FilterRule) -> tuple[int, int] | None:
    if a.from_port == -1:
        return b.from_port, b.to_port
    if b.from_port == -1:
        return a.from_port, a.to_port
    first, last = max(a.from_port, b.from_port), min(a.to_port, b.to_port)
    return (first, last) if first <= last else None


def _sources(reader: Reader, rule: SecurityGroupRule, with_members: bool) -> set[str]:
    if rule.referenced_group_id:
        if not with_members:
            return set()
        members = reader.find(NetworkInterface, "group", rule.referenced_group_id)
        return {f"{ip}/32" for eni in members for ip in (eni.private_ip_address, *eni.secondary_addresses)}
    return {rule.cidr_ipv4} if rule.cidr_ipv4 else set()


def _provider_rules(
    reader: Reader, endpoint: VpcEndpoint, interface: NetworkInterface
) -> tuple[FilterRule, ...] | None:
    arn = Walk(reader).provider_of(endpoint, interface)
    balancer = reader.get(LoadBalancer, arn) if arn else None
    if balancer is None or balancer.enforce_inbound_rules_on_private_link == "off":
        return None
    return rules_of(reader, balancer.group_ids, with_members=False)
