"""The few lines between ASGI and plain values, and a uvicorn that leaves signals alone."""

from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias, final

import uvicorn

from innergate.runtime.exchange.body_rest import BodyRest
from innergate.runtime.guarded_protocol import GuardedProtocol
from innergate.runtime.uvicorn_protocol import WHOLE_ANSWER, WHOLE_BODY, SendWhole, UvicornProtocol
from innergate.runtime.whole_answer import WITHOUT_BODY

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


class BodyTooLarge(Exception):
    """The request's body is over the limit."""


class ClientGone(Exception):
    """The client left before its request was whole: what came of it must not be acted on."""


class NoRoom(Exception):
    """The body is more than may be held just now."""


Hold: TypeAlias = Callable[[int], bool]
"""Whether so many bytes more may be held."""


def hold_anything(size_bytes: int) -> bool:
    """Where nobody counts."""
    return True


class Answer(NamedTuple):
    """An HTTP answer: whole, or `rest` of its body is yet to come."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    rest: BodyRest | None = None


async def take_body(scope: Scope, receive: Receive, limit_bytes: int, hold: Hold) -> bytes:
    """The whole body, at once where it is there. Raises as `read_body` does."""
    extension = scope.get("extensions", {}).get(WHOLE_BODY)
    if extension is None:
        return await read_body(receive, limit_bytes, hold)
    body: bytes = extension["body"]
    if len(body) > limit_bytes:
        raise BodyTooLarge(f"the body is over {limit_bytes} bytes")
    if body and not hold(len(body)):
        raise NoRoom
    return body


async def read_body(receive: Receive, limit_bytes: int, hold: Hold = hold_anything) -> bytes:
    """The whole body. Raises BodyTooLarge, ClientGone, NoRoom."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit_bytes:
            raise BodyTooLarge(f"the body is over {limit_bytes} bytes")
        if not hold(len(chunk)):
            raise NoRoom
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


async def send_answer(send: Send, answer: Answer, is_head: bool = False) -> None:
    """Sends it. A body where HTTP has no place for one is left out: on a connection that others share, it would be taken for
    the answer to their next request (RFC 9112, section 6.3). What is made for HEAD without a body may have any length with
    one, so nothing is said of it."""
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    is_bare = answer.status in WITHOUT_BODY
    is_unknown = is_head and not answer.body
    if is_bare:
        headers = [pair for pair in headers if pair[0] != b"content-length"]
    elif not is_unknown and not any(name == b"content-length" for name, _ in headers):
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if is_head or is_bare else answer.body})


async def answer_whole(scope: Scope, send: Send, answer: Answer) -> None:
    """Sends an answer by the shortest way that the server has."""
    extension = scope.get("extensions", {}).get(WHOLE_ANSWER)
    if extension is not None:
        send_whole: SendWhole = extension["send"]
        if send_whole(scope, answer.status, answer.headers, answer.body):
            return
    await send_answer(send, answer, scope["method"] == "HEAD")


KEEP_ALIVE_S = 120
"""Longer than clients keep a connection that nobody uses (Go's, so Terraform, 90 s): a server that closes first may do so while
a request is on its way."""


@final
class QuietServer(uvicorn.Server):
    """A uvicorn server inside a bigger program: signals belong to the program."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def make_server(app: App, host: str = "", port: int = 0, unix_socket: str = "") -> QuietServer:
    """A server for `app` on an address or a unix socket; run it with `.serve()`, end it with `.should_exit = True`. Who calls
    is who has connected: a client on this machine that could say otherwise (X-Forwarded-For) would choose its aws:SourceIp."""
    config = uvicorn.Config(
        app,
        host=host or "127.0.0.1",
        port=port,
        uds=unix_socket or None,
        loop="none",
        http=UvicornProtocol if unix_socket else GuardedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        h11_max_incomplete_event_size=None,
        timeout_graceful_shutdown=2,
    )
    return QuietServer(config)
