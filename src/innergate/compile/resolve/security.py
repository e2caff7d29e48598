"""Whether security groups admit a connection."""

from collections.abc import Iterable
from typing import NamedTuple

from innergate.compile.view import Reader
from innergate.primitives.cidr import contains
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.security_groups import SecurityGroup, SecurityGroupRule

PROTOCOL_NUMBERS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "-1": "all", "all": "all"}


class Peer(NamedTuple):
    """The other side of a connection: its address, and its security groups where rules may name them."""

    address: str
    group_ids: frozenset[str] = frozenset()


def peer_at(reader: Reader, vpc_id: str, address: str) -> Peer:
    """Who has the address in that VPC."""
    interface = interface_at(reader, vpc_id, address)
    return Peer(address, frozenset(interface.group_ids) if interface is not None else frozenset())


def interface_at(reader: Reader, vpc_id: str, address: str) -> NetworkInterface | None:
    """The network interface with that address in that VPC, or None."""
    found = reader.find(NetworkInterface, "address", f"{vpc_id}/{address}")
    return found[0] if found else None


def admits(reader: Reader, group_ids: Iterable[str], port: int, source: Peer) -> bool:
    """Whether an interface with these groups takes a TCP connection to `port` from `source`; one without groups does."""
    return _allows(reader, group_ids, port, source, is_egress=False)


def lets_out(reader: Reader, group_ids: Iterable[str], port: int, destination: Peer) -> bool:
    """Whether an interface with these groups may open a TCP connection to `port` of `destination`."""
    return _allows(reader, group_ids, port, destination, is_egress=True)


def protocol_name(protocol: str) -> str:
    """tcp, udp, icmp, icmpv6, all, or the number as text."""
    return PROTOCOL_NUMBERS.get(protocol, protocol.lower())


def _allows(reader: Reader, group_ids: Iterable[str], port: int, peer: Peer, is_egress: bool) -> bool:
    has_groups = False
    for group_id in group_ids:
        has_groups = True
        group = reader.get(SecurityGroup, group_id)
        for rule in group.rules if group is not None else ():
            if rule.is_egress == is_egress and covers_tcp(rule, port) and _names(rule, peer):
                return True
    return not has_groups


def covers_tcp(rule: SecurityGroupRule, port: int) -> bool:
    """Whether the rule speaks of this TCP port."""
    protocol = protocol_name(rule.protocol)
    if protocol == "all":
        return True
    return protocol == "tcp" and (rule.from_port == -1 or rule.from_port <= port <= rule.to_port)


def _names(rule: SecurityGroupRule, peer: Peer) -> bool:
    if rule.referenced_group_id:
        return rule.referenced_group_id in peer.group_ids
    return bool(rule.cidr_ipv4) and contains(rule.cidr_ipv4, peer.address)
