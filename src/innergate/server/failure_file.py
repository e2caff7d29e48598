"""The log of failures as it is on disk: bounded, searched when somebody asks, read by nobody otherwise."""

import asyncio
import mmap
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import final

from innergate.compile.emit.envoy.failure_lines import FAILURE_LOG_NAME
from innergate.nets.envoy_process import reopen_logs
from innergate.observe.access_file import AccessFile
from innergate.observe.failures import Failure, read_failure
from innergate.primitives.event_log import EventLog
from innergate.server.settings import Settings

log = EventLog()

LIMIT_BYTES = 32 << 20
"""Of the file that is written; one as large may stand beside it."""

LOOK_INTERVAL_S = 1.0
ID_LENGTHS = range(8, 65)


@final
class FailureFile:
    """`reopen` makes Envoy open its logs anew; it may raise OSError where no Envoy runs."""

    def __init__(self, path: Path, reopen: Callable[[], object], limit_bytes: int = LIMIT_BYTES) -> None:
        self._path = path
        self._aside = path.with_name(f"{path.name}.1")
        self._file = AccessFile(path, reopen, limit_bytes)
        self._limit_bytes = limit_bytes

    async def run(self) -> None:
        """Keeps it bounded until it is cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.rotate)
            except OSError as error:
                log.warning("the log of failures grows on", reason=str(error))
            await asyncio.sleep(LOOK_INTERVAL_S)

    def rotate(self) -> None:
        """Sets a large file aside, for the one that was set aside before."""
        if self._path.exists() and self._path.stat().st_size >= self._limit_bytes:
            self._aside.unlink(missing_ok=True)
        self._file.rotate()

    def find(self, id: str) -> Failure | None:
        """The failure whose request id, or extended one, it is."""
        if len(id) not in ID_LENGTHS:
            return None
        return next((f for f in self._search(id.encode()) if id in (f.request_id, f.extended_id)), None)

    def newest(self, count: int) -> list[Failure]:
        """The last ones, the newest first."""
        found: list[Failure] = []
        for failure in self._search(b"\n"):
            found.append(failure)
            if len(found) == count:
                break
        return found

    def _search(self, text: bytes) -> Iterator[Failure]:
        """The failures whose lines hold `text`, the newest first."""
        for path in (self._path, self._aside):
            try:
                with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                    yield from _lines_with(data, text)
            except (FileNotFoundError, ValueError):  # not there, or empty
                continue


def _lines_with(data: mmap.mmap, text: bytes) -> Iterator[Failure]:
    end = len(data)
    while (at := data.rfind(text, 0, end)) >= 0:
        begin = data.rfind(b"\n", 0, at) + 1
        line_end = data.find(b"\n", at)
        failure = read_failure(data[begin : line_end if line_end >= 0 else len(data)])
        if failure is not None:
            yield failure
        end = max(begin - 1, 0) if text != b"\n" else at


def open_failure_file(settings: Settings) -> FailureFile:
    """The file of a platform."""
    return FailureFile(settings.access_log_folder / FAILURE_LOG_NAME, partial(reopen_logs, settings.envoy_admin_socket))
