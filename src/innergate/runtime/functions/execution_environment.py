"""One process of a function version: started, given one invocation at a time, ended.

A process that waits for work takes an invocation, and says what became of it, without a task or a future of its own.

A process that fails, runs out of time or cannot begin is ended; the next invocation gets another.
"""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TypeAlias, final

from innergate.primitives.event_log import EventLog
from innergate.primitives.lazy_timer import LazyTimer
from innergate.runtime.functions.body_room import BodyRoom
from innergate.runtime.functions.http_protocol import HttpProtocol
from innergate.runtime.functions.invocations import MAX_RESPONSE_BYTES, Invocation, Outcome, Target, failure
from innergate.runtime.functions.log_file import LogFile, LogTarget
from innergate.runtime.functions.log_pipe import LogPipe
from innergate.runtime.functions.process_settings import missing_entry_point, sandbox_spec
from innergate.runtime.functions.report_lines import Figures, report_lines, start_line
from innergate.runtime.functions.runtime_api import Given, Order, RuntimeApi
from innergate.runtime.functions.user_ids import UserIds

INIT_TIMEOUT_S = 10.0
CHANNEL_TIMEOUT_S = 10.0
MAX_CONNECTIONS = 8
MAX_KEPT_BYTES = 2 * (MAX_RESPONSE_BYTES + 1)
"""Of what a process's connections send: its response, and as much besides."""
MEMORY_LOOK_INTERVAL_S = 1.0
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
SANDBOX = Path(__file__).with_name("sandbox.py")

log = EventLog()


class Places(NamedTuple):
    """Folders and files of the node. `root` is an empty folder; `resolvers` holds `<namespace>.conf`."""

    root: Path
    resolvers: Path


class Code(NamedTuple):
    """Unpacked: the function's own package, and its layers together."""

    package: Path
    layers: Path | None = None


Hear: TypeAlias = Callable[[Outcome], None]


class _Work(NamedTuple):
    """The invocation that the process has."""

    request_id: str
    began: float
    hear: Hear


