"""Load balancers: made, described, deleted, and their attributes."""

from typing import Any

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_hex
from innergate.resources.endpoint_services import EndpointService
from innergate.resources.load_balancers import Listener, ListenerRule, LoadBalancer
from innergate.resources.network_records import InternetGateway
from innergate.resources.security_groups import SecurityGroup
from innergate.resources.target_groups import TargetGroup
from innergate.resources.vpc_links import VpcLink
from innergate.services.context import Context, Params, Result
from innergate.services.elbv2 import attributes
from innergate.services.elbv2.load_balancer_nodes import (
    add_nodes,
    chosen_addresses,
    placements_from,
    remove_nodes,
    zones_of,
)
from innergate.services.elbv2.lookup import all_own, load_balancer_of, no_load_balancers, own
from innergate.services.elbv2.names import check_name, dns_name, hosted_zone_id, load_balancer_arn
from innergate.services.elbv2.paging import page_of_resources
from innergate.services.elbv2.tags import tags_from
from innergate.services.elbv2.targets import present_targets

LOAD_BALANCERS_MAX = 50
"""Of each type, per region (Elastic Load Balancing quotas)."""


def create(context: Context, params: Params) -> Result:
    """CreateLoadBalancer: a second call with the same settings gives the one that is there.

    The answer says `provisioning`, as AWS does; every later one says `active`.
    """
    name, type = params["Name"], params.get("Type") or "application"
    check_name("Load balancer", name)
    if type not in attributes.LOAD_BALANCER_ATTRIBUTES:
        # AWS differs: gateway load balancers are not served here.
        raise Fault("InvalidConfigurationRequest", f"Load balancers of type '{type}' are not supported")
    placed = placements_from(context, params, type)
    vpc_id, scheme = placed[0].subnet.vpc_id, params.get("Scheme") or "internet-facing"
    groups = groups_from(context, params.get("SecurityGroups") or (), vpc_id, type)
    suffix = fresh_hex(context.ids, 16)
    wanted = LoadBalancer(
        id=load_balancer_arn(context.region, context.account, type, name, suffix),
        account=context.account,
        region=context.region,
        load_balancer_name=name,
        type=type,
        scheme=scheme,
        vpc_id=vpc_id,
        dns_name=dns_name(context.region, type, scheme, name, suffix),
        created_at=context.clock.now(),
        subnet_ids=tuple(p.subnet.id for p in placed),
        chosen_addresses=chosen_addresses(placed),
        group_ids=groups,
        ip_address_type=_address_type(params.get("IpAddressType")),
        enforce_inbound_rules_on_private_link="on" if groups and type == "network" else "",
        attributes={"ipv6.deny_all_igw_traffic": "true"} if scheme == "internal" and type == "application" else {},
        tags=tags_from(params.get("Tags")),
    )
    held = _by_name(context, name)
    if held is not None:
        if not _same_settings(held, wanted):
            raise Fault(
                "DuplicateLoadBalancerName",
                f"A load balancer with the same name '{name}' exists, but with different settings",
            )
        return {"LoadBalancers": [describe_one(context, held)]}
    _check_room(context, type)
    if scheme == "internet-facing" and not context.tx.find(InternetGateway, "vpc", vpc_id):
        raise Fault("InvalidSubnet", f"VPC {vpc_id} has no internet gateway")
    context.tx.put(wanted)
    add_nodes(context, wanted, placed)
    return {"LoadBalancers": [{**describe_one(context, wanted), "State": {"Code": "provisioning"}}]}


def _address_type(wanted: str | None) -> str:
    if wanted not in (None, "ipv4"):
        # AWS differs: load balancers have IPv4 addresses only.
        raise Fault("InvalidConfigurationRequest", f"The IP address type '{wanted}' is not supported: use 'ipv4'")
    return "ipv4"


def _check_room(context: Context, type: str) -> None:
    if sum(b.type == type for b in all_own(context, LoadBalancer)) >= LOAD_BALANCERS_MAX:
        raise Fault(
            "TooManyLoadBalancers", f"The maximum number of load balancers has been reached: {LOAD_BALANCERS_MAX}"
        )


def groups_from(context: Context, ids: tuple[str, ...], vpc_id: str, type: str) -> tuple[str, ...]:
    """The security groups of a load balancer: the VPC's default group where an application one gets none.

    Raises Fault InvalidSecurityGroup.
    """
    for id in ids:
        group = own(context, SecurityGroup, id)
        if group is None:
            raise Fault("InvalidSecurityGroup", f"The security group '{id}' does not exist")
        if group.vpc_id != vpc_id:
            raise Fault(
                "InvalidConfigurationRequest",
                f"One or more security groups are invalid: '{id}' is not in VPC '{vpc_id}'",
            )
    if ids or type == "network":
        return tuple(ids)
    groups = context.tx.find(SecurityGroup, "vpc", vpc_id)
    return tuple(group.id for group in groups if group.group_name == "default")


