"""The network interfaces of an endpoint: one in each of its subnets, there from the first moment, at a fixed address."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from innergate.primitives.fault import Fault
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.subnets import Subnet
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.services.context import Context
from innergate.services.ec2.address_allocation import NewInterface, allocate_interface
from innergate.services.ec2.identifiers import SUBNET, own
from innergate.services.ec2.zones import Zone

MANAGER = "amazon-aws"


def interfaces_of(context: Context, endpoint: VpcEndpoint) -> tuple[NetworkInterface, ...]:
    """The endpoint's interfaces in the order of its subnets."""
    held = context.tx.find(NetworkInterface, "holder", f"{VpcEndpoint.kind}/{endpoint.id}")
    places = {id: index for index, id in enumerate(endpoint.subnet_ids)}
    return tuple(sorted(held, key=lambda interface: places.get(interface.subnet_id, len(places))))


def addresses_wanted(configurations: Sequence[Mapping[str, Any]] | None) -> dict[str, str]:
    """The addresses that `SubnetConfigurations` choose, by subnet. Raises Fault InvalidParameter on IPv6."""
    wanted = {}
    for one in configurations or ():
        if one.get("Ipv6"):
            raise Fault("InvalidParameter", f"The subnet {one.get('SubnetId')} has no IPv6 range")
        if one.get("Ipv4"):
            wanted[str(one.get("SubnetId"))] = str(one["Ipv4"])
    return wanted


def subnets_from(
    context: Context, ids: Sequence[str], endpoint: VpcEndpoint, zones: Sequence[Zone] | None
) -> list[Subnet]:
    """The subnets, checked to be in the endpoint's VPC, one a zone, in zones that the service offers (None: any).

    Raises Fault InvalidSubnetID.NotFound, InvalidParameter or DuplicateSubnetsInSameZone.
    """
    used = {
        s.zone_id for s in (context.tx.get(Subnet, id) for id in endpoint.subnet_ids if id not in ids) if s is not None
    }
    offered = None if zones is None else {zone.id for zone in zones}
    subnets = []
    for id in dict.fromkeys(ids):
        subnet = own(context, Subnet, SUBNET, id)
        if subnet.vpc_id != endpoint.vpc_id:
            raise Fault("InvalidParameter", f"The subnet ID '{id}' does not belong to the VPC {endpoint.vpc_id}")
        if offered is not None and subnet.zone_id not in offered:
            raise Fault(
                "InvalidParameter",
                f"The VPC endpoint service {endpoint.service_name} does not support the availability zone of the subnet: {id}.",
            )
        if subnet.zone_id in used:
            raise Fault(
                "DuplicateSubnetsInSameZone",
                f"Found another VPC endpoint subnet in the availability zone of {id}",
            )
        used.add(subnet.zone_id)
        subnets.append(subnet)
    return subnets


def add_interfaces(
    context: Context, endpoint: VpcEndpoint, subnets: Sequence[Subnet], wanted: Mapping[str, str]
) -> None:
    """Makes an interface in each subnet, at the wanted address or the lowest free one."""
    for subnet in subnets:
        allocate_interface(
            context.tx,
            context.ids,
            context.clock,
            subnet,
            NewInterface(
                address=wanted.get(subnet.id),
                group_ids=endpoint.group_ids,
                interface_type="vpc_endpoint",
                description=f"VPC Endpoint Interface {endpoint.id}",
                holder_kind=VpcEndpoint.kind,
                holder=endpoint.id,
                instance_owner_id=MANAGER,
                attachment_prefix="ela-attach",
                requester_managed=True,
                requester_id=str(endpoint.account),
            ),
        )


def remove_interfaces(context: Context, endpoint: VpcEndpoint, subnet_ids: Sequence[str] | None = None) -> None:
    """Frees the addresses in these subnets, or all."""
    for interface in interfaces_of(context, endpoint):
        if subnet_ids is None or interface.subnet_id in subnet_ids:
            context.tx.delete(interface)


def regroup_interfaces(context: Context, endpoint: VpcEndpoint) -> None:
    """Puts the endpoint's security groups on its interfaces."""
    for interface in interfaces_of(context, endpoint):
        context.tx.put(msgspec.structs.replace(interface, group_ids=endpoint.group_ids))
