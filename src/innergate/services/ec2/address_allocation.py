"""Network interfaces for everybody: takes an address of a subnet and makes the interface that holds it."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network
from types import MappingProxyType
from typing import NamedTuple

from innergate.primitives.cidr import parse_address
from innergate.primitives.clock import Clock
from innergate.primitives.fault import Fault
from innergate.primitives.ids import IdSource, fresh_ec2_id
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.subnets import Subnet
from innergate.store.transaction import Transaction

RESERVED_FIRST = 4
"""The network address, the router, the resolver and one more; the broadcast address is reserved too (VPC User Guide)."""

NO_SPACE = Fault(
    "InsufficientFreeAddressesInSubnet",
    "The specified subnet does not have enough free addresses to satisfy the request.",
)


def taken_addresses(tx: Transaction, subnet: Subnet) -> set[str]:
    """Every address of the subnet that an interface holds."""
    interfaces = tx.find(NetworkInterface, "subnet", subnet.id)
    return {ip for eni in interfaces for ip in (eni.private_ip_address, *eni.secondary_addresses)}


def free_addresses(tx: Transaction, subnet: Subnet, count: int) -> list[str]:
    """The lowest `count` free addresses. Raises Fault InsufficientFreeAddressesInSubnet."""
    taken = taken_addresses(tx, subnet)
    network = IPv4Network(subnet.cidr_block)
    first, last = int(network.network_address) + RESERVED_FIRST, int(network.broadcast_address) - 1
    free: list[str] = []
    for number in range(first, last + 1):
        if len(free) == count:
            break
        text = str(IPv4Address(number))
        if text not in taken:
            free.append(text)
    if len(free) < count:
        raise Fault(NO_SPACE.code, NO_SPACE.message)
    return free


def count_free(tx: Transaction, subnet: Subnet) -> int:
    """How many addresses of the subnet are free."""
    return IPv4Network(subnet.cidr_block).num_addresses - RESERVED_FIRST - 1 - len(taken_addresses(tx, subnet))


def check_address(tx: Transaction, subnet: Subnet, address: str) -> None:
    """Raises Fault InvalidParameterValue where `address` cannot be had in the subnet, InvalidIPAddress.InUse where taken."""
    ip, network = parse_address(address), IPv4Network(subnet.cidr_block)
    if ip is None:
        raise Fault("InvalidParameterValue", f"Invalid IPv4 address: {address}")
    if ip not in network:
        raise Fault("InvalidParameterValue", "Address does not fall within the subnet's address range")
    offset = int(ip) - int(network.network_address)
    if offset < RESERVED_FIRST or ip == network.broadcast_address:
        raise Fault("InvalidParameterValue", "Address is in subnet's reserved address range")
    if address in taken_addresses(tx, subnet):
        raise Fault("InvalidIPAddress.InUse", f"Address {address} is in use.")


def _fresh_mac(tx: Transaction, ids: IdSource, vpc_id: str) -> str:
    used = {eni.mac_address for eni in tx.find(NetworkInterface, "vpc", vpc_id)}
    while True:
        digits = ids.pick("0123456789abcdef", 10)
        mac = "02:" + ":".join(digits[i : i + 2] for i in range(0, 10, 2))
        if mac not in used:
            return mac


class NewInterface(NamedTuple):
    """What an interface shall be. `address` None takes the lowest free one of its subnet; with an `attachment_prefix`
    ("ela-attach", "eni-attach") it is attached."""

    address: str | None = None
    secondary_addresses: Sequence[str] = ()
    group_ids: Sequence[str] = ()
    interface_type: str = "interface"
    description: str = ""
    holder_kind: str = ""
    holder: str = ""
    instance_owner_id: str = ""
    attachment_prefix: str = ""
    requester_managed: bool = False
    requester_id: str = ""
    tags: Mapping[str, str] = MappingProxyType({})
    client_token: str = ""


def allocate_interface(
    tx: Transaction, ids: IdSource, clock: Clock, subnet: Subnet, wanted: NewInterface
) -> NetworkInterface:
    """Makes and writes an interface in the subnet's account. Raises Fault InvalidIPAddress.InUse, InvalidParameterValue or
    InsufficientFreeAddressesInSubnet."""
    if wanted.address is not None:
        check_address(tx, subnet, wanted.address)
    interface = NetworkInterface(
        id=fresh_ec2_id(ids, "eni"),
        account=subnet.account,
        region=subnet.region,
        vpc_id=subnet.vpc_id,
        subnet_id=subnet.id,
        zone_name=subnet.zone_name,
        zone_id=subnet.zone_id,
        private_ip_address=free_addresses(tx, subnet, 1)[0] if wanted.address is None else wanted.address,
        mac_address=_fresh_mac(tx, ids, subnet.vpc_id),
        created_at=clock.now(),
        interface_type=wanted.interface_type,
        description=wanted.description,
        group_ids=tuple(wanted.group_ids),
        holder_kind=wanted.holder_kind,
        holder=wanted.holder,
        attachment_id=fresh_ec2_id(ids, wanted.attachment_prefix) if wanted.attachment_prefix else "",
        instance_owner_id=wanted.instance_owner_id,
        requester_managed=wanted.requester_managed,
        requester_id=wanted.requester_id,
        secondary_addresses=tuple(wanted.secondary_addresses),
        tags=dict(wanted.tags),
        client_token=wanted.client_token,
    )
    tx.put(interface)
    return interface
