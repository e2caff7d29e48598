"""uvicorn's HTTP protocol, with shorter ways for what is plain: a whole request, a whole answer, a connection that rests.

Whatever is not plain goes uvicorn's own way, and means the same there.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, cast
from urllib.parse import unquote

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from innergate.primitives.lazy_timer import LazyTimer
from innergate.runtime.one_piece import OnePieceTransport
from innergate.runtime.plain_request import PlainRequest, read_plain
from innergate.runtime.whole_answer import render_whole

WHOLE_ANSWER = "innergate.whole_answer"
"""The name of an ASGI extension, whose `send` is a `SendWhole`."""
WHOLE_BODY = "innergate.whole_body"
"""Another, whose `body` is what `receive` would give, if it is there already."""
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})
SendWhole: TypeAlias = Callable[[Any, int, Sequence[tuple[str, str]], bytes], bool]
"""Sends a whole answer (status, headers, body) to the request of a scope; False where it must go by `send`."""


class UvicornProtocol(HttpToolsProtocol):
    """Of one connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins to serve it."""
        self._one_piece = OnePieceTransport(cast(asyncio.Transport, transport), self.loop)
        self._extensions: dict[str, dict[object, object]] = {WHOLE_ANSWER: {"send": self._send_whole}}
        self._is_between = True
        self._rest = LazyTimer(self.timeout_keep_alive_handler)
        super().connection_made(self._one_piece)

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends what is left of it."""
        super().connection_lost(exc)
        self._rest.close()

    def data_received(self, data: bytes) -> None:
        """On a unix socket, where processes of the node ask, most requests need no parser."""
        if self._is_between and self.client is None and (self.cycle is None or self.cycle.response_complete):
            request = read_plain(data)
            if request is not None and self.limit_concurrency is None:
                self._unset_keepalive_if_required()
                self._begin(request)
                return
        super().data_received(data)

    def _begin(self, request: PlainRequest) -> None:
        """As the parser's calls would, one after the other."""
        super().on_message_begin()
        path = request.path.decode("ascii")
        self.headers += request.headers
        self.scope["extensions"] = {**self._extensions, WHOLE_BODY: {"body": request.body}}
        self.scope["method"] = request.method
        self.scope["path"] = self.root_path + (unquote(path) if "%" in path else path)
        self.scope["raw_path"] = self.root_path.encode("ascii") + request.path
        self.scope["query_string"] = request.query
        whole = asyncio.Event()
        whole.set()
        cycle = self.cycle = RequestResponseCycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=whole,
            expect_100_continue=False,
            keep_alive=True,
            on_response=self.on_response_complete,
        )
        cycle.body += request.body
        cycle.more_body = False
        self._start_asgi_task(cycle, self.app)

    def on_message_begin(self) -> None:
        """Tells the application what this server can do besides."""
        super().on_message_begin()
        self._is_between = False
        self.scope["extensions"] = self._extensions

    def on_headers_complete(self) -> None:
        """Has the request served. Raises ValueError, for which it is refused, where it asks for another protocol and has a
        body: the parser would take that for what follows the request."""
        if self.parser.should_upgrade() and any(name in _FRAMING and value != b"0" for name, value in self.headers):
            raise ValueError("an upgrade with a body")
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The next bytes may begin a request."""
        self._is_between = self.parser.should_keep_alive()
        super().on_message_complete()

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
