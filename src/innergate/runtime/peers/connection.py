"""One connection to a peer: at most one question at a time, its answer taken as fast as somebody reads it."""

import asyncio
import time
from collections.abc import Callable
from typing import cast, final

from innergate.primitives.lazy_timer import LazyTimer
from innergate.runtime.peers.answer_parser import AnswerParser, BadAnswer

MAX_WAITING_BYTES = 256 * 1024
"""Of a body, before the peer is made to wait: so much, and what arrives at once."""
_MAX_WAITING_PARTS = 1024
"""Each costs some memory of its own."""


class Disconnected(ConnectionError):
    """The peer closed the connection before its answer was whole."""


@final
class PeerAnswer:
    """An answer as it comes: `wait_for_head`, then `read` to its end, or `close`."""

    __slots__ = ("_connection", "_error", "_timer", "_waiter", "headers", "is_whole", "parts", "status")

    def __init__(self, connection: "Connection", timer: LazyTimer) -> None:
        self._connection: Connection | None = connection
        self._timer = timer
        self._waiter: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self.is_whole = False
        self.status = 0
        self.headers: tuple[tuple[str, str], ...] = ()
        self.parts: list[bytes] = []

    @property
    def is_drained(self) -> bool:
        """Whether all of it has been read."""
        return self.is_whole and not self.parts

    async def wait_for_head(self, within_s: float) -> None:
        """Then there are `status` and `headers`. Raises TimeoutError, Disconnected, BadAnswer."""
        ends_at = time.monotonic() + within_s
        while not self.status:
            if self._error is not None:
                raise self._error
            await self._wait(ends_at)

    async def read(self, within_s: float) -> bytes:
        """More of the body; b"" at its end. Raises TimeoutError, Disconnected, BadAnswer."""
        ends_at = 0.0
        while not self.parts:
            if self.is_whole:
                return b""
            if self._error is not None:
                raise self._error
            ends_at = ends_at or time.monotonic() + within_s
            await self._wait(ends_at)
        parts = self.parts
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        parts.clear()
        if self._connection is not None:
            self._connection.go_on()
        return data

    def close(self) -> None:
        """Ends the connection, unless the answer has been whole."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._error = Disconnected("nobody wants the rest of the answer")
            self._timer.clear()
            connection.abort()
            self.wake()

    # -- the connection's side ----------------------------------------------------------------------------------------

    def end(self, error: Exception | None) -> None:
        """It is whole, or will never be, and has no connection any more."""
        self._connection = None
        self._timer.clear()
        self._error = error
        self.is_whole = error is None
        self.wake()

    def wake(self) -> None:
        """There is something to look at."""
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    async def _wait(self, ends_at: float) -> None:
        """Until there is something to look at: it need not be what is waited for, and does not give more time."""
        within_s = ends_at - time.monotonic()
        if within_s <= 0:
            raise TimeoutError
        waiter = self._waiter = asyncio.get_running_loop().create_future()
        self._timer.set(within_s)
        try:
            await waiter
        finally:
            self._waiter = None
            if self._connection is not None:
                self._timer.clear()  # else it is somebody else's by now

    def expire(self) -> None:
        """Who waits has waited long enough."""
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_exception(TimeoutError())


def _is_much(parts: list[bytes]) -> bool:
    return len(parts) > _MAX_WAITING_PARTS or sum(map(len, parts)) > MAX_WAITING_BYTES


@final
class Connection(asyncio.Protocol):
    """`keep` gets it back when it may be asked again."""

    def __init__(self, keep: "Callable[[Connection], None]") -> None:
        self._keep = keep
        self._transport: asyncio.Transport | None = None
        self._parser = AnswerParser()
        self._timer = LazyTimer(self._expire)
        self._answer: PeerAnswer | None = None
        self._is_paused = False
        self.idle_since = 0.0

    @property
    def is_open(self) -> bool:
        """Whether it can be asked."""
        return self._transport is not None and not self._transport.is_closing()

    def ask(self, head: bytes, body: bytes, *, is_head: bool) -> PeerAnswer:
        """Sends a request. Raises Disconnected."""
        if self._transport is None or self._transport.is_closing():
            raise Disconnected("the connection is closed")
        self._parser.begin(is_head=is_head)
        answer = self._answer = PeerAnswer(self, self._timer)
        if body:
            self._transport.writelines((head, body))
        else:
            self._transport.write(head)
        return answer

    def go_on(self) -> None:
        """Somebody has read."""
        if self._is_paused and self._transport is not None and not self._transport.is_closing():
            self._is_paused = False
            self._transport.resume_reading()

    def abort(self) -> None:
        """Closes it now."""
        self._answer = None
        if self._transport is not None:
            self._transport.abort()

    def _expire(self) -> None:
        if self._answer is not None:
            self._answer.expire()

    # -- asyncio ------------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._timer.close()
        self._parser.drop()
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.end(Disconnected(str(exc) if exc is not None else "the peer closed the connection"))

    def data_received(self, data: bytes) -> None:
        answer, parser = self._answer, self._parser
        if answer is None:
            self.abort()  # nobody has asked
            return
        bad: BadAnswer | None = None
        try:
            parser.feed(data)
        except BadAnswer as error:
            bad = error
        if parser.has_head and not answer.status:
            answer.status, answer.headers, answer.parts = parser.status, tuple(parser.headers), parser.parts
        if bad is not None:
            self.abort()
            answer.end(bad)
            return
        if parser.is_whole:
            self._answer = None
            self._give_back(may_follow=parser.may_follow)
            answer.end(None)
            return
        if self._transport is not None and _is_much(parser.parts):
            self._is_paused = True
            self._transport.pause_reading()
        answer.wake()

    def _give_back(self, *, may_follow: bool) -> None:
        """A peer that has answered before it has read the request takes the rest of it for another."""
        transport = self._transport
        if transport is None:
            return
        if may_follow and not transport.is_closing() and not transport.get_write_buffer_size():
            self._keep(self)
        else:
            transport.abort()