def _same_settings(a: LoadBalancer, b: LoadBalancer) -> bool:
    return (
        (a.type, a.scheme, a.vpc_id, a.ip_address_type) == (b.type, b.scheme, b.vpc_id, b.ip_address_type)
        and set(a.subnet_ids) == set(b.subnet_ids)
        and set(a.group_ids) == set(b.group_ids)
    )


def _by_name(context: Context, name: str) -> LoadBalancer | None:
    found = context.tx.find(LoadBalancer, "name", f"{context.account}/{context.region}/{name}")
    return found[0] if found else None


def describe(context: Context, params: Params) -> Result:
    """DescribeLoadBalancers: by ARN, by name, or all."""
    arns, names = params.get("LoadBalancerArns"), params.get("Names")
    if arns and names:
        raise Fault("ValidationError", "Load balancer ARNs and names cannot be specified at the same time")
    if arns:
        found = [load_balancer_of(context, arn) for arn in arns]
    elif names:
        found = [b for name in names if (b := _by_name(context, name)) is not None]
        if len(found) < len(names):
            known = {b.load_balancer_name for b in found}
            raise no_load_balancers([name for name in names if name not in known])
    else:
        found = list(all_own(context, LoadBalancer))
    page = page_of_resources(params, found)
    return {
        "LoadBalancers": [describe_one(context, balancer) for balancer in found[page.start : page.end]],
        "NextMarker": page.next_marker,
    }


def describe_one(context: Context, balancer: LoadBalancer) -> dict[str, Any]:
    """AWS's LoadBalancer."""
    return {
        "LoadBalancerArn": balancer.id,
        "DNSName": balancer.dns_name,
        "CanonicalHostedZoneId": hosted_zone_id(balancer.region, balancer.type),
        "CreatedTime": balancer.created_at,
        "LoadBalancerName": balancer.load_balancer_name,
        "Scheme": balancer.scheme,
        "VpcId": balancer.vpc_id,
        "State": {"Code": "active"},
        "Type": balancer.type,
        "AvailabilityZones": zones_of(context, balancer),
        "SecurityGroups": list(balancer.group_ids) if balancer.group_ids else None,
        "IpAddressType": balancer.ip_address_type,
        "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": balancer.enforce_inbound_rules_on_private_link or None,
        "EnablePrefixForIpv6SourceNat": "off" if balancer.type == "network" else None,
    }


def delete(context: Context, params: Params) -> Result:
    """DeleteLoadBalancer, with its listeners and rules: an unknown one is silently gone.

    Raises Fault OperationNotPermitted while it is protected, ResourceInUse while a VPC link, an endpoint service or a target
    group of type alb needs it.
    """
    arn = params["LoadBalancerArn"]
    if ":loadbalancer/" not in arn:
        raise Fault("ValidationError", f"'{arn}' is not a valid load balancer ARN")
    balancer = own(context, LoadBalancer, arn)
    if balancer is None:
        return {}
    if balancer.attributes.get("deletion_protection.enabled") == "true":
        raise Fault(
            "OperationNotPermitted", f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
        )
    if _is_used(context, arn):
        raise Fault(
            "ResourceInUse",
            f"Load balancer '{arn}' cannot be deleted because it is currently associated with another service",
        )
    for listener in context.tx.find(Listener, "load-balancer", arn):
        for rule in context.tx.find(ListenerRule, "listener", listener.id):
            context.tx.delete(rule)
        context.tx.delete(listener)
    remove_nodes(context, balancer)
    context.tx.delete(balancer)
    return {}


def _is_used(context: Context, arn: str) -> bool:
    tx, now = context.tx, context.clock.now()
    if any((tx.find(EndpointService, "load-balancer", arn), tx.find(VpcLink, "load-balancer", arn))):
        return True
    groups = tx.find(TargetGroup, "target", arn)
    return any(target.target_id == arn for group in groups for target in present_targets(group, now))


def describe_attributes(context: Context, params: Params) -> Result:
    """DescribeLoadBalancerAttributes."""
    balancer = load_balancer_of(context, params["LoadBalancerArn"])
    table = attributes.LOAD_BALANCER_ATTRIBUTES[balancer.type]
    return {"Attributes": attributes.described(table, balancer.attributes)}


def modify_attributes(context: Context, params: Params) -> Result:
    """ModifyLoadBalancerAttributes: answers the whole table."""
    balancer = load_balancer_of(context, params["LoadBalancerArn"])
    table = attributes.LOAD_BALANCER_ATTRIBUTES[balancer.type]
    kept = attributes.modified(
        "Load balancer", table, balancer.attributes, params["Attributes"], attributes.ANY_LOAD_BALANCER_ATTRIBUTE
    )
    for logs in ("access_logs", "connection_logs", "health_check_logs"):
        if kept.get(f"{logs}.s3.enabled") == "true" and not kept.get(f"{logs}.s3.bucket"):
            raise Fault("InvalidConfigurationRequest", f"The value of '{logs}.s3.bucket' cannot be empty")
    context.tx.put(msgspec.structs.replace(balancer, attributes=kept))
    return {"Attributes": attributes.described(table, kept)}
