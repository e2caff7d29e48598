"""Documents as their files say at each use: what control has changed or taken away counts at once."""

import os
from pathlib import Path
from typing import Generic, TypeAlias, TypeVar, final

import msgspec

T = TypeVar("T", bound=msgspec.Struct)

_MOST = 10_000


_Stamp: TypeAlias = tuple[int, int, int]
"""Inode, nanoseconds of the change, bytes."""


@final
class DocumentReader(Generic[T]):
    """Reads a document again when its file has changed; a file is replaced whole, never written into. Names must not come from
    clients as they are."""

    def __init__(self, folder: Path, kind: type[T]) -> None:
        self._folder = f"{folder}/"
        self._decoder = msgspec.json.Decoder(kind)
        self._read: dict[str, tuple[_Stamp, T]] = {}

    def find(self, name: str) -> T | None:
        """The document, or None where there is none or it cannot be read."""
        path = f"{self._folder}{name}"
        try:
            status = os.stat(path)
            stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
            known = self._read.get(name)
            if known is not None and known[0] == stamp:
                return known[1]
            document = self._decoder.decode(Path(path).read_bytes())
        except (OSError, msgspec.DecodeError):
            self._read.pop(name, None)
            return None
        if len(self._read) >= _MOST:
            self._read.clear()
        self._read[name] = (stamp, document)
        return document
