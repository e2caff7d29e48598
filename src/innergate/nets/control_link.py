"""The agent's end of the node socket: connects, again and again, and passes messages both ways."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import final

from innergate.nets.framing import TO_AGENT, frame, read_message
from innergate.plans.node_messages import FromAgent, ToAgent
from innergate.primitives.event_log import EventLog

RETRY_S = 0.2

log = EventLog()


@final
class ControlLink:
    """`greet` gives the messages that a new connection begins with; `received` fills with control's messages."""

    def __init__(self, path: Path, greet: Callable[[], list[FromAgent]]) -> None:
        self._path = path
        self._greet = greet
        self._writer: asyncio.StreamWriter | None = None
        self.received: asyncio.Queue[ToAgent] = asyncio.Queue()

    @property
    def is_connected(self) -> bool:
        """Whether control listens."""
        return self._writer is not None and not self._writer.is_closing()

    def send(self, message: FromAgent) -> None:
        """Lost if nobody is there: a new connection is told the whole state anyway."""
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(frame(message))

    async def flush(self) -> None:
        """Waits until what was sent is on its way."""
        if self._writer is not None:
            with contextlib.suppress(OSError):
                await self._writer.drain()

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(self._path)
            except OSError:
                await asyncio.sleep(RETRY_S)
                continue
            log.info("control is there")
            self._writer = writer
            try:
                for message in self._greet():
                    self.send(message)
                while True:
                    self.received.put_nowait(await read_message(reader, TO_AGENT))
            except (OSError, asyncio.IncompleteReadError, ValueError) as error:
                log.info("control is gone", reason=str(error))
            finally:
                self._writer = None
                writer.close()
            await asyncio.sleep(RETRY_S)
