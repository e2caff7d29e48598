"""The other end of the node socket: an agent that says what a test makes it say."""

import asyncio
import contextlib
from pathlib import Path
from typing import final

from innergate.nets.framing import TO_AGENT, frame, read_message
from innergate.plans.network import NetworkChange
from innergate.plans.node_messages import Applied, Change, FromAgent, Hello, ToAgent
from innergate.testing.waiting import LONGEST_S


@final
class AgentSide:
    """A connection to the control side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    @classmethod
    async def greet(cls, socket: Path, pid: int = 7) -> "AgentSide":
        """Connects and says hello."""
        agent = cls(*await asyncio.open_unix_connection(socket))
        agent.say(Hello(node="local", pid=pid, applied_revision=-1))
        return agent

    def say(self, message: FromAgent) -> None:
        """Sends a message."""
        self.writer.write(frame(message))

    async def hear(self) -> ToAgent:
        """The next message."""
        return await asyncio.wait_for(read_message(self._reader, TO_AGENT), LONGEST_S)

    async def change(self) -> NetworkChange:
        """The next message, which is a change."""
        message = await self.hear()
        assert isinstance(message, Change), message
        return message.change

    async def apply(self) -> NetworkChange:
        """Takes the next change and says so."""
        change = await self.change()
        self.say(Applied(revision=change.revision))
        return change

    async def is_cut_off(self) -> bool:
        """Whether the control side closes the connection."""
        return await asyncio.wait_for(self._reader.read(), LONGEST_S) == b""

    async def leave(self) -> None:
        """Closes the connection."""
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()
