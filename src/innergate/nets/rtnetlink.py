"""Requests for links, addresses, routes and rules, and what their dumps say (rtnetlink(7), linux/rtnetlink.h)."""

import errno
import socket
import struct

from innergate.nets.names import derive_mac
from innergate.nets.netlink import (
    CREATE,
    EXCLUSIVE,
    NETLINK_ROUTE,
    REPLACE,
    NetlinkSocket,
    Request,
    nest,
    pack,
    pack_text,
    pack_u32,
    unpack,
)
from innergate.nets.state import MAIN_TABLE, Address, NamespaceState, Pair, Route, Rule

NEW_LINK, DELETE_LINK, GET_LINK, SET_LINK = 16, 17, 18, 19
NEW_ADDRESS, DELETE_ADDRESS, GET_ADDRESS = 20, 21, 22
NEW_ROUTE, DELETE_ROUTE, GET_ROUTE = 24, 25, 26
NEW_RULE, DELETE_RULE, GET_RULE = 32, 33, 34

UP = 0x1
LOOPBACK_INDEX = 1
NO_ARP = 0x80
MTU_BYTES = 9001
"""As inside an AWS VPC."""

SCOPE_UNIVERSE, SCOPE_LINK, SCOPE_NOWHERE = 0, 253, 255
PROTOCOL_KERNEL, PROTOCOL_STATIC = 2, 4
ROUTE_KINDS = {"unicast": 1, "blackhole": 6, "throw": 9}
ROUTE_KIND_NAMES = {number: name for name, number in ROUTE_KINDS.items()}
LOCAL_TABLE = 255
ON_LINK = 4
TO_TABLE = 1
RP_FILTER = 8
KERNEL_RULE_PRIORITIES = (0, 32766, 32767)


def _link_header(index: int = 0, flags: int = 0) -> bytes:
    return struct.pack("=BxHiII", 0, 0, index, flags, flags)


def make_pair(pair: Pair, peer_descriptor: int) -> Request:
    """A veth pair from inside the first end's namespace; the other end goes where `peer_descriptor` (an open namespace file)
    says. No ARP and one hardware address for both ends: whatever is sent into one comes out of the other, so that no
    neighbour has to be known and nothing answers for an address that does not exist."""
    mac = pack(1, derive_mac(pair.a.device))
    mtu = pack_u32(4, MTU_BYTES)
    peer = _link_header(flags=NO_ARP) + pack_text(3, pair.b.device) + mac + mtu + pack_u32(28, peer_descriptor)
    info = nest(18, pack_text(1, "veth"), nest(2, pack(1 | 0x8000, peer)))
    body = _link_header(flags=NO_ARP) + pack_text(3, pair.a.device) + mac + mtu + info
    return Request(NEW_LINK, CREATE | EXCLUSIVE, body, f"pair {pair.a.device}")


def check_sources(device: str) -> Request:
    """Makes a device take only packets whose source address is routed back through it."""
    settings = nest(1, pack_u32(RP_FILTER, 1))
    body = _link_header() + pack_text(3, device) + nest(26, pack(socket.AF_INET | 0x8000, settings))
    return Request(SET_LINK, 0, body, f"source check of {device}")


def raise_device(device: str) -> Request:
    """Sets a device up; a veth goes up only once its peer is there."""
    return Request(SET_LINK, 0, _link_header(flags=UP) + pack_text(3, device), f"device {device} up")


def raise_loopback() -> Request:
    """Sets the loopback device up."""
    return Request(SET_LINK, 0, _link_header(LOOPBACK_INDEX, UP), "loopback up")


def remove_device(device: str) -> Request:
    return Request(DELETE_LINK, 0, _link_header() + pack_text(3, device), f"device {device}", (errno.ENODEV,))


def _address_body(address: Address, index: int) -> bytes:
    text, _, prefix = address.address.partition("/")
    packed = socket.inet_aton(text)
    header = struct.pack("=BBBBi", socket.AF_INET, int(prefix), 0, SCOPE_UNIVERSE, index)
    return header + pack(2, packed) + pack(1, packed)


def add_address(address: Address, index: int) -> Request:
    subject = f"address {address.address}"
    return Request(NEW_ADDRESS, CREATE | EXCLUSIVE, _address_body(address, index), subject, (errno.EEXIST,))


def remove_address(address: Address, index: int) -> Request:
    gone = (errno.EADDRNOTAVAIL, errno.ENODEV)
    return Request(DELETE_ADDRESS, 0, _address_body(address, index), f"address {address.address}", gone)


def _route_body(route: Route, index: int, kind: int, scope: int) -> bytes:
    text, _, prefix = route.destination.partition("/")
    flags = ON_LINK if route.gateway else 0
    small = route.table if route.table < 256 else 0
    header = struct.pack("=BBBBBBBBI", socket.AF_INET, int(prefix), 0, 0, small, PROTOCOL_STATIC, scope, kind, flags)
    body = header + pack_u32(15, route.table)
    if int(prefix):
        body += pack(1, socket.inet_aton(text))
    if index:
        body += pack_u32(4, index)
    if route.gateway:
        body += pack(5, socket.inet_aton(route.gateway))
    return body


