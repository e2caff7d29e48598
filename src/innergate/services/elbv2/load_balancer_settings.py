"""What can be set on a load balancer after it was made: subnets, security groups, address type, capacity."""

import msgspec

from innergate.primitives.fault import Fault
from innergate.resources.endpoint_services import EndpointService
from innergate.services.context import Context, Params, Result
from innergate.services.elbv2.load_balancer_nodes import (
    add_nodes,
    chosen_addresses,
    placements_from,
    regroup_nodes,
    remove_nodes,
    zones_of,
)
from innergate.services.elbv2.load_balancers import groups_from
from innergate.services.elbv2.lookup import load_balancer_of


def set_subnets(context: Context, params: Params) -> Result:
    """SetSubnets: nodes of subnets that stay keep their addresses."""
    balancer = load_balancer_of(context, params["LoadBalancerArn"])
    placed = placements_from(context, params, balancer.type)
    if placed[0].subnet.vpc_id != balancer.vpc_id:
        raise Fault(
            "InvalidConfigurationRequest",
            f"The subnets must belong to the VPC '{balancer.vpc_id}' of the load balancer",
        )
    before, after = frozenset(balancer.subnet_ids), frozenset(p.subnet.id for p in placed)
    if before - after and context.tx.find(EndpointService, "load-balancer", balancer.id):
        raise Fault(
            "ResourceInUse",
            f"Subnets cannot be removed from load balancer '{balancer.id}' because it is currently associated with "
            "another service",
        )
    kept = {id: address for id, address in balancer.chosen_addresses.items() if id in after}
    balancer = msgspec.structs.replace(
        balancer,
        subnet_ids=tuple(p.subnet.id for p in placed),
        chosen_addresses={**chosen_addresses([p for p in placed if p.subnet.id not in before]), **kept},
    )
    context.tx.put(balancer)
    remove_nodes(context, balancer, before - after)
    add_nodes(context, balancer, [p for p in placed if p.subnet.id not in before])
    return {
        "AvailabilityZones": zones_of(context, balancer),
        "IpAddressType": balancer.ip_address_type,
        "EnablePrefixForIpv6SourceNat": "off" if balancer.type == "network" else None,
    }


def set_security_groups(context: Context, params: Params) -> Result:
    """SetSecurityGroups: replaces all, and says whether the rules count for PrivateLink traffic."""
    balancer = load_balancer_of(context, params["LoadBalancerArn"])
    wanted, enforce = params["SecurityGroups"], params.get("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic")
    if balancer.type == "network":
        if not balancer.group_ids:
            raise Fault(
                "InvalidConfigurationRequest",
                f"Security groups cannot be set on load balancer '{balancer.id}' because it was created without any",
            )
        if not wanted:
            raise Fault("InvalidConfigurationRequest", "A network load balancer must keep at least one security group")
    elif enforce:
        raise Fault(
            "InvalidConfigurationRequest",
            "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic is supported for network load balancers only",
        )
    balancer = msgspec.structs.replace(
        balancer,
        group_ids=groups_from(context, tuple(wanted), balancer.vpc_id, balancer.type),
        enforce_inbound_rules_on_private_link=enforce or balancer.enforce_inbound_rules_on_private_link,
    )
    context.tx.put(balancer)
    regroup_nodes(context, balancer)
    return {
        "SecurityGroupIds": list(balancer.group_ids),
        "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": balancer.enforce_inbound_rules_on_private_link or None,
    }


def set_ip_address_type(context: Context, params: Params) -> Result:
    """SetIpAddressType: `ipv4` only."""
    balancer = load_balancer_of(context, params["LoadBalancerArn"])
    if params["IpAddressType"] != "ipv4":
        # AWS differs: load balancers have IPv4 addresses only.
        raise Fault(
            "InvalidConfigurationRequest",
            f"The IP address type '{params['IpAddressType']}' is not supported: the subnets have no IPv6 range",
        )
    return {"IpAddressType": balancer.ip_address_type}


def describe_capacity_reservation(context: Context, params: Params) -> Result:
    """DescribeCapacityReservation: none is ever held, which is AWS's answer for most load balancers too."""
    load_balancer_of(context, params["LoadBalancerArn"])
    return {"CapacityReservationState": []}
