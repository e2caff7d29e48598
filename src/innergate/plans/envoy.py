"""What one Envoy must serve."""

import zlib
from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias, cast, final

import immutables
import msgspec

from innergate.primitives.digest import digest_bytes
from innergate.primitives.json_value import JsonObject

EnvoyKind: TypeAlias = Literal["clusters", "endpoints", "listeners", "scopes", "routes"]

ENVOY_KINDS: tuple[EnvoyKind, ...] = ("clusters", "endpoints", "listeners", "scopes", "routes")
"""In the order of making; removals go the other way round."""

TYPE_URLS: Mapping[EnvoyKind, str] = {
    "clusters": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
    "endpoints": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
    "listeners": "type.googleapis.com/envoy.config.listener.v3.Listener",
    "scopes": "type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration",
    "routes": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
}


PACKED_FROM_BYTES = 512
"""From here on an encoded body is compressed."""

_ENCODER = msgspec.json.Encoder()
_SORTING_ENCODER = msgspec.json.Encoder(order="deterministic")
_COMPRESSION, _WINDOW_BITS, _MEMORY_LEVEL = 1, 14, 6
"""Of zlib. Its own choice takes memory from the kernel for each body, which costs more than the compressing."""


@final
class EnvoyResource:
    """One xDS resource. `version` is a digest of `body`; `body` is its JSON form (`@type` inside Any values).

    There are as many as there are APIs, each is read when it is sent and hardly ever again: the body is kept packed, and each
    reading unpacks it anew.
    """

    __slots__ = ("_packed", "name", "version")

    def __init__(self, name: str, version: str, body: JsonObject) -> None:
        self.name, self.version = name, version
        self._packed = _pack(_ENCODER.encode(body))

    @classmethod
    def versioned(cls, name: str, body: JsonObject) -> "EnvoyResource":
        """With the digest for a version."""
        made = cls.__new__(cls)
        made.name, made.version = name, digest_bytes(_SORTING_ENCODER.encode(body))
        made._packed = _pack(_ENCODER.encode(body))
        return made

    @classmethod
    def kept(cls, name: str, version: str, packed: bytes) -> "EnvoyResource":
        """One that was kept with its `packed` form."""
        made = cls.__new__(cls)
        made.name, made.version, made._packed = name, version, packed
        return made

    @property
    def packed(self) -> bytes:
        """What it is kept as."""
        return self._packed

    @property
    def body(self) -> JsonObject:
        """A copy of its own for each reader."""
        packed = self._packed
        encoded = packed if packed[:1] == b"{" else zlib.decompress(packed, _WINDOW_BITS)
        body: JsonObject = msgspec.json.decode(encoded)
        return body

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EnvoyResource):
            return NotImplemented
        return (self.name, self.version, self._packed) == (other.name, other.version, other._packed)

    def __hash__(self) -> int:
        return hash((self.name, self.version))

    def __repr__(self) -> str:
        return f"EnvoyResource({self.name!r}, {self.version!r}, {self.body!r})"


def _pack(encoded: bytes) -> bytes:
    if len(encoded) < PACKED_FROM_BYTES:
        return encoded
    compressor = zlib.compressobj(_COMPRESSION, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL)
    return compressor.compress(encoded) + compressor.flush()


EnvoyResources: TypeAlias = "immutables.Map[str, EnvoyResource]"


class EnvoyPlan(NamedTuple):
    """Every resource of every kind at a revision of the store."""

    revision: int
    resources: "immutables.Map[EnvoyKind, EnvoyResources]"

    def of_kind(self, kind: str) -> EnvoyResources:
        """Everything of a kind. Raises KeyError for what is none."""
        return self.resources[cast("EnvoyKind", kind)]


class EnvoyChange(NamedTuple):
    """A plan, and the names that differ from the plan before it (made, changed or gone), by kind."""

    plan: EnvoyPlan
    changed: Mapping[EnvoyKind, frozenset[str]]


EMPTY_ENVOY_PLAN = EnvoyPlan(0, immutables.Map({kind: immutables.Map() for kind in ENVOY_KINDS}))
