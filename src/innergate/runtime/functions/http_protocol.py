"""A small HTTP/1.1 server side for asyncio: requests in, answers out, one at a time on a connection.

Both are whole, but for what is streamed: a request's body that somebody takes while it comes, an answer's body that is sent
while it is made.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import NamedTuple, Protocol, TypeAlias, cast, final

import httptools

from innergate.runtime.functions.body_room import BodyRoom
from innergate.runtime.functions.known_heads import KnownHeads
from innergate.runtime.functions.streamed_body import Hold, StreamedBody
from innergate.runtime.head_bounds import MAX_HEAD_BYTES, MAX_QUIET_BYTES

_NONE: Mapping[str, str] = MappingProxyType({})


class Request(NamedTuple):
    """A whole request; `path` is as it was sent, names of headers are in lower case. Of a body that is larger than the server
    takes only the beginning is there, one byte more than it takes; of one that was taken while it came, nothing. `trailers` are
    the headers after the body."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    trailers: Mapping[str, str] = _NONE


_NO_REQUEST = Request("", "", _NONE, b"")


class Reply(NamedTuple):
    """An answer; its body is `body`, or comes by `stream`. `rendered` are its bytes, where they are known already."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    stream: StreamedBody | None = None
    rendered: bytes = b""


Respond: TypeAlias = Callable[[Reply], bool]
"""Sends the answer, now or later; False where the client has gone. Only the first call counts."""
Handle: TypeAlias = Callable[[Request, Respond], None]


class Upload(Protocol):
    """Takes a request's body while it comes. When it is whole, the request is handled."""

    def take(self, data: bytes) -> None:
        """More of it."""

    def lose(self) -> None:
        """The connection has gone before the end."""


BeginUpload: TypeAlias = Callable[[Request, Hold], Upload | None]
"""Who takes the body of a request, of which only the head is there yet; None: nobody, it is kept until it is whole. While the
sender is held, it is not read from."""


def keep_whole(request: Request, hold: Hold) -> None:
    """Of a server that takes no body while it comes."""


_HAVE_BODY = frozenset({"content-length", "transfer-encoding"})
_REASONS = {status.value: status.phrase for status in HTTPStatus}


def render(reply: Reply) -> bytes:
    """The answer's bytes, without those of a streamed body."""
    fields = "".join([f"{name}: {value}\r\n" for name, value in reply.headers.items()])
    framing = f"content-length: {len(reply.body)}" if reply.stream is None else "transfer-encoding: chunked"
    head = f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, '')}\r\n{fields}{framing}\r\n\r\n"
    return head.encode("latin-1", "replace") + reply.body


def _read_fields(fields: Sequence[bytes], size: int = 0) -> dict[str, str]:
    """Headers by their names in small letters, of names and values in turn; no field has a NUL (RFC 9110, section 5.5), and the
    parser lets none through. Raises ValueError where they are too large, `size` bytes with them."""
    if not fields:
        return {}
    text = b"\0".join(fields).decode("latin-1")
    if len(text) + size > MAX_HEAD_BYTES:
        raise ValueError("the head of the request is too large")
    words = text.split("\0")
    return dict(zip(map(str.lower, words[::2]), words[1::2], strict=True))


