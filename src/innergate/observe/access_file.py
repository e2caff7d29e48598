"""Envoy's access-log file as it grows: read in chunks of whole lines, set aside when it is large.

The file is renamed, Envoy is asked to open its logs anew, and the old file is read to its end once the new one is there: Envoy
closes the one before it opens the other. Who reads keeps how far each file (by its inode) was read, and the last bytes before
that: a state folder may be copied, and an inode used again.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, final

LIMIT_BYTES = 64 << 20
CHUNK_BYTES = 1 << 20
TAIL_BYTES = 256
"""Of what was read last, by which a file is known again: a record has an id of its own."""


class Chunk(NamedTuple):
    """Whole lines of a file, how far it is read with them, and the last bytes of them."""

    inode: int
    lines: list[bytes]
    offset: int
    tail: bytes


@final
class AccessFile:
    """`reopen` makes Envoy open its logs anew; it may raise OSError where no Envoy runs."""

    def __init__(self, path: Path, reopen: Callable[[], object], limit_bytes: int = LIMIT_BYTES) -> None:
        self._path = path
        self._aside = path.with_name(f"{path.name}.1")
        self._reopen = reopen
        self._limit_bytes = limit_bytes

    def find(self, offset: int, tail: bytes) -> int | None:
        """The inode of the file that has these bytes before `offset`; None where none has."""
        for path in (self._aside, self._path):
            try:
                with path.open("rb") as file:
                    file.seek(max(offset - len(tail), 0))
                    if file.read(len(tail)) == tail:
                        return os.fstat(file.fileno()).st_ino
            except FileNotFoundError:
                continue
        return None

    def read(self, offsets: Mapping[int, int]) -> Chunk | None:
        """The next lines, those of the file set aside first; None where there are no more."""
        for path in (self._aside, self._path):
            chunk = _read_chunk(path, offsets)
            if chunk is not None:
                return chunk
        return None

    def rotate(self) -> None:
        """Sets the file aside if it is large; asks Envoy once more where it did not hear."""
        if not self._aside.exists():
            try:
                if self._path.stat().st_size < self._limit_bytes:
                    return
                self._path.rename(self._aside)
            except FileNotFoundError:
                return
        if not self._path.exists():
            try:
                self._reopen()
            except OSError:
                return

    def finish(self, offsets: Mapping[int, int], forget: Callable[[int], None]) -> None:
        """Deletes the file set aside if it is no longer written and read to its last line; `forget` is called with its inode
        before, and must make sure of what was read."""
        inode = _inode(self._aside)
        if inode is None or not self._path.exists() or _read_chunk(self._aside, offsets) is not None:
            return
        forget(inode)
        self._aside.unlink(missing_ok=True)


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def _read_chunk(path: Path, offsets: Mapping[int, int]) -> Chunk | None:
    """None where no whole line is left. A file shorter than what was read of it is read from its start; a line longer than a
    chunk is read whole."""
    try:
        status = path.stat()
        offset = offsets.get(status.st_ino, 0)
        if status.st_size == offset:
            return None
        if status.st_size < offset:
            offset = 0
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(CHUNK_BYTES)
            if b"\n" not in data:
                data += file.readline()
    except FileNotFoundError:
        return None
    end = data.rfind(b"\n") + 1
    if end == 0:
        return None
    tail = data[max(end - TAIL_BYTES, 0) : end]
    return Chunk(status.st_ino, data[: end - 1].split(b"\n"), offset + end, tail)
