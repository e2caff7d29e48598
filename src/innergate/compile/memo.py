"""What a compiler knows of one unit, as bytes: what it read, what it emitted, what it told others.

From the memos of all units a compiler goes on as if it had compiled them itself. They hold for one program and one set of
settings, and for the state that was compiled; whoever keeps them sees to that.
"""

from collections.abc import Sequence
from typing import final

import msgspec

from innergate.compile.diagnostics import Diagnostic
from innergate.compile.family import Family, Unit
from innergate.compile.view import IndexKey
from innergate.plans.documents import Document
from innergate.plans.envoy import EnvoyKind
from innergate.plans.network import HubNetwork, Link, VpcNetwork
from innergate.resources.base import Key


class EnvoyMemo(msgspec.Struct, frozen=True, array_like=True):
    """An xDS resource as it is kept."""

    kind: EnvoyKind
    name: str
    version: str
    packed: bytes


class UnitMemo(msgspec.Struct, frozen=True, array_like=True):
    """One unit. `value` is what it tells those who demand it, encoded; empty where nobody does. A unit without roots and value
    is gone."""

    unit: Unit
    roots: tuple[Key, ...]
    keys: tuple[Key, ...]
    indexes: tuple[IndexKey, ...]
    demands: tuple[Unit, ...]
    envoy: tuple[EnvoyMemo, ...] = ()
    vpcs: tuple[VpcNetwork, ...] = ()
    hubs: tuple[HubNetwork, ...] = ()
    links: tuple[Link, ...] = ()
    names: tuple[tuple[str, tuple[str, ...]], ...] = ()
    documents: tuple[Document, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    value: bytes = b""


@final
class SharedNames:
    """Makes the names in memos one object each: most units read what others read, too."""

    def __init__(self) -> None:
        self._keys: dict[Key, Key] = {}
        self._indexes: dict[IndexKey, IndexKey] = {}
        self._units: dict[Unit, Unit] = {}

    def of(self, memo: UnitMemo) -> UnitMemo:
        """The same memo with names that were seen before."""
        keys, indexes, units = self._keys.setdefault, self._indexes.setdefault, self._units.setdefault
        return msgspec.structs.replace(
            memo,
            unit=units(memo.unit, memo.unit),
            roots=tuple([keys(key, key) for key in memo.roots]),
            keys=tuple([keys(key, key) for key in memo.keys]),
            indexes=tuple([indexes(index, index) for index in memo.indexes]),
            demands=tuple([units(unit, unit) for unit in memo.demands]),
        )


class Unmemorable(Exception):
    """A value does not come back from its bytes as it was: a family says too little of its type."""


_DECODER = msgspec.msgpack.Decoder(tuple[UnitMemo, ...])
_ENCODER = msgspec.msgpack.Encoder()


def encode_memos(memos: Sequence[UnitMemo]) -> bytes:
    """Their bytes."""
    return _ENCODER.encode(memos)


def decode_memos(data: bytes) -> tuple[UnitMemo, ...]:
    """The memos again. Raises msgspec.DecodeError."""
    return _DECODER.decode(data)


def encode_value(family: Family, value: object) -> bytes:
    """A demanded unit's value. Raises Unmemorable."""
    encoded = _ENCODER.encode(value)
    if decode_value(family, encoded) != value:
        raise Unmemorable(f"the value of a unit of {family.name} is no {family.value_type}: {value!r}")
    return encoded


def decode_value(family: Family, encoded: bytes) -> object:
    """The value again. Raises msgspec.DecodeError."""
    value: object = msgspec.msgpack.decode(encoded, type=family.value_type)
    return value