def set_route(route: Route, index: int) -> Request:
    scope = SCOPE_LINK if route.device and not route.gateway else SCOPE_UNIVERSE
    body = _route_body(route, index, ROUTE_KINDS[route.kind], scope)
    return Request(NEW_ROUTE, CREATE | REPLACE, body, f"route {route.destination} table {route.table}")


def remove_route(route: Route) -> Request:
    body = _route_body(route._replace(gateway=""), 0, 0, SCOPE_NOWHERE)
    subject = f"route {route.destination} table {route.table}"
    return Request(DELETE_ROUTE, 0, body, subject, (errno.ESRCH, errno.ENODEV))


def _rule_body(rule: Rule) -> bytes:
    text, _, prefix = rule.source.partition("/")
    length = int(prefix or 32) if text else 0
    small = rule.table if rule.table < 256 else 0
    body = struct.pack("=BBBBBBBBI", socket.AF_INET, 0, length, 0, small, 0, 0, TO_TABLE, 0)
    body += pack_u32(6, rule.priority) + pack_u32(15, rule.table)
    if text:
        body += pack(2, socket.inet_aton(text))
    if rule.device:
        body += pack_text(3, rule.device)
    return body


def add_rule(rule: Rule) -> Request:
    return Request(NEW_RULE, CREATE | EXCLUSIVE, _rule_body(rule), f"rule {rule.priority}", (errno.EEXIST,))


def remove_rule(rule: Rule) -> Request:
    return Request(DELETE_RULE, 0, _rule_body(rule), f"rule {rule.priority}", (errno.ENOENT,))


def _name_of(raw: bytes) -> str:
    """A device's name. Hosts name devices in their namespaces as they like, also with bytes that are no text."""
    return raw.rstrip(b"\0").decode("utf-8", "backslashreplace")


def read_devices(sock: NetlinkSocket) -> dict[str, tuple[int, bool]]:
    """Index and whether it is up, of every device of the socket's namespace, by name."""
    found: dict[str, tuple[int, bool]] = {}
    for body in sock.dump(GET_LINK, _link_header()):
        _, _, index, flags, _ = struct.unpack_from("=BxHiII", body)
        name = _name_of(unpack(body[16:])[3])
        found[name] = (index, bool(flags & UP))
    return found


def read_state(sock: NetlinkSocket) -> NamespaceState:
    """Devices that are up, addresses, routes and rules of the socket's namespace; neither mode nor filters."""
    devices = read_devices(sock)
    names = {index: name for name, (index, _) in devices.items()}
    return NamespaceState(
        devices=frozenset(name for name, (_, is_up) in devices.items() if is_up and name != "lo"),
        addresses=_read_addresses(sock, names),
        routes=_read_routes(sock, names),
        rules=_read_rules(sock),
    )


def _read_addresses(sock: NetlinkSocket, names: dict[int, str]) -> frozenset[Address]:
    found: set[Address] = set()
    for body in sock.dump(GET_ADDRESS, struct.pack("=BBBBi", socket.AF_INET, 0, 0, 0, 0)):
        _, prefix, _, _, index = struct.unpack_from("=BBBBi", body)
        text = socket.inet_ntoa(unpack(body[8:])[2])
        if not text.startswith("127.") and index in names:
            found.add(Address(names[index], f"{text}/{prefix}"))
    return frozenset(found)


def _read_routes(sock: NetlinkSocket, names: dict[int, str]) -> frozenset[Route]:
    found: set[Route] = set()
    for body in sock.dump(GET_ROUTE, struct.pack("=BBBBBBBBI", socket.AF_INET, 0, 0, 0, 0, 0, 0, 0, 0)):
        _, prefix, _, _, small, protocol, _, kind, _ = struct.unpack_from("=BBBBBBBBI", body)
        attributes = unpack(body[12:])
        table = struct.unpack("=I", attributes[15])[0] if 15 in attributes else small
        if table == LOCAL_TABLE or protocol == PROTOCOL_KERNEL:
            continue
        text = socket.inet_ntoa(attributes.get(1, b"\0\0\0\0"))
        device = names.get(struct.unpack("=I", attributes[4])[0], "") if 4 in attributes else ""
        gateway = socket.inet_ntoa(attributes[5]) if 5 in attributes else ""
        found.add(Route(table, f"{text}/{prefix}", ROUTE_KIND_NAMES.get(kind, str(kind)), device, gateway))
    return frozenset(found)


def _read_rules(sock: NetlinkSocket) -> frozenset[Rule]:
    found: set[Rule] = set()
    for body in sock.dump(GET_RULE, struct.pack("=BBBBBBBBI", socket.AF_INET, 0, 0, 0, 0, 0, 0, 0, 0)):
        _, _, length, _, small, *_ = struct.unpack_from("=BBBBBBBBI", body)
        attributes = unpack(body[12:])
        priority = struct.unpack("=I", attributes[6])[0] if 6 in attributes else 0
        if priority in KERNEL_RULE_PRIORITIES:
            continue
        table = struct.unpack("=I", attributes[15])[0] if 15 in attributes else small or MAIN_TABLE
        source = f"{socket.inet_ntoa(attributes[2])}/{length}" if 2 in attributes else ""
        device = _name_of(attributes[3]) if 3 in attributes else ""
        found.add(Rule(priority, table, source, device))
    return frozenset(found)


def open_route_socket() -> NetlinkSocket:
    """In the calling thread's network namespace."""
    return NetlinkSocket(NETLINK_ROUTE)
