"""`python -m innergate.runtime.functions --state DIR`: the one process of a node that runs functions.

It reads documents and packages and answers on `<state>/run/functions.sock`. It knows nothing of control and goes on without it;
the agent starts it again if it dies, and functions' processes never outlive it.
"""

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, final

import msgspec
import uvloop

from innergate.plans.documents import FUNCTIONS
from innergate.plans.functions import MAX_SYNC_BYTES
from innergate.primitives.event_log import EventLog, write_events_to
from innergate.primitives.log_file import open_log
from innergate.runtime.functions.call_counts import CallCounts
from innergate.runtime.functions.code_folder import CodeFolder
from innergate.runtime.functions.event_queue import EventQueue
from innergate.runtime.functions.execution_environment import Places
from innergate.runtime.functions.function_documents import FunctionDocuments
from innergate.runtime.functions.http_protocol import HttpProtocol
from innergate.runtime.functions.invoke_api import InvokeApi
from innergate.runtime.functions.log_file import LogFile
from innergate.runtime.functions.pool import Pool

TEND_PERIOD_S = 1.0

log = EventLog()


class FunctionFolder(NamedTuple):
    """Where things lie below the state folder."""

    state: Path

    @property
    def socket(self) -> Path:
        """Where callers come."""
        return self.state / "run" / "functions.sock"

    @property
    def documents(self) -> Path:
        """What functions there are."""
        return self.state / "run" / "documents" / FUNCTIONS

    @property
    def work(self) -> Path:
        """Unpacked packages, and the folder that a process's root is mounted on."""
        return self.state / "run" / "functions"

    @property
    def events(self) -> Path:
        """Asynchronous invocations that wait."""
        return self.state / "function-events"

    @property
    def counts(self) -> Path:
        """How often functions were called, until control has read it."""
        return self.state / "log" / "functions" / "counts.jsonl"

    @property
    def log(self) -> Path:
        """What functions say, until control has read it."""
        return self.state / "log" / "functions" / "lines.jsonl"


class _Ending(Exception):
    """Ends all tasks at once."""


@final
class Supervisor:
    """`run` is its life."""

    def __init__(self, folder: FunctionFolder) -> None:
        self._folder = folder
        places = Places(folder.work / "root", folder.state / "run" / "resolv")
        places.root.mkdir(parents=True, exist_ok=True)
        self._documents = FunctionDocuments(folder.documents)
        self._code = CodeFolder(folder.state / "blobs", folder.work / "code")
        self._log_file = LogFile(folder.log)
        self._counts = CallCounts()
        self._count_file = LogFile(folder.counts)
        self._pool = Pool(self._documents, self._code, places, self._log_file, self._counts)

    async def run(self) -> None:
        """Until SIGTERM or SIGINT."""
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ended.set)
        await asyncio.to_thread(self._code.sweep, self._documents.list_folders())
        self._folder.socket.unlink(missing_ok=True)
        try:
            async with asyncio.TaskGroup() as tasks:
                events = EventQueue(self._folder.events, self._pool, tasks)
                api = InvokeApi(self._pool, events, tasks)
                tasks.create_task(events.resume())  # before the socket is there: what comes by it was not left behind
                await loop.create_unix_server(
                    lambda: HttpProtocol(api.handle, MAX_SYNC_BYTES), str(self._folder.socket)
                )
                log.info("the functions' supervisor begins")
                tasks.create_task(self._tend())
                await ended.wait()
                raise _Ending
        except* _Ending:
            log.info("the functions' supervisor ends")
        finally:
            await self._pool.close()
            self._log_file.close()
            self._write_counts()
            self._count_file.close()
            self._folder.socket.unlink(missing_ok=True)

    async def _tend(self) -> None:
        while True:
            await asyncio.sleep(TEND_PERIOD_S)
            try:
                await self._pool.tend()
                self._log_file.look()
                self._write_counts()
                self._count_file.look()
            except Exception:
                log.exception("looking after the processes failed")

    def _write_counts(self) -> None:
        for count in self._counts.take():
            self._count_file.append(msgspec.json.encode(count))


def configure_logging() -> None:
    """JSON lines on standard error; the agent keeps them."""
    write_events_to(open_log(sys.stderr.fileno()))


def main(arguments: Sequence[str] | None = None) -> int:
    """0 after SIGTERM."""
    parser = argparse.ArgumentParser(prog="innergate.runtime.functions")
    parser.add_argument("--state", type=Path, required=True)
    options = parser.parse_args(arguments)
    configure_logging()
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(Supervisor(FunctionFolder(options.state.resolve())).run())
    return 0
