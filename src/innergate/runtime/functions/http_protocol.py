"""A small HTTP/1.1 server side for asyncio: whole requests in, whole answers out, one at a time on a connection."""

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import NamedTuple, TypeAlias, cast, final

import httptools


class Request(NamedTuple):
    """A whole request; `path` is as it was sent, names of headers are in lower case. Of a body that is larger than the server
    takes only the beginning is there, one byte more than it takes."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Reply(NamedTuple):
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Respond: TypeAlias = Callable[[Reply], bool]
"""Sends the answer, now or later; False where the client has gone. Only the first call counts."""
Handle: TypeAlias = Callable[[Request, Respond], None]

MAX_HEAD_BYTES = 64 << 10

_REASONS = {status.value: status.phrase for status in HTTPStatus}


def render(reply: Reply) -> bytes:
    """The answer's bytes."""
    lines = [f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, '')}"]
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    lines.append(f"content-length: {len(reply.body)}")
    return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + reply.body


@final
class HttpProtocol(asyncio.Protocol):
    """One connection; one that `is_unwanted` ends at once. `limit_bytes` is the largest body that the server takes."""

    def __init__(self, handle: Handle, limit_bytes: int, is_unwanted: bool = False) -> None:
        self._handle = handle
        self._limit_bytes = limit_bytes
        self._is_unwanted = is_unwanted
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._is_waiting = False
        self._number = 0
        self._clear()

    def _clear(self) -> None:
        self._path = b""
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._size = 0
        self._head_size = 0

    @property
    def is_open(self) -> bool:
        """Whether the client is there."""
        return self._transport is not None

    def abort(self) -> None:
        """Ends the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    # -- asyncio ------------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if self._is_unwanted:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._close_with(400)

    def pause_writing(self) -> None:
        """Who does not read the answers to what it asks may not ask more."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """All again."""
        if self._transport is not None:
            self._transport.resume_reading()

    # -- httptools ----------------------------------------------------------------------------------------------------

    def on_url(self, url: bytes) -> None:
        self._count(url)
        self._path += url

    def _count(self, part: bytes) -> None:
        self._head_size += len(part)
        if self._head_size > MAX_HEAD_BYTES:
            raise ValueError("the head of the request is too large")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(name + value)
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        if self._headers.get("expect", "").lower() == "100-continue" and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, data: bytes) -> None:
        room = self._limit_bytes + 1 - self._size
        if room > 0:
            self._body.append(data[:room])
            self._size += min(len(data), room)

    def on_message_complete(self) -> None:
        method = self._parser.get_method().decode("ascii")
        request = Request(method, self._path.decode("latin-1"), self._headers, b"".join(self._body))
        keeps_alive = self._parser.should_keep_alive()
        self._clear()
        self._number += 1
        number = self._number
        self._is_waiting = True

        def respond(reply: Reply) -> bool:
            if number != self._number or not self._is_waiting:
                return False
            self._is_waiting = False
            if self._transport is None:
                return False
            self._transport.write(render(reply))
            if not keeps_alive:
                self._transport.close()
            return True

        self._handle(request, respond)

    def _close_with(self, status: int) -> None:
        if self._transport is not None:
            self._transport.write(render(Reply(status, {"connection": "close"}, b"")))
            self._transport.close()
