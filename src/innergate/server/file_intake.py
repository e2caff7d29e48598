"""Takes the lines of a growing file into a side store, each of them once, whatever ends in between.

Who writes the file knows nothing of this; while control is down the file grows, and is read afterwards. What was read and how
far is one transaction of the store, so that no line is lost or taken twice by a restart. What the lines mean is for `keep`.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, final

from innergate.observe.access_file import AccessFile
from innergate.primitives.event_log import EventLog
from innergate.store.side_file import SourcePosition

log = EventLog()


class Positions(Protocol):
    """Where a side store says how far its sources were read."""

    def positions(self, name: str) -> tuple[SourcePosition, ...]: ...

    def forget_source(self, name: str, inode: int) -> None: ...


class Source(NamedTuple):
    """A file, the name by which the store keeps how far it was read, and how long to wait where it has no new line."""

    name: str
    file: AccessFile
    look_interval_s: float


Keep = Callable[[Sequence[bytes], SourcePosition], None]
"""Stores what the lines say, and how far they were read, in one transaction; without lines the position alone."""


@final
class FileIntake:
    """One reader of one file. `run` is its life; `take` one look at the file."""

    def __init__(self, source: Source, positions: Positions, keep: Keep) -> None:
        self._source = source
        self._file = source.file
        self._positions = positions
        self._keep = keep
        self._offsets: dict[int, int] = {}
        self._has_begun = False

    async def run(self) -> None:
        """Reads until it is cancelled."""
        while True:
            if not await asyncio.to_thread(self._take_safely):
                await asyncio.sleep(self._source.look_interval_s)

    def take(self) -> int:
        """Takes the next lines, at most a chunk of them; how many there were. Raises OSError, sqlite3.Error: then nothing was
        taken, and the next call takes the same lines."""
        if not self._has_begun:
            self._begin()
        chunk = self._file.read(self._offsets)
        if chunk is not None:
            self._keep(chunk.lines, SourcePosition(self._source.name, chunk.inode, chunk.offset, chunk.tail))
            self._offsets[chunk.inode] = chunk.offset
        self._file.rotate()
        self._file.finish(self._offsets, self._forget)
        return len(chunk.lines) if chunk is not None else 0

    def _take_safely(self) -> int:
        try:
            return self.take()
        except (OSError, sqlite3.Error) as error:
            log.warning("lines wait in their file", source=self._source.name, error=str(error))
            return 0

    def _begin(self) -> None:
        """Goes on where the process before this one ended."""
        self._offsets.clear()
        for read in self._positions.positions(self._source.name):
            self._go_on(read)
        self._has_begun = True

    def _go_on(self, read: SourcePosition) -> None:
        """Finds the file that was read so far, wherever it is now."""
        inode = self._file.find(read.offset, read.tail)
        if inode is not None:
            self._offsets[inode] = read.offset
            self._keep((), read._replace(inode=inode))
        if inode != read.inode:
            self._positions.forget_source(self._source.name, read.inode)

    def _forget(self, inode: int) -> None:
        self._positions.forget_source(self._source.name, inode)
        self._offsets.pop(inode, None)
