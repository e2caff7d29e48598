"""What a host does in its namespace while it is looked at is no failure of the agent's."""

import socket
import struct
from collections.abc import Iterator
from typing import cast

from innergate.nets.netlink import NetlinkSocket, pack, pack_u32
from innergate.nets.rtnetlink import GET_ADDRESS, GET_LINK, GET_ROUTE, GET_RULE, UP, read_state
from innergate.nets.state import Address, Route, Rule

LINK = struct.pack("=BxHiII", 0, 0, 7, UP, 0) + pack(3, b"\xff\xfe\0")
RULE = struct.pack("=BBBBBBBBI", socket.AF_INET, 0, 0, 0, 9, 0, 0, 1, 0) + pack_u32(6, 5) + pack(3, b"\xff\0")


def address(text: str, index: int) -> bytes:
    return struct.pack("=BBBBi", socket.AF_INET, 24, 0, 0, index) + pack(2, socket.inet_aton(text))


def route(text: str, index: int) -> bytes:
    header = struct.pack("=BBBBBBBBI", socket.AF_INET, 24, 0, 0, 254, 4, 0, 1, 0)
    return header + pack(1, socket.inet_aton(text)) + pack_u32(4, index)


class Dumps:
    """A socket in a namespace where a device with no proper name appears, and others between two looks."""

    def dump(self, kind: int, _: bytes) -> Iterator[bytes]:
        yield from {
            GET_LINK: [LINK],
            GET_ADDRESS: [address("10.0.0.1", 7), address("10.0.0.2", 8)],
            GET_ROUTE: [route("10.1.0.0", 7), route("10.2.0.0", 8)],
            GET_RULE: [RULE],
        }[kind]


def test_case_86_devices_of_a_host_that_have_odd_names_or_come_and_go() -> None:
    """The agent ended with the first, and each one after it did at its start."""
    state = read_state(cast(NetlinkSocket, Dumps()))
    name = "\\xff\\xfe"
    assert state.devices == {name}
    assert state.addresses == {Address(name, "10.0.0.1/24")}
    assert state.routes == {
        Route(254, "10.1.0.0/24", "unicast", name, ""),
        Route(254, "10.2.0.0/24", "unicast", "", ""),
    }
    assert state.rules == {Rule(5, 9, "", "\\xff")}
