"""What goes out is one answer, whatever its status and its body are."""

import asyncio
import socket
from pathlib import Path

import pytest
from tests.unit.runtime.unix_server import served

from innergate.runtime.http_app import (
    Answer,
    BodyTooLarge,
    NoRoom,
    QuietServer,
    Receive,
    Scope,
    Send,
    answer_whole,
    make_server,
    send_answer,
    take_body,
)
from innergate.testing.waiting import LONGEST_S

SMUGGLED = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nPOISON"


def hear(folder: Path, answer: Answer, requests: bytes) -> bytes:
    """What a client hears on one connection that ends after its last request."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send_answer(send, answer, scope["method"] == "HEAD")

    async def run() -> bytes:
        path = folder / "s.sock"
        async with served(app, path), asyncio.timeout(LONGEST_S):
            reader, writer = await asyncio.open_unix_connection(str(path))
            writer.write(requests)
            heard = await reader.read()
            writer.close()
        return heard

    return asyncio.run(run())


def asking(verb: bytes) -> bytes:
    last = b"%s / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % verb
    return last.replace(b"Connection: close\r\n", b"") + last


@pytest.mark.parametrize("status", [204, 304])
def test_a_body_where_http_has_no_place_for_one_is_left_out(tmp_path: Path, status: int) -> None:
    heard = hear(tmp_path, Answer(status, (("Content-Length", "44"), ("x-a", "b")), SMUGGLED), asking(b"GET"))
    assert heard.count(b"HTTP/1.1 ") == heard.count(b"HTTP/1.1 %d" % status) == 2
    assert b"POISON" not in heard
    assert b"content-length" not in heard.lower()
    assert b"x-a: b" in heard


def test_every_other_answer_says_how_long_it_is(tmp_path: Path) -> None:
    assert hear(tmp_path, Answer(205, (), b"body"), asking(b"GET")).count(b"content-length: 4\r\n") == 2


def test_an_answer_to_head_has_a_length_and_no_body(tmp_path: Path) -> None:
    heard = hear(tmp_path, Answer(200, (), SMUGGLED), asking(b"HEAD"))
    assert heard.count(b"content-length: 44\r\n") == 2
    assert b"POISON" not in heard


def test_a_length_that_nobody_knows_is_not_said_to_be_none(tmp_path: Path) -> None:
    heard = hear(tmp_path, Answer(200, (("x-a", "b"),), b""), asking(b"HEAD")).lower()
    assert heard.count(b"x-a: b\r\n") == 2
    assert b"content-length" not in heard


def test_cases_18_19_nobody_says_for_himself_where_he_comes_from() -> None:
    """IAM's aws:SourceIp of control calls is the connection's address, also for clients on this machine."""
    seen: list[tuple[str, str]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((scope["client"][0], scope["scheme"]))
        await send_answer(send, Answer(200, (), b""))

    forwarded = b"X-Forwarded-For: 10.1.2.3\r\nX-Forwarded-Proto: https\r\nForwarded: for=10.1.2.3\r\n"

    def ask(server: QuietServer) -> None:
        with socket.create_connection(server.servers[0].sockets[0].getsockname()) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" + forwarded + b"Connection: close\r\n\r\n")
            while client.recv(1024):
                pass

    async def run() -> None:
        server = make_server(app, "127.0.0.1", 0)
        async with asyncio.timeout(LONGEST_S), asyncio.TaskGroup() as tasks:
            tasks.create_task(server.serve())
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
            await asyncio.to_thread(ask, server)
            server.should_exit = True

    asyncio.run(run())
    assert seen == [("127.0.0.1", "http")]


PLAIN = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n0123456789"


@pytest.mark.parametrize("request_", [PLAIN, PLAIN.replace(b"host", b"Host")])
@pytest.mark.parametrize(
    ("limit", "room", "said"),
    [(10, 10, b"0123456789"), (9, 99, b"too large"), (99, 9, b"no room")],
)
def test_a_body_has_the_same_bounds_whichever_way_it_comes(
    tmp_path: Path, request_: bytes, limit: int, room: int, said: bytes
) -> None:
    """The first is plain, the second has the parser."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await take_body(scope, receive, limit, lambda size: size <= room)
        except BodyTooLarge:
            body = b"too large"
        except NoRoom:
            body = b"no room"
        await answer_whole(scope, send, Answer(200, (), body))

    async def run() -> bytes:
        path = tmp_path / "s.sock"
        async with served(app, path), asyncio.timeout(LONGEST_S):
            reader, writer = await asyncio.open_unix_connection(str(path))
            writer.write(request_)
            heard = await reader.readuntil(said)
            writer.close()
        return heard

    assert asyncio.run(run()).startswith(b"HTTP/1.1 200 OK\r\n")
