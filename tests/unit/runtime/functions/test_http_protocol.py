"""Requests come whole, answers go once, and nobody makes the server keep more than it takes."""

import asyncio
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from innergate.runtime.functions.body_room import BodyRoom
from innergate.runtime.functions.http_protocol import HttpProtocol, Reply, Request, Respond
from innergate.runtime.head_bounds import MAX_HEAD_BYTES
from innergate.testing.waiting import LONGEST_S, until

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes]]


def echo(request: Request, respond: Respond) -> None:
    assert respond(Reply(200, {"x-way": request.headers.get("x-way", "")}, request.body))
    assert not respond(Reply(500, {}, b"a second answer"))


def talk(folder: Path, say: Talk, limit: int = 100, is_unwanted: bool = False) -> bytes:
    """What a client hears that talks to a server which sends bodies back."""

    async def run() -> bytes:
        loop = asyncio.get_running_loop()
        path = str(folder / "s.sock")
        server = await loop.create_unix_server(lambda: HttpProtocol(echo, limit, is_unwanted), path)
        reader, writer = await asyncio.open_unix_connection(path)
        try:
            async with asyncio.timeout(LONGEST_S):
                return await say(reader, writer)
        finally:
            writer.close()
            server.close()
            await asyncio.sleep(0.01)

    return asyncio.run(run())


def saying(*parts: bytes) -> Talk:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.01)
            writer.write_eof()
            return await reader.read()
        except ConnectionError:
            return b""

    return say


def post(body: bytes, *headers: bytes) -> bytes:
    length = b"content-length: %d" % len(body)
    return b"\r\n".join((b"POST /a HTTP/1.1", b"Host: x", length, *headers, b"", body))


def test_one_after_the_other_on_a_connection_in_any_pieces(tmp_path: Path) -> None:
    first, second = post(b"one", b"X-Way: a"), post(b"two", b"Connection: close")
    heard = talk(tmp_path, saying(first[:20], first[20:] + second[:7], second[7:]))
    assert heard == (
        b"HTTP/1.1 200 OK\r\nx-way: a\r\ncontent-length: 3\r\n\r\none"
        b"HTTP/1.1 200 OK\r\nx-way: \r\ncontent-length: 3\r\n\r\ntwo"
    )


def test_of_a_body_that_is_too_large_one_byte_more_is_kept(tmp_path: Path) -> None:
    heard = talk(tmp_path, saying(post(b"x" * 5_000, b"Connection: close")), limit=10)
    assert heard.endswith(b"content-length: 11\r\n\r\n" + b"x" * 11)


