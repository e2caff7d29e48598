"""uvicorn's HTTP protocol with answers in one piece, and one timer a connection for those that nobody uses."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, cast, final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from innergate.primitives.lazy_timer import LazyTimer
from innergate.runtime.one_piece import OnePieceTransport
from innergate.runtime.whole_answer import render_whole

WHOLE_ANSWER = "innergate.whole_answer"
"""The name of an ASGI extension, whose `send` is a `SendWhole`."""
SendWhole: TypeAlias = Callable[[Any, int, Sequence[tuple[str, str]], bytes], bool]
"""Sends a whole answer (status, headers, body) to the request of a scope; False where it must go by `send`."""


@final
class HttpProtocol(HttpToolsProtocol):
    """Of one connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins to serve it."""
        self._one_piece = OnePieceTransport(cast(asyncio.Transport, transport), self.loop)
        self._extensions: dict[str, dict[object, object]] = {WHOLE_ANSWER: {"send": self._send_whole}}
        self._rest = LazyTimer(self.timeout_keep_alive_handler)
        super().connection_made(self._one_piece)

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends what is left of it."""
        super().connection_lost(exc)
        self._rest.close()

    def on_message_begin(self) -> None:
        """Tells the application what this server can do besides."""
        super().on_message_begin()
        self.scope["extensions"] = self._extensions

    def _send_whole(self, scope: Any, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> bool:
        cycle = self.cycle
        if cycle is None or cycle.scope is not scope or cycle.response_started or cycle.disconnected:
            return False
        if not cycle.keep_alive or self.flow.write_paused or scope["method"] == "HEAD":
            return False
        always = b"".join([b"%b: %b\r\n" % pair for pair in self.server_state.default_headers])
        rendered = render_whole(status, headers, body, always)
        if rendered is None:
            return False
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        self._one_piece.write_now(rendered)
        cycle.message_event.set()
        cycle.on_response()
        return True

    # -- a connection that nobody uses --------------------------------------------------------------------------------

    def _unset_keepalive_if_required(self) -> None:
        """It is used again."""
        self._rest.clear()

    def on_response_complete(self) -> None:
        """Goes on with the next request, or waits for one."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        else:
            self._rest.set(self.timeout_keep_alive)
