"""How a state keeps its resources: packed, but for those that were written or read last.

A state of many APIs holds far more than anybody reads in an hour. A packed resource is a few hundred bytes of compressed JSON,
the object is twenty times that; unpacking takes microseconds.
"""

import threading
import zlib
from collections import deque
from functools import cache
from typing import final

import msgspec

from innergate.resources.base import Resource

UNPACKED_PER_KIND = 256
"""Resources of a kind that stay objects: the last ones that were written, or read after they had been packed."""
_WINDOW_BITS, _MEMORY_LEVEL, _COMPRESSION = -14, 6, 1
"""Of zlib: small enough to be set up for each resource in a few microseconds."""


@final
class Packing:
    """Packs and unpacks the resources of one class; the first one that it meets is the pattern for the others."""

    def __init__(self, cls: type[Resource]) -> None:
        self._decoder = msgspec.json.Decoder(cls)
        self._pattern = b""
        self._lock = threading.Lock()
        self._unpacked: deque[Row] = deque()

    def pack(self, body: bytes) -> bytes:
        """The JSON form of a resource, compressed."""
        compressor = zlib.compressobj(
            _COMPRESSION,
            zlib.DEFLATED,
            _WINDOW_BITS,
            _MEMORY_LEVEL,
            zlib.Z_DEFAULT_STRATEGY,
            self._pattern or self._choose_pattern(body),
        )
        return compressor.compress(body) + compressor.flush()

    def unpack(self, packed: bytes) -> Resource:
        """The resource again."""
        return self.decode(zlib.decompressobj(_WINDOW_BITS, zdict=self._pattern).decompress(packed))

    def decode(self, body: bytes) -> Resource:
        """A resource from its JSON form. Raises msgspec's errors."""
        return self._decoder.decode(body)

    def note_unpacked(self, row: "Row") -> None:
        """Packs the row that was unpacked longest ago, if there are too many."""
        self._unpacked.append(row)
        if len(self._unpacked) > UNPACKED_PER_KIND:
            self._unpacked.popleft().pack()

    def _choose_pattern(self, body: bytes) -> bytes:
        with self._lock:
            self._pattern = self._pattern or body
            return self._pattern


packing_of = cache(Packing)
"""The one packing of a class."""


@final
class Row:
    """A resource with the revision that made it and the one that last wrote it. `body` is its JSON form where that is at hand.

    Any thread may read it. What it holds never changes, only how.
    """

    __slots__ = ("_packed", "_packing", "_unpacked", "created", "written")

    def __init__(self, resource: Resource, created: int, written: int, body: bytes = b"") -> None:
        self.created, self.written = created, written
        self._packing = packing_of(type(resource))
        self._packed = self._packing.pack(body) if body else b""
        self._unpacked: Resource | None = resource
        self._packing.note_unpacked(self)

    @property
    def resource(self) -> Resource:
        """The resource."""
        resource = self._unpacked
        if resource is None:
            resource = self._unpacked = self._packing.unpack(self._packed)
            self._packing.note_unpacked(self)
        return resource

    def pack(self) -> None:
        """Lets go of the object."""
        resource = self._unpacked
        if resource is not None and not self._packed:
            self._packed = self._packing.pack(msgspec.json.encode(resource))
        self._unpacked = None
