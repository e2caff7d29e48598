"""Encoded bodies that an earlier run kept, so that a start need not encode them again."""

import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, final

import msgspec

from innergate.plans.envoy import EnvoyKind, EnvoyResource
from innergate.xds.encode import BodyRefused, encode_body

BODIES_A_FRAME = 200
_COMPRESSION = 1


class KeptBody(NamedTuple):
    """The bytes of one resource; `version` is that of the body that they were made from."""

    name: str
    version: str
    encoded: bytes


class BodyFrame(NamedTuple):
    """Some bodies of a kind, compressed, by the first of their names; frames of a kind are in the order of names."""

    kind: EnvoyKind
    first: str
    packed: bytes


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[KeptBody])


@final
class KeptBodies:
    """Finds bodies of one kind. It opens one frame at a time, so ask in the order of names. One thread at a time.

    Raises msgspec.DecodeError or zlib.error for a frame that is none.
    """

    def __init__(self, kind: EnvoyKind, frames: Iterable[BodyFrame] = ()) -> None:
        self._frames = [frame for frame in frames if frame.kind == kind]
        self._firsts = [frame.first for frame in self._frames]
        self._open = -1
        self._bodies: dict[str, KeptBody] = {}

    def find(self, resource: EnvoyResource) -> bytes | None:
        """Its bytes, None where they were not kept."""
        number = bisect_right(self._firsts, resource.name) - 1
        if number < 0:
            return None
        if number != self._open:
            bodies = _DECODER.decode(zlib.decompress(self._frames[number].packed))
            self._open, self._bodies = number, {body.name: body for body in bodies}
        found = self._bodies.get(resource.name)
        return found.encoded if found is not None and found.version == resource.version else None


def frame_bodies(kind: EnvoyKind, bodies: Sequence[KeptBody]) -> BodyFrame:
    """A frame of bodies that are in the order of names; there is at least one."""
    return BodyFrame(kind, bodies[0].name, zlib.compress(_ENCODER.encode(bodies), _COMPRESSION))


def keep_bodies(resources: Iterable[EnvoyResource], kind: EnvoyKind, earlier: KeptBodies) -> Iterator[KeptBody]:
    """The bytes of resources in the order of names, from an earlier frame where they are there; without those that do not fit
    the schema."""
    for resource in resources:
        try:
            encoded = earlier.find(resource) or encode_body(kind, resource.body)
        except BodyRefused:
            continue
        yield KeptBody(resource.name, resource.version, encoded)
