"""How the stored body of a resource of an older version becomes one of the present version."""

from collections.abc import Callable, Mapping

Upgrade = Callable[[bytes], bytes]

UPGRADES: Mapping[tuple[str, int], Upgrade] = {}
"""(kind, version) -> what lifts a body from that version to the next."""


def upgrade_body(kind: str, version: int, wanted: int, body: bytes) -> bytes:
    """`body` lifted step by step from `version` to `wanted`. Raises KeyError where a step is missing."""
    for step in range(version, wanted):
        body = UPGRADES[kind, step](body)
    return body
