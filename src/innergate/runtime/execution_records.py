"""Execution logs on their way from a worker to their log groups: kept for a moment, then appended to a file off the loop.

Control takes the file's lines into the groups; while it is away the file grows. A request never waits for a disk: where the
disk is slower than what is said, what does not fit into memory is left out and counted.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import final

from innergate.plans.runtime import RuntimeStage, log_groups_of
from innergate.primitives.digest import digest_text
from innergate.primitives.event_log import EventLog
from innergate.runtime.functions.log_file import LogFile, LogLine, LogTarget

FLUSH_INTERVAL_S = 0.1
MAX_WAITING_LINES = 50_000
MAX_EVENT_BYTES = 1024
_MAX_CHARACTERS = MAX_EVENT_BYTES + 1
"""Of a line, while it waits: what is longer is cut later, and may be a body of megabytes until then."""
_TRUNCATED = "[TRUNCATED]"
STREAMS = 256
"""How many streams a stage's lines are spread over; AWS has hundreds."""

log = EventLog()


@final
class ExecutionRecords:
    """Used by one event loop, between `start` and `close`."""

    def __init__(self, file: LogFile) -> None:
        self._file = file
        self._waiting: list[tuple[LogTarget, list[LogLine]]] = []
        self._lines = 0
        self._left_out = 0
        self._is_over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to write."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Writes what waits, and ends."""
        self._is_over.set()
        if self._task is not None:
            await self._task
        await self._flush()
        self._file.close()

    def add(self, stage: RuntimeStage, request_id: str, lines: Sequence[str]) -> None:
        """Takes the lines of one call; nothing where the stage's account names no role for its logs."""
        if not lines or not stage.logging_group:
            return
        if self._lines + len(lines) > MAX_WAITING_LINES:
            self._left_out += len(lines)
            return
        at_ms = int(time.time() * 1000)
        stream = _stream(stage, request_id)
        shown = [LogLine(at_ms, f"({request_id}) {line[:_MAX_CHARACTERS]}") for line in lines]
        for group in log_groups_of(stage.logging_group, is_canary=stage.is_canary):
            self._waiting.append((LogTarget(stage.account, stage.region, group, stream), shown))
        self._lines += len(lines)

    async def _run(self) -> None:
        while not self._is_over.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_over.wait(), FLUSH_INTERVAL_S)
            await self._flush()

    async def _flush(self) -> None:
        if not self._waiting:
            return
        waiting, self._waiting, self._lines = self._waiting, [], 0
        await asyncio.to_thread(self._write, waiting)

    def _write(self, waiting: list[tuple[LogTarget, list[LogLine]]]) -> None:
        try:
            for target, lines in waiting:
                self._file.write(target, [LogLine(line.at_ms, cut_event(line.message)) for line in lines])
        except OSError as error:
            self._left_out += sum(len(lines) for _, lines in waiting)
            log.warning("execution logs cannot be written", error=str(error))
        if self._left_out:
            log.warning("lines of execution logs left out", lines=self._left_out)
            self._left_out = 0


def cut_event(message: str) -> str:
    """At most 1,024 bytes, and a word where there were more; a question mark for half of a surrogate pair, which JSON can name
    and no log holds."""
    data = message[:_MAX_CHARACTERS].encode("utf-8", "replace")
    if len(data) <= MAX_EVENT_BYTES:
        return data.decode()
    return data[: MAX_EVENT_BYTES - len(_TRUNCATED)].decode("utf-8", "ignore") + _TRUNCATED


def _stream(stage: RuntimeStage, request_id: str) -> str:
    """32 hex digits; all lines of a call are in one stream."""
    shard = int(digest_text(request_id, 8), 16) % STREAMS
    return digest_text(f"{stage.api_id}/{stage.stage}/{stage.deployment_id}/{shard}", 32)
