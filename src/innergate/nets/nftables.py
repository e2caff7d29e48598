"""Packet filters of a namespace as one nf_tables table, replaced whole in one transaction (linux/netfilter/nf_tables.h).

The table's name carries the digest of its content, so what is there can be read back by name. Two base chains (packets
that arrive, packets that are sent from here) let answers pass and send the rest to the chain of the address that they go to.
"""

import errno
import hashlib
import ipaddress
import struct
from collections.abc import Iterable, Iterator

import msgspec

from innergate.nets.netlink import (
    CREATE,
    NETLINK_NETFILTER,
    NetlinkError,
    NetlinkSocket,
    Request,
    nest,
    pack,
    pack_text,
    unpack,
)
from innergate.plans.network import AddressFilter, FilterRule

SUBSYSTEM = 10
FAMILY_IPV4 = 2
BATCH_BEGIN, BATCH_END = 0x10, 0x11
NEW_TABLE, GET_TABLE, DELETE_TABLE, NEW_CHAIN, NEW_RULE = 0, 1, 2, 3, 6

TABLE_PREFIX = "innergate-"
PREROUTING, OUTPUT = 0, 3
REGISTER = 8
EQUAL, NOT_EQUAL, AT_MOST, AT_LEAST = 0, 1, 3, 5
DROP, ACCEPT, GOTO = 0, 1, -4
PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1}
ESTABLISHED_OR_RELATED = 2 | 4


class FiltersUnavailable(Exception):
    """The machine's kernel has no nf_tables (or not what we need of it)."""


def digest_filters(filters: Iterable[AddressFilter]) -> str:
    """Names the content of filters; "" for none. Their order does not matter."""
    ordered = sorted(filters, key=lambda one: one.address)
    if not ordered:
        return ""
    return hashlib.sha256(msgspec.json.encode(ordered)).hexdigest()[:20]


def open_filter_socket() -> NetlinkSocket:
    """In the calling thread's network namespace. Raises FiltersUnavailable."""
    try:
        return NetlinkSocket(NETLINK_NETFILTER)
    except OSError as error:
        raise FiltersUnavailable(f"no netfilter socket: {error.strerror}") from error


def read_digest(sock: NetlinkSocket) -> str:
    """The digest of the filters in place, "" for none. "?" where there is more than one table of ours."""
    try:
        found = _read_tables(sock)
    except NetlinkError as error:
        raise FiltersUnavailable(str(error)) from error
    return found[0].removeprefix(TABLE_PREFIX) if len(found) == 1 else "?" if found else ""


def _read_tables(sock: NetlinkSocket) -> list[str]:
    names: list[str] = []
    for body in sock.dump(SUBSYSTEM << 8 | GET_TABLE, _header()):
        name = unpack(body[4:])[1].rstrip(b"\0").decode("utf-8", "backslashreplace")
        if name.startswith(TABLE_PREFIX):
            names.append(name)
    return names


def replace_filters(sock: NetlinkSocket, digest: str, filters: Iterable[AddressFilter]) -> None:
    """Puts `filters` in the place of all that were there, at once. Raises FiltersUnavailable if the kernel will not."""
    try:
        old = _read_tables(sock)
        requests = [_request(DELETE_TABLE, pack_text(1, name), f"table {name}") for name in old]
        if digest:
            requests += _compose_table(TABLE_PREFIX + digest, sorted(filters, key=lambda one: one.address))
        if requests:
            sock.transact(requests, _frame(BATCH_BEGIN), _frame(BATCH_END))
    except NetlinkError as error:
        if error.errno == errno.ENOBUFS:
            raise
        raise FiltersUnavailable(f"the kernel refused the packet filters: {error}") from error


def _header(resource: int = 0) -> bytes:
    return struct.pack("!BBH", FAMILY_IPV4, 0, resource)


def _frame(kind: int) -> Request:
    return Request(kind, 0, _header(SUBSYSTEM), "batch")


def _request(kind: int, attributes: bytes, subject: str, flags: int = 0) -> Request:
    return Request(SUBSYSTEM << 8 | kind, flags, _header() + attributes, subject)


def _u32(kind: int, value: int) -> bytes:
    return pack(kind, struct.pack("!I", value & 0xFFFFFFFF))


