"""The node agent as control sees it: a process apart, started where none runs, found again after control itself was killed."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from typing import final

from innergate.nets.agent_record import read_agent
from innergate.nets.rootless import agent_command
from innergate.primitives.event_log import EventLog
from innergate.server.settings import AgentNotStarted, Settings
from innergate.server.state_folders import make_folders

LOOK_PERIOD_S = 0.05
SHORTEST_LIFE_S = 1.0
"""An agent that ends sooner is started again only after that time."""
STOP_TIMEOUT_S = 5.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""By which an operator ends control, and with it the agent."""

log = EventLog()


@final
class AgentProcess:
    """Starts, watches and outwaits the agent of one state folder."""

    def __init__(self, settings: Settings, now: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._now = now
        self._started_at = float("-inf")
        self._process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def runs(self) -> bool:
        """Whether there is an agent, whoever started it."""
        if self._process is not None and self._process.poll() is None:
            return True
        return read_agent(self._settings.state) is not None

    def ensure(self) -> None:
        """Starts one, in a session of its own, if none runs. Raises StoreUnwritable, AgentNotStarted."""
        if self.runs() or self._now() < self._started_at + SHORTEST_LIFE_S:
            return
        self._started_at = self._now()
        settings = self._settings
        make_folders(settings)
        arguments = ["--envoy-concurrency", str(settings.envoy_concurrency), "--prefix", settings.namespace_prefix]
        arguments += ["--host-namespace", settings.host_namespace]
        arguments += ["--workers", str(len(settings.worker_sockets))]
        try:
            with (settings.log_folder / "agent.err").open("ab") as errors:
                self._process = subprocess.Popen(
                    agent_command(settings.state, arguments),
                    stdin=subprocess.DEVNULL,
                    stdout=errors,
                    stderr=errors,
                    start_new_session=True,
                    cwd=settings.state,
                )
        except OSError as error:
            raise AgentNotStarted(
                f"the node's agent cannot be started: {error}; see whether memory, processes and files are used up"
            ) from error
        self.starts += 1

    async def watch(self) -> None:
        """Starts it again whenever it has ended; what hinders that now may be over soon (a full disk, too many processes)."""
        while True:
            await asyncio.sleep(LOOK_PERIOD_S)
            try:
                self.ensure()
            except OSError as error:
                log.error("no agent can be started", reason=str(error))

    async def kill(self) -> bool:
        """Ends one that does not answer; whether it has. What it has made stays, for another to take down."""
        record = read_agent(self._settings.state)
        is_own = self._process is not None and self._process.poll() is None
        pid = self._process.pid if self._process is not None and is_own else record.pid if record is not None else 0
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return await self.wait_ended()

    async def wait_ended(self) -> bool:
        """Whether it has ended in time, after it was asked to."""
        deadline = self._now() + STOP_TIMEOUT_S
        while self.runs():
            if self._now() > deadline:
                return False
            await asyncio.sleep(LOOK_PERIOD_S)
        return True
