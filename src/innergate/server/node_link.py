"""The control side of the node socket: gives the agent its plan, keeps what it reports."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import final

from innergate.nets.framing import FROM_AGENT, frame, read_message
from innergate.plans.network import NetworkChange
from innergate.plans.node_messages import Applied, Change, FromAgent, Hello, Reopened, Stop, ToAgent
from innergate.primitives.event_log import EventLog

log = EventLog()


@final
class NodeLink:
    """Serves one agent at a time on a unix socket; a newer connection replaces an older one.

    `whole_plan` gives the complete change that a fresh agent starts from; `on_report` gets every message but Applied.
    """

    def __init__(
        self, socket_path: Path, whole_plan: Callable[[], NetworkChange], on_report: Callable[[FromAgent], None]
    ) -> None:
        self._socket_path = socket_path
        self._whole_plan = whole_plan
        self._on_report = on_report
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._applied = asyncio.Condition()
        self.applied_revision = -1
        self._networks_revision = -1
        self.refusals: dict[str, str] = {}
        self.agent_pid = 0
        """Of the last agent that was there."""
        self.greetings = 0
        """How often an agent has come, be it the same: what was on its way to the one before is lost."""

    async def start(self) -> None:
        """Begins to listen."""
        self._socket_path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._socket_path)
        self._socket_path.chmod(0o600)

    async def stop(self) -> None:
        """Closes the socket; the agent keeps everything running and tries again."""
        if self._server is not None:
            self._server.close()
        if self._writer is not None:
            self._writer.close()

    @property
    def is_connected(self) -> bool:
        """Whether an agent is there."""
        return self._writer is not None

    def send(self, change: NetworkChange) -> None:
        """Sends a change; without an agent it is dropped, since a connecting agent starts from the whole plan."""
        self._send(Change(change=change))

    def tell_reopened(self, namespaces: dict[str, int]) -> None:
        """Says that Envoy has new sockets in these namespaces, which had been made anew."""
        self._send(Reopened(namespaces=namespaces))

    async def ask_to_stop(self, timeout_s: float) -> bool:
        """Asks the agent to take everything down; whether it closed the connection in time."""
        self._send(Stop())
        return await self._wait(lambda: not self.is_connected, timeout_s)

    async def wait_applied(self, revision: int, timeout_s: float) -> bool:
        """Whether the agent has applied `revision` within `timeout_s`."""
        return await self._wait(lambda: self.applied_revision >= revision, timeout_s)

    async def wait_networks(self, revision: int, timeout_s: float) -> bool:
        """Whether it has applied all but documents that the disk does not take."""
        return await self._wait(lambda: self._networks_revision >= revision, timeout_s)

    async def _wait(self, holds: Callable[[], bool], timeout_s: float) -> bool:
        try:
            async with asyncio.timeout(timeout_s), self._applied:
                await self._applied.wait_for(holds)
        except TimeoutError:
            return False
        return True

    def _send(self, message: ToAgent) -> None:
        if self._writer is not None:
            self._writer.write(frame(message))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._replace_writer(None)
        await self._notify()
        try:
            while True:
                message = await read_message(reader, FROM_AGENT)
                if self._writer is not writer and not isinstance(message, Hello):
                    break
                await self._take(message, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            log.info("agent gone", pid=self.agent_pid)
        except ValueError as error:
            log.warning("agent cut off", pid=self.agent_pid, reason=str(error))
        finally:
            if self._writer is writer:
                self._replace_writer(None)
                await self._notify()
            writer.close()

    def _replace_writer(self, writer: asyncio.StreamWriter | None) -> None:
        """What the agent before had applied counts no more."""
        if self._writer is writer:
            return
        if self._writer is not None:
            self._writer.close()
        self._writer, self.applied_revision, self._networks_revision = writer, -1, -1

    async def _notify(self) -> None:
        async with self._applied:
            self._applied.notify_all()

    async def _take(self, message: FromAgent, writer: asyncio.StreamWriter) -> None:
        if isinstance(message, Hello):
            self._replace_writer(writer)
            self.agent_pid = message.pid
            self.greetings += 1
            self.send(self._whole_plan())
        elif isinstance(message, Applied):
            self.refusals = {r.subject: r.reason for r in message.refusals}
            self._networks_revision = message.revision
            if not message.lacks_documents:
                self.applied_revision = message.revision
            await self._notify()
        self._on_report(message)