def test_nonsense_and_endless_heads_end_the_connection(tmp_path: Path) -> None:
    assert talk(tmp_path, saying(b"nonsense\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
    head = b"GET / HTTP/1.1\r\n" + b"".join(
        b"h%d: %s\r\n" % (n, b"x" * 1000) for n in range(MAX_HEAD_BYTES // 1000 + 5)
    )
    assert b"200 OK" not in talk(tmp_path, saying(head + b"\r\n"))
    assert talk(tmp_path, saying(b"GET / HTTP/1.1\r\nh: " + b"x" * (400 << 10))).startswith(b"HTTP/1.1 400 ")
    assert talk(tmp_path, saying(b"GET / HTTP/1.1\r\nx-way: a\0b\r\n\r\n")).startswith(b"HTTP/1.1 400 ")


def test_trailers_have_the_same_bound(tmp_path: Path) -> None:
    head = b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nX-Way: a\r\n\r\n2\r\nhi\r\n0\r\n"
    said = talk(tmp_path, saying(head + b"x-t: v\r\n\r\n"))
    assert said == b"HTTP/1.1 200 OK\r\nx-way: a\r\ncontent-length: 2\r\n\r\nhi"
    too_much = b"x-t: " + b"v" * MAX_HEAD_BYTES + b"\r\n\r\n"
    assert b"200 OK" not in talk(tmp_path, saying(head + too_much))


def test_nobody_has_to_change_the_protocol(tmp_path: Path) -> None:
    """Java's client asks for HTTP/2 with a request of its own; what follows in the same piece is the next one."""
    asks = b"GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    heard = talk(tmp_path, saying(asks * 2 + post(b"two"), asks + post(b"three")))
    assert [answer[-5:] for answer in heard.split(b"HTTP/1.1 200 OK")[1:]] == [
        b"0\r\n\r\n",
        b"0\r\n\r\n",
        b"\r\ntwo",
        b"0\r\n\r\n",
        b"three",
    ]
    tunnel = talk(tmp_path, saying(b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n" + post(b"two")))
    assert tunnel.count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize("framing", [b"content-length: %d", b"transfer-encoding: chunked\r\nx-length: %d"])
def test_a_body_is_never_taken_for_a_request(tmp_path: Path, framing: bytes) -> None:
    """The parser takes what follows the head of a request for another protocol as somebody else's."""
    inner = b"GET /inner HTTP/1.1\r\nHost: x\r\n\r\n"
    head = b"POST /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n" + framing % len(inner)
    heard = talk(tmp_path, saying(head + b"\r\n\r\n" + inner))
    assert heard.startswith(b"HTTP/1.1 400 ")
    assert heard.count(b"HTTP/1.1") == 1


def test_an_answer_to_head_has_no_body(tmp_path: Path) -> None:
    heard = talk(tmp_path, saying(post(b"one").replace(b"POST", b"HEAD") + post(b"two")))
    head = b"HTTP/1.1 200 OK\r\nx-way: \r\ncontent-length: 3\r\n\r\n"
    assert heard == head + head + b"two"


def test_a_body_in_crumbs_costs_no_more_than_its_bytes() -> None:
    """Kept apart, two bytes would cost sixty, and all of a node's functions share the supervisor's memory."""
    crumbs, asked = 100_000, list[int]()
    protocol = HttpProtocol(lambda request, respond: asked.append(len(request.body)), 10_000_000)
    head = b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    protocol.data_received(head)
    data = b"2\r\nab\r\n" * crumbs
    tracemalloc.start()
    try:
        for place in range(0, len(data), 65_536):
            protocol.data_received(data[place : place + 65_536])
        assert tracemalloc.get_traced_memory()[0] < 4 * crumbs
    finally:
        tracemalloc.stop()
    protocol.data_received(b"0\r\n\r\n")
    assert asked == [2 * crumbs]


class Closing(asyncio.Transport):
    """A connection whose end takes a while."""

    def __init__(self) -> None:
        super().__init__()
        self.said = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.said += data

    def close(self) -> None:
        """Asked for."""


def test_what_a_refused_connection_kept_is_room_for_others_at_once() -> None:
    room = BodyRoom(100)
    refused, other = (HttpProtocol(echo, 1000, room=room) for _ in range(2))
    ends, goes_on = Closing(), Closing()
    refused.connection_made(ends)
    other.connection_made(goes_on)
    refused.data_received(post(b"x" * 200)[:-120])
    refused.data_received(b"x" * 40)
    assert ends.said.startswith(b"HTTP/1.1 400")
    other.data_received(post(b"y" * 90))
    assert goes_on.said.startswith(b"HTTP/1.1 200")


def test_a_connection_that_is_not_wanted(tmp_path: Path) -> None:
    assert talk(tmp_path, saying(post(b"one")), is_unwanted=True) == b""


def test_who_does_not_read_the_answers_may_not_ask_more(tmp_path: Path) -> None:
    """Or a function could have the supervisor keep answers until it has no memory left."""
    asked = 0

    def count(request: Request, respond: Respond) -> None:
        nonlocal asked
        asked += 1
        respond(Reply(200, {}, b"x" * 1000))

    async def run() -> None:
        path = str(tmp_path / "s.sock")
        server = await asyncio.get_running_loop().create_unix_server(lambda: HttpProtocol(count, 100), path)
        _, writer = await asyncio.open_unix_connection(path, limit=1)
        most, before = 50_000, -1
        writer.write(post(b"") * most)
        await until(lambda: asked)
        while before < asked:
            before = asked
            await asyncio.sleep(0.2)
        assert 0 < asked < most // 2
        writer.transport.abort()
        server.close()
        await asyncio.sleep(0.01)

    asyncio.run(run())


def test_who_reads_late_gets_all(tmp_path: Path) -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(post(b"x" * 90) * 20_000 + post(b"", b"Connection: close"))
        await asyncio.sleep(0.1)
        return await reader.read()

    assert talk(tmp_path, say).count(b"HTTP/1.1 200 OK") == 20_001
