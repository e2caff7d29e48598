"""What a start takes over from the run before it, as a file: the memos of every unit of compile, and encoded bodies.

The file may be deleted at any time. One that is torn, cut, changed, or another program's is none. It is written beside its
place and then moved; a digest of all of it stands at its end.
"""

import hashlib
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple, final

import msgspec

from innergate.compile.memo import UnitMemo, decode_memos, encode_memos
from innergate.store.writers import Point
from innergate.xds.kept_bodies import BodyFrame

LONGEST_BYTES = 1 << 30
_MAGIC = b"innergate start 1\n"
_FRAME = struct.Struct(">cI")
_HEADER, _BODIES, _UNITS, _END = b"H", b"B", b"U", b"E"
_DIGEST_BYTES = 32
_COMPRESSION = 1


class Maker(NamedTuple):
    """By what the file was made; it holds for the same only."""

    program: str
    settings: str


class StartMemory(NamedTuple):
    """All that is known of the state at `point`."""

    point: Point
    units: tuple[bytes, ...]
    bodies: tuple[BodyFrame, ...]

    def memos(self) -> Iterator[UnitMemo]:
        """Of every unit; of one that comes more than once the last counts. Raises zlib.error, msgspec.DecodeError."""
        for packed in self.units:
            yield from decode_memos(zlib.decompress(packed))


class _Damaged(Exception):
    """It is no such file, or not whole."""


@final
class StartFile:
    """The file at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, maker: Maker) -> StartMemory | None:
        """What it holds; None where there is none that is whole and by the same maker."""
        try:
            if self._path.stat().st_size > LONGEST_BYTES:
                return None
            return _parse(self._path.read_bytes(), maker)
        except (OSError, _Damaged, struct.error, msgspec.MsgspecError):
            return None

    def begin(self, maker: Maker) -> "StartFileWriter":
        """A new one beside it. Raises OSError."""
        return StartFileWriter(self._path, maker)

    def delete(self) -> None:
        """Takes it away. Raises OSError."""
        self._path.unlink(missing_ok=True)


@final
class StartFileWriter:
    """Writes a file anew: any number of bodies and units in any order (of a unit the last counts), then the end. Its methods
    raise OSError; call `drop` then, or in any case."""

    def __init__(self, path: Path, maker: Maker) -> None:
        self._path, self._new = path, path.with_suffix(".new")
        self._new.unlink(missing_ok=True)
        self._file: BinaryIO = os.fdopen(os.open(self._new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._digest = hashlib.sha256()
        self._put(_MAGIC)
        self._frame(_HEADER, msgspec.msgpack.encode(maker))

    def add_bodies(self, frame: BodyFrame) -> None:
        """Encoded bodies; frames of a kind in the order of names."""
        self._frame(_BODIES, msgspec.msgpack.encode(frame))

    def add_units(self, memos: Sequence[UnitMemo]) -> None:
        """Memos of units. One without roots and value says that the unit is gone."""
        self._frame(_UNITS, zlib.compress(encode_memos(memos), _COMPRESSION))

    def finish(self, point: Point) -> None:
        """What was written is the state at `point`; from now on it is the file."""
        self._frame(_END, msgspec.msgpack.encode(point))
        self._file.write(self._digest.digest())
        self._file.close()
        self._new.replace(self._path)

    def drop(self) -> None:
        """Gives it up, or what is left of it. Raises nothing."""
        with suppress(OSError):  # what waited to be written is still refused
            self._file.close()
        with suppress(OSError):
            self._new.unlink(missing_ok=True)

    def _frame(self, kind: bytes, payload: bytes) -> None:
        self._put(_FRAME.pack(kind, len(payload)) + payload)

    def _put(self, data: bytes) -> None:
        self._digest.update(data)
        self._file.write(data)


def _parse(data: bytes, maker: Maker) -> StartMemory | None:
    """None for another maker. Raises _Damaged, and what decoding raises."""
    view = memoryview(data)[:-_DIGEST_BYTES]
    at = len(_MAGIC)
    if bytes(view[:at]) != _MAGIC or hashlib.sha256(view).digest() != data[-_DIGEST_BYTES:]:
        raise _Damaged
    bodies: list[BodyFrame] = []
    units: list[bytes] = []
    point: Point | None = None
    while at < len(view):
        kind, length = _FRAME.unpack_from(view, at)
        payload = view[at + _FRAME.size : at + _FRAME.size + length]
        at += _FRAME.size + length
        if kind == _HEADER and msgspec.msgpack.decode(payload, type=Maker) != maker:
            return None
        if kind == _BODIES:
            bodies.append(msgspec.msgpack.decode(payload, type=BodyFrame))
        elif kind == _UNITS:
            units.append(bytes(payload))
        elif kind == _END:
            point = msgspec.msgpack.decode(payload, type=Point)
    if point is None:
        raise _Damaged
    return StartMemory(point, tuple(units), tuple(bodies))