def _compose_table(table: str, filters: Iterable[AddressFilter]) -> list[Request]:
    ordered = list(filters)
    requests = [_request(NEW_TABLE, pack_text(1, table), f"table {table}", CREATE)]
    base_chains = (("arriving", PREROUTING), ("leaving", OUTPUT))
    requests += [_base_chain(table, name, hook) for name, hook in base_chains]
    requests += [_chain(table, one.address) for one in ordered]
    for one in ordered:
        for rule in one.rules:
            requests += [_rule(table, one.address, parts) for parts in _express_rule(rule)]
        requests.append(_rule(table, one.address, [_verdict(DROP)]))
    for name, _ in base_chains:
        requests.append(_rule(table, name, [*_match_answers(), _verdict(ACCEPT)]))
        for one in ordered:
            parts = [*_match_network(f"{one.address}/32", 16), _verdict(GOTO, one.address)]
            requests.append(_rule(table, name, parts))
    return requests


def _base_chain(table: str, name: str, hook: int) -> Request:
    hook_attribute = nest(4, _u32(1, hook), _u32(2, 0))
    body = pack_text(1, table) + pack_text(3, name) + hook_attribute + _u32(5, ACCEPT) + pack_text(7, "filter")
    return _request(NEW_CHAIN, body, f"chain {name}", CREATE)


def _chain(table: str, name: str) -> Request:
    return _request(NEW_CHAIN, pack_text(1, table) + pack_text(3, name), f"chain {name}", CREATE)


def _rule(table: str, chain: str, expressions: Iterable[bytes]) -> Request:
    body = pack_text(1, table) + pack_text(2, chain) + nest(4, *expressions)
    return _request(NEW_RULE, body, f"rule of {chain}", CREATE | 0x800)


def _expression(name: str, *attributes: bytes) -> bytes:
    return nest(1, pack_text(1, name), nest(2, *attributes))


def _verdict(code: int, chain: str = "") -> bytes:
    target = pack_text(2, chain) if chain else b""
    return _expression("immediate", _u32(1, 0), nest(2, nest(2, _u32(1, code), target)))


def _load(base: int, offset: int, length: int) -> bytes:
    return _expression("payload", _u32(1, REGISTER), _u32(2, base), _u32(3, offset), _u32(4, length))


def _mask(mask: bytes) -> bytes:
    value, zero = nest(4, pack(1, mask)), nest(5, pack(1, bytes(len(mask))))
    return _expression("bitwise", _u32(1, REGISTER), _u32(2, REGISTER), _u32(3, len(mask)), value, zero)


def _compare(operator: int, value: bytes) -> bytes:
    return _expression("cmp", _u32(1, REGISTER), _u32(2, operator), nest(3, pack(1, value)))


def _match_answers() -> Iterator[bytes]:
    yield _expression("ct", _u32(1, REGISTER), _u32(2, 0))
    yield _mask(struct.pack("=I", ESTABLISHED_OR_RELATED))
    yield _compare(NOT_EQUAL, bytes(4))


def _match_network(cidr: str, offset: int) -> Iterator[bytes]:
    """Source addresses stand at offset 12 of an IPv4 header, destinations at 16 (RFC 791 3.1)."""
    network = ipaddress.IPv4Network(cidr, strict=False)
    if network.prefixlen == 0:
        return
    yield _load(1, offset, 4)
    if network.prefixlen < 32:
        yield _mask(network.netmask.packed)
    yield _compare(EQUAL, network.network_address.packed)


def _express_rule(rule: FilterRule) -> Iterator[list[bytes]]:
    head: list[bytes] = []
    if rule.protocol not in ("all", "-1"):
        number = PROTOCOLS[rule.protocol] if rule.protocol in PROTOCOLS else int(rule.protocol)
        head = [_load(1, 9, 1), _compare(EQUAL, bytes([number]))]
    if rule.protocol in ("tcp", "udp") and rule.from_port >= 0:
        ports = [_compare(AT_LEAST, struct.pack("!H", rule.from_port))]
        ports.append(_compare(AT_MOST, struct.pack("!H", rule.to_port)))
        head += [_load(2, 2, 2), *ports]
    if rule.protocol == "icmp":
        fields = ((0, rule.from_port), (1, rule.to_port))
        head += [
            part for at, number in fields if number >= 0 for part in (_load(2, at, 1), _compare(EQUAL, bytes([number])))
        ]
    for source in rule.sources:
        yield [*_match_network(source, 12), *head, _verdict(ACCEPT)]
