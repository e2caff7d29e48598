"""The nodes of a load balancer: one network interface in each of its subnets, at an address that stays for its life."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from innergate.primitives.fault import Fault
from innergate.resources.load_balancers import LoadBalancer
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.subnets import Subnet
from innergate.services.context import Context, Params
from innergate.services.ec2.address_allocation import NewInterface, allocate_interface
from innergate.services.elbv2.lookup import own
from innergate.services.elbv2.names import node_description

_INTERFACE_TYPES = {"network": "network_load_balancer", "application": "interface"}
MANAGER = "amazon-elb"


class Placement(NamedTuple):
    """A subnet that a load balancer serves; `address` is "" where the subnet's next free one will do."""

    subnet: Subnet
    address: str


def placements_from(context: Context, params: Params, type: str) -> list[Placement]:
    """Where the caller's `Subnets` or `SubnetMappings` put the nodes.

    Raises Fault SubnetNotFound, ValidationError, or InvalidConfigurationRequest on subnets that do not go together.
    """
    names, mappings = params.get("Subnets") or (), params.get("SubnetMappings") or ()
    if bool(names) == bool(mappings):
        raise Fault("ValidationError", "You must specify either subnets or subnet mappings")
    wanted: list[Mapping[str, Any]] = [*({"SubnetId": name} for name in names), *mappings]
    placed = [Placement(_subnet(context, m.get("SubnetId") or ""), m.get("PrivateIPv4Address") or "") for m in wanted]
    if len({p.subnet.vpc_id for p in placed}) > 1:
        raise Fault("InvalidConfigurationRequest", "All subnets must belong to the same VPC")
    if len({p.subnet.zone_id for p in placed}) < len(placed):
        raise Fault(
            "InvalidConfigurationRequest",
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
        )
    if type == "application" and len(placed) < 2:
        raise Fault("ValidationError", "At least two subnets in two different Availability Zones must be specified")
    return placed


def chosen_addresses(placed: Sequence[Placement]) -> dict[str, str]:
    """The addresses that the caller chose, by subnet."""
    return {p.subnet.id: p.address for p in placed if p.address}


def _subnet(context: Context, id: str) -> Subnet:
    subnet = own(context, Subnet, id)
    if subnet is None:
        raise Fault("SubnetNotFound", f"The subnet ID '{id}' does not exist")
    return subnet


def nodes_of(context: Context, balancer: LoadBalancer) -> tuple[NetworkInterface, ...]:
    """The load balancer's interfaces, oldest first."""
    return context.tx.find(NetworkInterface, "holder", f"{LoadBalancer.kind}/{balancer.id}")


def add_nodes(context: Context, balancer: LoadBalancer, placed: Sequence[Placement]) -> None:
    """Makes a node in each place. Raises Fault where the address cannot be had or the subnet is full."""
    for subnet, address in placed:
        try:
            allocate_interface(
                context.tx,
                context.ids,
                context.clock,
                subnet,
                NewInterface(
                    address=address or None,
                    group_ids=balancer.group_ids,
                    interface_type=_INTERFACE_TYPES[balancer.type],
                    description=node_description(balancer.id),
                    holder_kind=LoadBalancer.kind,
                    holder=balancer.id,
                    instance_owner_id=MANAGER,
                    attachment_prefix="ela-attach",
                    requester_managed=True,
                    requester_id=MANAGER,
                ),
            )
        except Fault as fault:
            if fault.code == "InsufficientFreeAddressesInSubnet":
                raise Fault("InvalidSubnet", f"Not enough IP space available in {subnet.id}.") from fault
            raise Fault("InvalidConfigurationRequest", fault.message) from fault


def remove_nodes(context: Context, balancer: LoadBalancer, subnet_ids: frozenset[str] | None = None) -> None:
    """Frees the addresses of the nodes in these subnets, or of all."""
    for node in nodes_of(context, balancer):
        if subnet_ids is None or node.subnet_id in subnet_ids:
            context.tx.delete(node)


def regroup_nodes(context: Context, balancer: LoadBalancer) -> None:
    """Puts the load balancer's security groups on its nodes."""
    for node in nodes_of(context, balancer):
        context.tx.put(msgspec.structs.replace(node, group_ids=balancer.group_ids))


def zones_of(context: Context, balancer: LoadBalancer) -> list[dict[str, Any]]:
    """AWS's AvailabilityZones of the load balancer, in the order of their names; of addresses those that the caller chose."""
    answer: list[dict[str, Any]] = []
    for id in balancer.subnet_ids:
        subnet = context.tx.get(Subnet, id)
        if subnet is not None:
            chosen = balancer.chosen_addresses.get(id)
            addresses = [{"PrivateIPv4Address": chosen}] if chosen else []
            answer.append({"ZoneName": subnet.zone_name, "SubnetId": id, "LoadBalancerAddresses": addresses})
    return sorted(answer, key=lambda zone: str(zone["ZoneName"]))
