"""Nobody fills the front's memory, or keeps others out, by requests that never end."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import pytest

from innergate.runtime import guarded_protocol, http_app
from innergate.runtime.guarded_protocol import MAX_AHEAD
from innergate.runtime.head_bounds import MAX_HEAD_BYTES
from innergate.runtime.http_app import (
    Answer,
    App,
    QuietServer,
    Receive,
    Scope,
    Send,
    answer_whole,
    make_server,
    read_body,
    send_answer,
)
from innergate.testing.waiting import LONGEST_S, until

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    body = await read_body(receive, 1 << 20)
    await send_answer(send, Answer(200, (), b"%d bytes" % len(body)))


@asynccontextmanager
async def connected(
    served: App = app, limit: int = 1 << 16
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter, QuietServer]]:
    """A connection to a server, whose client reads `limit` bytes ahead."""
    server = make_server(served, "127.0.0.1", 0)
    async with asyncio.timeout(2 * LONGEST_S), asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        address = server.servers[0].sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(*address, limit=limit)
        try:
            yield reader, writer, server
        finally:
            writer.close()
            server.should_exit = True


def hear(parts: Iterable[bytes], pause_s: float = 0.0) -> tuple[bytes, int]:
    """What the server says until it closes the connection, and how many bytes it took."""

    async def run() -> tuple[bytes, int]:
        sent = 0
        async with connected() as (reader, writer, _):
            hearing = asyncio.ensure_future(reader.read())
            try:
                for part in parts:
                    if hearing.done():
                        break
                    writer.write(part)
                    await writer.drain()
                    sent += len(part)
                    await asyncio.sleep(pause_s)
                return await asyncio.wait_for(hearing, LONGEST_S), sent
            except ConnectionError:
                return b"", sent
            finally:
                hearing.cancel()
                await asyncio.gather(hearing, return_exceptions=True)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("begin", "part"),
    [
        (HEAD, b"x-a: " + b"b" * 8000 + b"\r\n"),
        (HEAD + b"x-a: ", b"b" * 8000),
        (b"GET /", b"a" * 8000),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"x-a: " + b"b" * 8000 + b"\r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5;", b"a" * 8000),
    ],
)
def test_cases_80_86_heads_trailers_and_chunks_extensions_have_an_end(begin: bytes, part: bytes) -> None:
    _, sent = hear([begin, *[part] * 2000])
    assert sent < 8 * 1024 * 1024


@pytest.mark.parametrize("parts", [[b""], [b"GET / HT"], [HEAD], [HEAD + b"Content-Length: 9\r\n\r\n1234"]])
def test_cases_80_86_what_does_not_go_on_is_ended(monkeypatch: pytest.MonkeyPatch, parts: list[bytes]) -> None:
    monkeypatch.setattr(http_app, "KEEP_ALIVE_S", 2 * LONGEST_S)
    monkeypatch.setattr(guarded_protocol, "HEAD_TIMEOUT_S", 0.3)
    monkeypatch.setattr(guarded_protocol, "BODY_TIMEOUT_S", 0.6)
    said, _ = hear(parts)
    assert said == b""


def test_cases_80_86_a_byte_now_and_then_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded_protocol, "HEAD_TIMEOUT_S", 0.4)
    _, sent = hear([HEAD, *[b"x"] * 100], pause_s=0.05)
    assert sent < len(HEAD) + 60


@pytest.mark.parametrize(("ahead", "is_answered"), [(10, True), (MAX_AHEAD, True), (20_000, False)])
def test_few_requests_may_be_sent_ahead(ahead: int, is_answered: bool) -> None:
    """Each would be kept until those before it are answered."""
    said, _ = hear([b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * ahead + b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"])
    assert said.count(b"HTTP/1.1 200 OK") == (ahead + 1 if is_answered else 0)


def test_requests_that_arrive_in_time_are_answered_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded_protocol, "HEAD_TIMEOUT_S", 1.0)
    large = HEAD + b"x-a: " + b"b" * (MAX_HEAD_BYTES - 100) + b"\r\nContent-Length: 9\r\n\r\n123456789"

    async def run() -> list[bytes]:
        async with connected() as (reader, writer, _):
            heard = []
            for _ in range(3):
                writer.write(large)
                heard.append((await reader.readuntil(b"9 bytes"))[:15])
                await asyncio.sleep(1.2)
            return heard

    assert asyncio.run(run()) == [b"HTTP/1.1 200 OK"] * 3


LARGE = b"x" * (8 << 20)


async def large_app(scope: Scope, receive: Receive, send: Send) -> None:
    await read_body(receive, 1 << 20)
    if scope["path"] == "/whole":
        await answer_whole(scope, send, Answer(200, (), LARGE))
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(LARGE))]})
    for place in range(0, len(LARGE), 1 << 16):
        await send({"type": "http.response.body", "body": LARGE[place : place + (1 << 16)], "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def until_alone(server: QuietServer) -> None:
    """Until the server has seen a connection and has none any more."""
    async with asyncio.timeout(LONGEST_S):
        for is_wanted in (True, False):
            while bool(server.server_state.connections) != is_wanted:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)


@pytest.mark.parametrize("field", [b"Connection: close", b"Connection: keep-alive"])
@pytest.mark.parametrize("path", [b"/whole", b"/in-parts"])
def test_an_answer_that_nobody_takes_is_not_kept(monkeypatch: pytest.MonkeyPatch, path: bytes, field: bytes) -> None:
    monkeypatch.setattr(guarded_protocol, "TAKE_TIMEOUT_S", 0.2)

    async def run() -> None:
        async with connected(large_app, limit=1) as (_, writer, server):
            writer.write(b"GET %b HTTP/1.1\r\nHost: x\r\n%b\r\n\r\n" % (path, field))
            await until_alone(server)

    asyncio.run(run())


@pytest.mark.parametrize("path", [b"/whole", b"/in-parts"])
def test_who_takes_it_slowly_gets_all_of_it(monkeypatch: pytest.MonkeyPatch, path: bytes) -> None:
    monkeypatch.setattr(guarded_protocol, "TAKE_TIMEOUT_S", 1.0)

    async def run() -> int:
        async with connected(large_app, limit=1 << 16) as (reader, writer, server):
            await until(lambda: server.server_state.connections)
            [connection] = server.server_state.connections
            connection.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
            writer.write(b"GET %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path)
            await reader.readuntil(b"\r\n\r\n")
            taken = 0
            while data := await reader.read(1 << 18):
                taken += len(data)
                await asyncio.sleep(0.05)
            return taken

    assert asyncio.run(run()) == len(LARGE)


def test_a_connection_that_nobody_uses_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_app, "KEEP_ALIVE_S", 0.3)

    async def run() -> None:
        async with connected(app) as (reader, writer, server):
            writer.write(HEAD + b"\r\n")
            assert await reader.readuntil(b"0 bytes")
            await until_alone(server)

    asyncio.run(run())