@final
class HttpProtocol(asyncio.Protocol):
    """One connection; one that `is_unwanted` ends at once. `limit_bytes` is the largest body that the server takes whole;
    `begin_upload` says who takes one while it comes; `room` is what all connections of a client may keep together."""

    def __init__(
        self,
        handle: Handle,
        limit_bytes: int,
        is_unwanted: bool = False,
        begin_upload: BeginUpload = keep_whole,
        room: BodyRoom | None = None,
    ) -> None:
        self._handle = handle
        self._begin_upload = begin_upload
        self._download: StreamedBody | None = None
        self._limit_bytes = limit_bytes
        self._room = room
        self._is_unwanted = is_unwanted
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._known = KnownHeads()
        self._is_between = True
        self._arrived = b""
        self._is_waiting = False
        self._number = 0
        self._is_over = False
        self._body = bytearray()
        self._clear()

    def _clear(self) -> None:
        self._path = b""
        self._head = _NO_REQUEST
        self._fields: list[bytes] = []
        self._drop_body()
        self._quiet_size = 0
        self._upload: Upload | None = None

    def _drop_body(self) -> None:
        if self._room is not None:
            self._room.give_back(len(self._body))
        self._body = bytearray()

    @property
    def is_open(self) -> bool:
        """Whether the client is there, or about to be: from the first moment it counts as one of its server's."""
        return not self._is_over

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
        self._is_over = True
        self._drop_body()
        upload, self._upload = self._upload, None
        if upload is not None:
            upload.lose()
        if self._download is not None:
            self._download.lose()

    def data_received(self, data: bytes) -> None:
        if self._is_between:
            known = self._known.read(data)
            if known is not None and len(known.body) <= self._limit_bytes:
                self._serve(Request(*known), keeps_alive=True)
                return
            self._arrived = data
        self._quiet_size += len(data)
        try:
            self._feed(data)
        except httptools.HttpParserError:
            self._close_with(400)
            return
        finally:
            self._arrived = b""
        if self._quiet_size > MAX_QUIET_BYTES:
            self._close_with(400)

    def _feed(self, data: bytes) -> None:
        """Who asks for another protocol goes on with this one (RFC 9110, section 7.8). Raises HttpParserError."""
        left: bytes | memoryview = data
        while left:
            try:
                self._parser.feed_data(left)
                return
            except httptools.HttpParserUpgrade as upgrade:
                left = memoryview(left)[upgrade.args[0] :]

    def pause_writing(self) -> None:
        """Who does not read the answers to what it asks may not ask more."""
        self._hold(True)
        if self._download is not None:
            self._download.set_full(True)

    def resume_writing(self) -> None:
        """All again."""
        self._hold(False)
        if self._download is not None:
            self._download.set_full(False)

    def _hold(self, is_held: bool) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if is_held:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    # -- httptools ----------------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._is_between = False

    def on_url(self, url: bytes) -> None:
        self._path += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._fields += (name, value)

    def on_headers_complete(self) -> None:
        method, headers = self._parser.get_method().decode("ascii"), _read_fields(self._fields, len(self._path))
        self._fields = []
        if (
            self._parser.should_upgrade()
            and not _HAVE_BODY.isdisjoint(headers)
            and headers.get("content-length") != "0"
        ):
            raise ValueError("the parser would take the body for what follows the request")
        self._head = Request(method, self._path.decode("latin-1"), headers, b"")
        self._upload = self._begin_upload(self._head, self._hold)
        if headers.get("expect", "").lower() == "100-continue" and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, data: bytes) -> None:
        self._quiet_size = 0
        if self._upload is not None:
            self._upload.take(data)
            return
        kept = data[: self._limit_bytes + 1 - len(self._body)]
        if self._room is not None and not self._room.take(len(kept)):
            raise ValueError("the client's connections together keep too much")
        self._body += kept

    def on_message_complete(self) -> None:
        head = self._head
        trailers = _read_fields(self._fields) if self._fields else _NONE
        request = Request(head.method, head.path, head.headers, bytes(self._body), trailers)
        if self._arrived:
            self._known.learn(self._arrived, head.headers)
            self._arrived = b""
        self._clear()
        keeps_alive = self._is_between = self._parser.should_keep_alive()
        self._serve(request, keeps_alive)

    def _serve(self, request: Request, keeps_alive: bool) -> None:
        """Has a whole request handled."""
        self._number += 1
        number = self._number
        self._is_waiting = True

        def respond(reply: Reply) -> bool:
            if number != self._number or not self._is_waiting:
                return False
            self._is_waiting = False
            if self._transport is None:
                return False
            rendered = reply.rendered or render(reply)
            if request.method == "HEAD":
                rendered = rendered[: len(rendered) - len(reply.body)]
            self._transport.write(rendered)
            if reply.stream is not None:
                self._download = reply.stream
                reply.stream.attach(lambda data: self._write_part(data, keeps_alive), self.abort)
            elif not keeps_alive:
                self._transport.close()
            return True

        self._handle(request, respond)

    def _write_part(self, data: bytes, keeps_alive: bool) -> None:
        """A chunk of a streamed body (RFC 9112, section 7.1); b"" is the last."""
        if self._transport is None:
            return
        self._transport.write(b"%x\r\n%b\r\n" % (len(data), data))
        if not data:
            self._download = None
            if not keeps_alive:
                self._transport.close()

    def _close_with(self, status: int) -> None:
        """Ends the connection with this answer. Its body is let go at once: the end comes later, and others need the room."""
        self._drop_body()
        if self._transport is not None:
            self._transport.write(render(Reply(status, {"connection": "close"}, b"")))
            self._transport.close()
