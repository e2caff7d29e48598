"""Names that the kernel sees: devices by digest (at most 15 characters), numbers of routing tables.

They derive from identity alone, so that a new agent finds again what an old one made.
"""

import hashlib
from collections.abc import Iterable

FIRST_TABLE = 1000
"""Tables below belong to the kernel or to people."""

WORKLOAD_DEVICE = "eth0"
"""What a workload calls its interface."""


def shorten(text: str, length: int = 12) -> str:
    """The first `length` hexadecimal digits of the digest of `text`."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def name_link_device(a: str, b: str) -> str:
    """The device, in both namespaces, of the link between namespaces `a` and `b`, in either order."""
    first, second = sorted((a, b))
    return f"ln{shorten(f'{first}|{second}')}"


def name_workload_device(namespace: str) -> str:
    """The device in the VPC's namespace that leads to a workload's namespace."""
    return f"wl{shorten(namespace)}"


def derive_mac(device: str) -> bytes:
    """A locally administered hardware address. Both ends of a pair bear the same one: see kernel.py."""
    return b"\x0a" + hashlib.sha256(device.encode()).digest()[:5]


def number_tables(keys: Iterable[str]) -> dict[str, int]:
    """A routing table's number for each key; a key's number does not depend on the others but where digests collide."""
    numbers: dict[str, int] = {}
    taken: set[int] = set()
    for key in sorted(set(keys)):
        number = FIRST_TABLE + int(shorten(key, 7), 16)
        while number in taken:
            number += 1
        taken.add(number)
        numbers[key] = number
    return numbers
