"""The HTTP protocol of servers that anybody may connect to: heads have a size, and requests a time to arrive in.

uvicorn bounds neither: one connection could fill the memory with headers that never end, or with requests that it sends ahead,
and some thousands that say nothing could keep all others out. On unix sockets Envoy has seen to that.
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


@final
class GuardedProtocol(UvicornProtocol):
    """Of one connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins to serve it."""
        self._quiet_size = 0
        self._patience = LazyTimer(self._give_up)
        super().connection_made(transport)
        self._patience.set(HEAD_TIMEOUT_S)

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended."""
        self._patience.close()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """What the client sends."""
        self._quiet_size += len(data)
        super().data_received(data)
        if self._quiet_size > MAX_QUIET_BYTES and not self.transport.is_closing():
            self.transport.abort()

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
        if not self.transport.is_closing():
            self.transport.abort()
