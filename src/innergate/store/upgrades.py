"""How the stored body of a resource of an older version becomes one of the present version."""

from collections.abc import Callable, Mapping

from innergate.store.errors import StoreTooNew

Upgrade = Callable[[bytes], bytes]

UPGRADES: Mapping[tuple[str, int], Upgrade] = {}
"""(kind, version) -> what lifts a body from that version to the next."""


def upgrade_body(kind: str, version: int, wanted: int, body: bytes) -> bytes:
    """`body` lifted step by step from `version` to `wanted`. Raises KeyError where a step is missing, StoreTooNew for
    one of a later version: what it has more would be lost when it is written."""
    if version > wanted:
        raise StoreTooNew(
            f"the state has {kind} resources of version {version}, this Innergate knows up to {wanted}; use a newer one"
        )
    for step in range(version, wanted):
        body = UPGRADES[kind, step](body)
    return body
