"""The HTTP protocol of servers that anybody may connect to: heads have a size, requests a time to arrive in, and answers one
to be taken in.

uvicorn bounds none of it: one connection could fill the memory with headers that never end, with requests that it sends ahead
or with answers that it does not take, and some thousands that say nothing could keep all others out. On unix sockets Envoy has
seen to that.
"""

import asyncio
from typing import final

from innergate.primitives.lazy_timer import LazyTimer
from innergate.runtime.head_bounds import MAX_QUIET_BYTES
from innergate.runtime.uvicorn_protocol import UvicornProtocol

MAX_AHEAD = 64
"""Requests that wait for the answers to those before them. Clients send one at a time; 256 KiB of requests without a header
would be 27 MB of memory, and each answer would let in as many more."""
HEAD_TIMEOUT_S = 30.0
BODY_TIMEOUT_S = 300.0
"""A package of 50 MB has that long, in base64."""
TAKE_TIMEOUT_S = 60.0
"""Within it some of an answer that waits must be taken."""


@final
class GuardedProtocol(UvicornProtocol):
    """Of one connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins to serve it."""
        self._quiet_size = 0
        self._patience = LazyTimer(self._give_up)
        self._unsent = 0
        self._unsent_timer = LazyTimer(self._look_at_unsent)
        super().connection_made(transport)
        self._patience.set(HEAD_TIMEOUT_S)

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended."""
        self._patience.close()
        self._unsent_timer.close()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """What the client sends."""
        self._quiet_size += len(data)
        super().data_received(data)
        if self._quiet_size > MAX_QUIET_BYTES and not self.transport.is_closing():
            self.transport.abort()

    # -- a client that does not take its answer ------------------------------------------------------------------------

    def pause_writing(self) -> None:
        """More waits than should."""
        super().pause_writing()
        self._watch_unsent()

    def resume_writing(self) -> None:
        """The client has taken nearly all."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._unsent_timer.clear()

    def on_response_complete(self) -> None:
        """Goes on; a connection that ends does so when all is taken."""
        super().on_response_complete()
        if self.transport.is_closing() and self.transport.get_write_buffer_size():
            self._watch_unsent()

    def _watch_unsent(self) -> None:
        self._unsent = self.transport.get_write_buffer_size()
        self._unsent_timer.set(TAKE_TIMEOUT_S)

    def _look_at_unsent(self) -> None:
        if self.transport.get_write_buffer_size() < self._unsent:
            self._watch_unsent()
        else:
            self._give_up()

    def timeout_keep_alive_handler(self) -> None:
        """Nobody uses the connection. What still waits would hold up a plain end for ever; of more than a little the other
        timer decides."""
        if self.flow.write_paused:
            self._rest.set(self.timeout_keep_alive)
        else:
            self._give_up()

    # -- httptools ----------------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._patience.set(HEAD_TIMEOUT_S)

    def on_headers_complete(self) -> None:
        """Its body begins. Raises ValueError, which ends the parser's work, where too many requests wait."""
        self._patience.set(BODY_TIMEOUT_S)
        super().on_headers_complete()
        if len(self.pipeline) > MAX_AHEAD:
            self.transport.abort()
            raise ValueError("too many requests sent ahead")

    def on_body(self, body: bytes) -> None:
        """More of it."""
        self._quiet_size = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._quiet_size = 0
        self._patience.clear()
        super().on_message_complete()

    def _give_up(self) -> None:
        self.transport.abort()
