"""Takes what functions say into the log store, each function's lines into its own group, and so execution logs of APIs.

The functions' supervisor, and each of the runtime's workers, appends to one file and knows nothing of this; while control is
down the file grows, and is read afterwards. What was read and how far is one transaction of the log store, so no line is lost
or taken twice by a restart.
"""

import asyncio
import sqlite3
from typing import final

import msgspec
import structlog

from innergate.observe.access_file import AccessFile, Chunk
from innergate.primitives.clock import Clock
from innergate.runtime.functions.log_file import LogRecord
from innergate.server.own_log_groups import own_group
from innergate.server.settings import Settings
from innergate.store.log_events import NewEvent
from innergate.store.log_store import Batch, LogStore
from innergate.store.side_file import SourcePosition
from innergate.store.sqlite import SqliteStore

log = structlog.get_logger(__name__)

SOURCE = "functions"
LOOK_INTERVAL_S = 0.2


@final
class FunctionLogIntake:
    """One reader of one file. `run` is its life; `take` one look at the file."""

    def __init__(
        self, file: AccessFile, store: SqliteStore, logs: LogStore, clock: Clock, source: str = SOURCE
    ) -> None:
        self._source = source
        self._file = file
        self._store = store
        self._logs = logs
        self._clock = clock
        self._offsets: dict[int, int] = {}
        for read in logs.positions(self._source):
            self._go_on(read)

    async def run(self) -> None:
        """Reads until it is cancelled."""
        while True:
            if not await asyncio.to_thread(self._take_safely):
                await asyncio.sleep(LOOK_INTERVAL_S)

    def take(self) -> int:
        """Takes the next lines, at most a chunk of them; how many there were."""
        chunk = self._file.read(self._offsets)
        if chunk is not None:
            position = SourcePosition(self._source, chunk.inode, chunk.offset, chunk.tail)
            self._logs.take(self._batches(chunk), position, self._now_ms())
            self._offsets[chunk.inode] = chunk.offset
        self._file.rotate()
        self._file.finish(self._offsets, self._forget)
        return len(chunk.lines) if chunk is not None else 0

    def _take_safely(self) -> int:
        try:
            return self.take()
        except (OSError, sqlite3.Error) as error:
            log.warning("lines for log groups wait", source=self._source, error=str(error))
            return 0

    def _batches(self, chunk: Chunk) -> list[Batch]:
        events: dict[tuple[str, str, str, str], list[NewEvent]] = {}
        unread = 0
        for line in chunk.lines:
            try:
                record = msgspec.json.decode(line, type=LogRecord)
            except (msgspec.DecodeError, UnicodeDecodeError):
                unread += 1
                continue
            where = (record.account, record.region, record.group, record.stream)
            events.setdefault(where, []).extend(NewEvent(at_ms, message) for at_ms, message in record.lines)
        if unread:
            log.warning("lines for log groups left out", source=self._source, unreadable=unread)
        batches = []
        for (account, region, group, stream), taken in events.items():
            key = own_group(self._store, self._clock, account, region, group)
            if key is not None:
                batches.append(Batch(key, stream, taken))
        return batches

    def _go_on(self, read: SourcePosition) -> None:
        """Finds the file that was read so far, wherever it is now."""
        inode = self._file.find(read.offset, read.tail)
        if inode is not None:
            self._offsets[inode] = read.offset
            self._logs.take((), read._replace(inode=inode), self._now_ms())
        if inode != read.inode:
            self._logs.forget_source(self._source, read.inode)

    def _forget(self, inode: int) -> None:
        self._logs.forget_source(self._source, inode)
        self._offsets.pop(inode, None)

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)


def open_function_logs(settings: Settings, store: SqliteStore, logs: LogStore, clock: Clock) -> FunctionLogIntake:
    """The intake of a platform. The supervisor sees by itself that its file was renamed."""
    file = AccessFile(settings.function_log_file, lambda: None)
    return FunctionLogIntake(file, store, logs, clock)


def open_execution_logs(
    settings: Settings, store: SqliteStore, logs: LogStore, clock: Clock
) -> tuple[FunctionLogIntake, ...]:
    """One intake for each of the runtime's workers, of what they say about calls."""
    return tuple(
        FunctionLogIntake(AccessFile(path, lambda: None), store, logs, clock, f"execution/{path.stem}")
        for path in settings.execution_log_files
    )
