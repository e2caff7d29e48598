"""Asks a peer on its unix socket, by connections that are kept."""

import asyncio
import time
from collections import deque
from pathlib import Path
from typing import final

from innergate.runtime.peers.connection import Connection, Disconnected, PeerAnswer
from innergate.runtime.peers.request_head import PeerRequest, render_head

IDLE_LIFE_S = 15.0
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""Idempotent methods (RFC 9110, section 9.2.2)."""


@final
class PeerClient:
    """Used by one event loop; `close` it there."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._idle: deque[Connection] = deque()
        self._sweep_timer: asyncio.TimerHandle | None = None

    def close(self) -> None:
        """Closes all connections that nobody uses."""
        if self._sweep_timer is not None:
            self._sweep_timer.cancel()
            self._sweep_timer = None
        while self._idle:
            self._idle.pop().abort()

    async def ask(self, request: PeerRequest, within_s: float) -> PeerAnswer:
        """The answer, of which the head is there. A request that may be repeated is, once, where the peer closes the connection
        before that. Raises ValueError where the request cannot be sent, TimeoutError, OSError, BadAnswer."""
        return await self.ask_rendered(request.verb, render_head(request), request.body, within_s)

    async def ask_rendered(self, verb: str, head: bytes, body: bytes, within_s: float) -> PeerAnswer:
        """As `ask`, of a request whose head is made already."""
        ends_at = time.monotonic() + within_s
        may_repeat = verb in _REPEATABLE
        while True:
            connection = self._take_idle() or await self._connect(ends_at - time.monotonic())
            answer: PeerAnswer | None = None
            try:
                answer = connection.ask(head, body, is_head=verb == "HEAD")
                await answer.wait_for_head(ends_at - time.monotonic())
                return answer
            except Disconnected:
                if not may_repeat:
                    raise
                may_repeat = False
            except BaseException:
                if answer is not None:
                    answer.close()
                raise

    def _take_idle(self) -> Connection | None:
        """The one used last, which has the best chance to be open still."""
        oldest = time.monotonic() - IDLE_LIFE_S
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open and connection.idle_since > oldest:
                return connection
            connection.abort()
        return None

    async def _connect(self, within_s: float) -> Connection:
        async with asyncio.timeout(within_s):
            loop = asyncio.get_running_loop()
            _, connection = await loop.create_unix_connection(lambda: Connection(self._keep), self._path)
        return connection

    def _keep(self, connection: Connection) -> None:
        connection.idle_since = time.monotonic()
        self._idle.append(connection)
        if self._sweep_timer is None:
            self._sweep_timer = asyncio.get_running_loop().call_later(IDLE_LIFE_S, self._sweep)

    def _sweep(self) -> None:
        """Ends what nobody has needed for a while."""
        oldest = time.monotonic() - IDLE_LIFE_S
        while self._idle and (not self._idle[0].is_open or self._idle[0].idle_since <= oldest):
            self._idle.popleft().abort()
        self._sweep_timer = None
        if self._idle:
            self._sweep_timer = asyncio.get_running_loop().call_later(IDLE_LIFE_S, self._sweep)