@final
class ExecutionEnvironment:
    """`start`, then `invoke`, or `begin` once the process waits, one after the other; `end` at any time. Raises OSError where
    there is no user for it."""

    def __init__(self, target: Target, code: Code, places: Places, log_file: LogFile, users: UserIds) -> None:
        self._users = users
        self._user = users.take()
        self._target = target
        self._code = code
        self._places = places
        plan, version = target.plan, target.version
        self._stream = f"{datetime.now(UTC):%Y/%m/%d}/[{version.number}]{secrets.token_hex(16)}"
        self._log = LogPipe(log_file, LogTarget(plan.account, plan.region, version.log_group, self._stream))
        self._api = RuntimeApi(self._note_ready, self._note_given, self._note_init_error)
        self._news: asyncio.Future[Given | None] | None = None
        self._work: _Work | None = None
        self._timer = LazyTimer(self._time_out)
        self._process: Process | None = None
        self._pid = 0
        self._server: asyncio.Server | None = None
        self._connections: list[HttpProtocol] = []
        self._room = BodyRoom(MAX_KEPT_BYTES)
        self._watch: asyncio.Task[None] | None = None
        self._init_ms: float | None = None
        self._memory = (0.0, 0)
        self._is_ready = False
        self._init_error: Given | None = None
        self._exit_text = ""
        self._is_too_large = False
        self._began = 0.0
        self.is_alive = True
        self.idle_since = 0.0

    @property
    def revision(self) -> tuple[str, str]:
        """What it runs: the version's number and revision."""
        return self._target.version.number, self._target.version.revision_id

    # -- its life -----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Starts the process; it is not waited for. Raises OSError."""
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        self._began = time.monotonic()
        with ours:
            with theirs:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    *("-I", "-S", str(SANDBOX), str(theirs.fileno())),
                    stdin=PIPE,
                    stdout=self._log.writer,
                    stderr=self._log.writer,
                    pass_fds=(theirs.fileno(),),
                    env={},
                    start_new_session=True,
                )
            self._log.close_writer()
            self._watch = loop.create_task(self._wait_for_end(self._process))
            await self._send_spec(self._process)
            ours.settimeout(CHANNEL_TIMEOUT_S)
            listener = await asyncio.to_thread(self._receive, ours)
        self._server = await loop.create_server(self._connect, sock=listener)

    def _connect(self) -> HttpProtocol:
        """A runtime needs one or two; what a function opens besides must not cost the supervisor its memory."""
        self._connections = [connection for connection in self._connections if connection.is_open]
        is_unwanted = len(self._connections) >= MAX_CONNECTIONS
        connection = HttpProtocol(self._api.handle, MAX_RESPONSE_BYTES, is_unwanted, self._api.begin_upload, self._room)
        self._connections.append(connection)
        return connection

    async def _send_spec(self, process: Process) -> None:
        namespace = self._target.version.namespace
        places = {
            "root": self._places.root,
            "resolver": self._places.resolvers / f"{namespace}.conf" if namespace else None,
            "code": self._code.package,
            "layers": self._code.layers,
        }
        spec = sandbox_spec(self._target, places, self._stream, self._user)
        assert process.stdin is not None
        with contextlib.suppress(ConnectionError):
            process.stdin.write(json.dumps(spec).encode())
            process.stdin.close()
            await process.stdin.wait_closed()

    def _receive(self, channel: socket.socket) -> socket.socket:
        """What the sandbox sends: the listener inside its network, and the process's id."""
        data, descriptors, _, _ = socket.recv_fds(channel, 4096, 1)
        if not descriptors:
            raise OSError("the sandbox did not begin")
        listener = socket.socket(fileno=descriptors[0])
        listener.setblocking(False)
        while data.count(b"\n") < 2:
            more = channel.recv(4096)
            if not more:
                listener.close()
                raise OSError("the sandbox ended")
            data += more
        first, second = (json.loads(line) for line in data.splitlines()[:2])
        self._pid = int(second["pid"])
        if first["shared"]:
            log.warning("functions share the machine's network and files", reason=first["shared"])
        return listener

    async def _wait_for_end(self, process: Process) -> None:
        self._exit_text = _exit_text(await process.wait())
        self.is_alive = False
        self._tell(None)
        self._finish(self._exited())

    async def end(self) -> None:
        """Ends it and all that it started; nothing is left. What it works on, nobody hears of."""
        self.is_alive = False
        self._work = None
        self._timer.close()
        if self._process is not None:
            self._kill(self._process)
            if self._watch is not None:
                await self._watch
        self._users.give_back(self._user)
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.abort()
        self._connections.clear()
        self._log.close()

    def _kill(self, process: Process) -> None:
        """Only while the sandbox lives: until then the ids are its own and its child's, not somebody else's."""
        if process.returncode is None:
            for pid in (self._pid, process.pid):
                if pid:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)

    # -- an invocation ------------------------------------------------------------------------------------------------

    @property
    def is_waiting(self) -> bool:
        """Whether it can `begin` an invocation."""
        return self._is_ready and self.is_alive

    async def invoke(self, invocation: Invocation, invoked_arn: str) -> Outcome:
        """What becomes of it, also where the process has yet to begin. Afterwards look at `is_alive`."""
        heard: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def hear(outcome: Outcome) -> None:
            if not heard.done():
                heard.set_result(outcome)

        if self._is_ready:
            self.begin(invocation, invoked_arn, hear)
            return await heard
        id = invocation.request_id
        self._log.begin(start_line(self._target.version, id))
        missing = missing_entry_point(self._target, self._code.package)
        if missing:
            return self._spend(Given(failure("Runtime.InvalidEntrypoint", missing, id), "Unhandled"), id)
        given = await self._initialise(id)
        if given is not None:
            return self._spend(given, id)
        self._hand_over(invocation, invoked_arn, hear)
        return await heard

    def begin(self, invocation: Invocation, invoked_arn: str, hear: Hear) -> None:
        """Gives it to a process that waits; `hear` is told what became of it. Afterwards look at `is_alive`."""
        self._log.begin(start_line(self._target.version, invocation.request_id))
        self._hand_over(invocation, invoked_arn, hear)

    def _hand_over(self, invocation: Invocation, invoked_arn: str, hear: Hear) -> None:
        timeout_s = self._target.version.timeout_s
        self._work = _Work(invocation.request_id, time.monotonic(), hear)
        self._timer.set(timeout_s)
        self._api.put(Order(invocation, invoked_arn, int((time.time() + timeout_s) * 1000)))
        if not self.is_alive:
            self._finish(self._exited())

    def _finish(self, given: Given) -> None:
        """The invocation is over."""
        work, self._work = self._work, None
        if work is None:
            return
        self._timer.clear()
        if given.is_spent:
            self.is_alive = False
        said = self._report(work.request_id, work.began)
        work.hear(Outcome(given.payload, given.error, said, given.was_streamed))

    def _spend(self, given: Given, id: str) -> Outcome:
        """What becomes of an invocation that the process never got."""
        self.is_alive = False
        return Outcome(given.payload, given.error, self._report(id, time.monotonic()), given.was_streamed)

    def _exited(self) -> Given:
        """What an invocation hears whose process has ended."""
        kind = "Runtime.OutOfMemory" if self._is_too_large else "Runtime.ExitError"
        id = self._work.request_id if self._work is not None else ""
        return Given(failure(kind, f"Runtime exited with error: {self._exit_text}", id), "Unhandled", True)

    async def _initialise(self, id: str) -> Given | None:
        """None once the process asks for work, else why it never will."""
        self._news = asyncio.get_running_loop().create_future()
        if self._init_error is not None or not self.is_alive:
            self._tell(self._init_error)
        # AWS differs: an initialisation of more than 10 seconds fails; AWS tries it again within the function's own time.
        if await self._wait(self._news, INIT_TIMEOUT_S):
            text = f"Task timed out after {INIT_TIMEOUT_S:.2f} seconds"
            self._log.say(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z} {id} {text}\n")
            return Given(failure("Sandbox.Timedout", text, id), "Unhandled")
        if self._is_ready:
            return None
        given = self._news.result()
        if given is not None:
            return given
        return Given(failure("Runtime.ExitError", f"Runtime exited with error: {self._exit_text}", id), "Unhandled")

    async def _wait(self, news: "asyncio.Future[Given | None]", timeout_s: float) -> bool:
        """Whether the time is over before there are news."""
        is_over = False

        def ring() -> None:
            nonlocal is_over
            if not news.done():
                is_over = True
                news.set_result(None)

        timer = asyncio.get_running_loop().call_later(timeout_s, ring)
        try:
            await news
        finally:
            timer.cancel()
        return is_over

    def _time_out(self) -> None:
        if self._work is None:
            return
        id = self._work.request_id
        text = f"Task timed out after {self._target.version.timeout_s:.2f} seconds"
        self._api.forget()
        self._log.drain()
        self._log.say(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z} {id} {text}\n\n")
        self._finish(Given(failure("Sandbox.Timedout", text, id), "Unhandled", True))

    def _report(self, id: str, began: float) -> bytes:
        """Writes Lambda's own lines; all that the invocation said."""
        took_ms = (time.monotonic() - began) * 1000
        self._log.drain()
        figures = Figures(took_ms, self._used_mb(), self._init_ms)
        self._init_ms = None
        for line in report_lines(self._target.version, id, figures):
            self._log.say(line)
        return self._log.flush()

    def resident_mb(self) -> int:
        """What its processes hold together. Blocks: they may be a thousand."""
        return resident_mb(self._pid) if self._pid else 0

    def end_if_too_large(self, size_mb: int) -> None:
        """Kills it where its processes together hold more memory than the function may have."""
        if self._process is None or self._process.returncode is not None:
            return
        if size_mb > self._target.version.memory_mb:
            self._is_too_large = True
            self._kill(self._process)

    def _used_mb(self) -> int:
        """The most memory that the process has had, looked at once a second."""
        now = time.monotonic()
        if now > self._memory[0] + MEMORY_LOOK_INTERVAL_S and self._pid:
            with contextlib.suppress(OSError, ValueError, IndexError):
                first = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text().split()[0]
                text = Path(f"/proc/{first}/status").read_text()
                self._memory = (now, int(text.split("VmHWM:")[1].split()[0]) >> 10)
        return self._memory[1]

    # -- what the Runtime API says ------------------------------------------------------------------------------------

    def _note_ready(self) -> None:
        self._is_ready = True
        self._init_ms = (time.monotonic() - self._began) * 1000
        self._tell(None)

    def _note_given(self, given: Given) -> None:
        self._finish(given)

    def _note_init_error(self, payload: bytes) -> None:
        self._init_error = Given(payload, "Unhandled")
        self._tell(self._init_error)

    def _tell(self, given: Given | None) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(given)


def resident_mb(first: int) -> int:
    """The memory of all processes that descend from the first one of a sandbox, which is not counted itself. A process's
    children are its threads', each has its own (proc(5))."""
    pages, ahead = 0, [first]
    while ahead:
        pid = ahead.pop()
        with contextlib.suppress(OSError, ValueError, IndexError):
            for thread in os.listdir(f"/proc/{pid}/task"):
                with contextlib.suppress(OSError, ValueError):
                    ahead += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text().split())
            if pid != first:
                pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * PAGE_BYTES >> 20


_SIGNAL_NAMES: dict[int, str] = {
    signal.SIGKILL: "killed",
    signal.SIGSEGV: "segmentation fault",
    signal.SIGABRT: "aborted",
}


def _exit_text(code: int) -> str:
    """As Lambda says it: `exit status 1`, `signal: killed`. A process may end with any code, also one
    above 128 that stands for no signal."""
    number = -code if code < 0 else code - 128
    if number <= 0 or (code > 0 and number not in signal.valid_signals()):
        return f"exit status {code}"
    names = {each.value: each.name for each in signal.Signals} | _SIGNAL_NAMES
    return f"signal: {names.get(number, f'signal {number}')}"
