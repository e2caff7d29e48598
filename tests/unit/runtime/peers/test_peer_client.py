"""Peers asked over real sockets: which connection is used again, what is repeated, what ends a call."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import uvloop
from tests.unit.runtime.peers.scripted_peer import CHUNKED, OK, Peer, Say, ask, asking, fetch, read_all

from innergate.runtime.peers.answer_parser import BadAnswer
from innergate.runtime.peers.connection import Disconnected
from innergate.runtime.peers.peer_client import PeerClient
from innergate.runtime.peers.request_head import PeerRequest
from innergate.testing.waiting import LONGEST_S, until

OTHERS = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret"
Script = tuple[bytes | Say, ...]


def run(tmp_path: Path, script: Script, use: Callable[[PeerClient, Peer], Awaitable[None]]) -> None:
    """On the loop that workers have, and on asyncio's own."""

    async def once(path: Path) -> None:
        peer = Peer(*script)
        async with asking(path, peer) as client:
            await use(client, peer)

    asyncio.run(once(tmp_path / "own.sock"))
    uvloop.run(once(tmp_path / "uv.sock"))


async def close(writer: asyncio.StreamWriter) -> None:
    writer.close()


def say_and_close(data: bytes) -> Say:
    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        writer.close()

    return say


def connections(peer: Peer) -> list[int]:
    return [asked.connection for asked in peer.asked]


def test_a_connection_is_used_again(tmp_path: Path) -> None:
    async def use(client: PeerClient, peer: Peer) -> None:
        assert await fetch(client) == (200, b"ok")
        assert await fetch(client, "POST", b"body") == (304, b"")
        assert await fetch(client) == (200, b"ok")
        assert connections(peer) == [1, 1, 1]
        assert [asked.body for asked in peer.asked] == [b"", b"body", b""]

    run(tmp_path, (OK, b"HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n", CHUNKED + b"2\r\nok\r\n0\r\n\r\n"), use)


def test_two_calls_at_once_have_a_connection_each(tmp_path: Path) -> None:
    async def use(client: PeerClient, peer: Peer) -> None:
        assert tuple(await asyncio.gather(fetch(client), fetch(client))) == ((200, b"ok"), (200, b"ok"))
        assert sorted(connections(peer)) == [1, 2]

    run(tmp_path, (OK, OK, OK), use)


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ("GET", OK + OTHERS),
        ("GET", OK + b"H"),
        ("GET", b"HTTP/1.1 304 x\r\nContent-Length: 47\r\n\r\n" + OTHERS),
        ("GET", b"HTTP/1.1 204 x\r\n\r\n" + OTHERS),
        ("GET", b"HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 47\r\n\r\n" + OTHERS),
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 47\r\n\r\n"),
        ("GET", b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
        ("GET", b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ],
)
def test_nobody_gets_what_came_after_anothers_answer(tmp_path: Path, verb: str, said: bytes) -> None:
    """A body where HTTP has no place for one once answered another tenant's request."""

    async def use(client: PeerClient, peer: Peer) -> None:
        status, body = await fetch(client, verb)
        assert (status, body) in [(200, b"ok"), (200, b""), (204, b""), (304, b"")]
        assert await fetch(client) == (200, b"ok")
        assert connections(peer) == [1, 2]

    run(tmp_path, (said, OK, OK), use)


def test_what_nobody_asked_for_ends_the_connection(tmp_path: Path) -> None:
    async def use(client: PeerClient, peer: Peer) -> None:
        assert await fetch(client) == (200, b"ok")
        await peer.left.wait()
        assert await fetch(client) == (200, b"ok")
        assert connections(peer) == [1, 2]

    async def late(writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await asyncio.sleep(0.02)
        writer.write(OTHERS)

    run(tmp_path, (late, OK, OK), use)


@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 O"])
def test_what_may_be_repeated_is_once(tmp_path: Path, verb: str, beginning: bytes) -> None:
    async def use(client: PeerClient, peer: Peer) -> None:
        assert await fetch(client, verb, b"x") == (200, b"ok")
        assert [asked.body for asked in peer.asked] == [b"x", b"x"]
        with pytest.raises(Disconnected):
            await fetch(client, verb)
        assert len(peer.asked) == 4

    gone = say_and_close(beginning)
    run(tmp_path, (gone, OK, gone, gone, OK), use)


@pytest.mark.parametrize("verb", ["POST", "PATCH"])
def test_what_may_not_be_repeated_is_not(tmp_path: Path, verb: str) -> None:
    async def use(client: PeerClient, peer: Peer) -> None:
        with pytest.raises(Disconnected):
            await fetch(client, verb)
        assert len(peer.asked) == 1

    run(tmp_path, (close, OK), use)


def test_after_the_head_nothing_is_repeated(tmp_path: Path) -> None:
    async def use(client: PeerClient, peer: Peer) -> None:
        answer = await ask(client)
        with pytest.raises(Disconnected):
            await read_all(answer)
        assert len(peer.asked) == 1

    run(tmp_path, (say_and_close(OK[:-1]), OK), use)


@pytest.mark.parametrize("said", [CHUNKED + b"2\r\nok\r\n", OK[:-1], b"HTTP/1.1 200 OK\r\n\r\nok", CHUNKED + b"0\r\n"])
def test_a_body_that_breaks_off_is_never_short(tmp_path: Path, said: bytes) -> None:
    async def use(client: PeerClient, peer: Peer) -> None:
        answer = await ask(client)
        with pytest.raises(Disconnected):
            await read_all(answer)
        assert not answer.is_whole

    run(tmp_path, (say_and_close(said),), use)


def test_a_body_that_goes_wrong_is_an_error_after_what_was_right(tmp_path: Path) -> None:
    async def use(client: PeerClient, peer: Peer) -> None:
        answer = await ask(client)
        assert await answer.read(LONGEST_S) == b"ok"
        with pytest.raises(BadAnswer):
            await answer.read(LONGEST_S)
        await peer.left.wait()

    run(tmp_path, (CHUNKED + b"2\r\nok\r\nnonsense", OK), use)


def test_the_first_part_comes_before_the_last_is_made(tmp_path: Path) -> None:
    async def once(path: Path) -> None:
        go = asyncio.Event()

        async def say(writer: asyncio.StreamWriter) -> None:
            writer.write(CHUNKED + b"5\r\nfirst\r\n")
            await go.wait()
            writer.write(b"4\r\nlast\r\n0\r\n\r\n")

        peer = Peer(say, OK)
        async with asking(path, peer) as client:
            answer = await ask(client)
            assert await answer.read(LONGEST_S) == b"first"
            go.set()
            assert [await answer.read(LONGEST_S), await answer.read(LONGEST_S)] == [b"last", b""]
            assert answer.is_whole
            answer.close()
            assert await fetch(client) == (200, b"ok")
            assert connections(peer) == [1, 1]

    uvloop.run(once(tmp_path / "peer.sock"))


def test_a_reader_that_rests_makes_the_peer_rest(tmp_path: Path) -> None:
    """Else a client that does not read would fill the worker's memory with what a backend sends."""

    async def once(path: Path) -> None:
        sent = 0

        async def say(writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (64 << 20))
            for _ in range(64):
                writer.write(bytes(1 << 20))
                await writer.drain()
                sent += 1

        peer = Peer(say, OK)
        async with asking(path, peer) as client:
            answer = await ask(client)
            await asyncio.sleep(0.3)
            rested = sent
            assert rested < 8
            assert sum(map(len, answer.parts)) < 2 << 20
            assert len(await read_all(answer)) == 64 << 20
            assert sent == 64
            assert await fetch(client) == (200, b"ok")
            assert connections(peer) == [1, 1]

    asyncio.run(once(tmp_path / "own.sock"))
    uvloop.run(once(tmp_path / "uv.sock"))


def test_an_answer_may_come_before_the_request_has_gone(tmp_path: Path) -> None:
    """The rest of that request must not be taken for another."""

    async def once(path: Path) -> None:
        seen: list[bytes] = []

        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            seen.append((await reader.readuntil(b"\r\n\r\n"))[:4])
            status = b"413 x" if len(seen) == 1 else b"200 OK"
            writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
            await asyncio.sleep(0.1)
            writer.close()

        server = await asyncio.start_unix_server(take, path)
        client = PeerClient(path)
        assert await fetch(client, "POST", bytes(8 << 20)) == (413, b"")
        assert await fetch(client, "PUT", b"") == (200, b"")
        assert seen == [b"POST", b"PUT "]
        client.close()
        await asyncio.sleep(0.15)
        server.close()

    asyncio.run(once(tmp_path / "own.sock"))
    uvloop.run(once(tmp_path / "uv.sock"))


def test_no_head_and_no_part_in_time(tmp_path: Path) -> None:
    async def rest(writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + b"2\r\nok\r\n")

    async def use(client: PeerClient, peer: Peer) -> None:
        with pytest.raises(TimeoutError):
            await ask(client, within_s=0.05)
        await peer.left.wait()
        answer = await ask(client)
        assert await answer.read(LONGEST_S) == b"ok"
        with pytest.raises(TimeoutError):
            await answer.read(0.05)
        with pytest.raises(TimeoutError):
            await answer.read(0)
        answer.close()
        assert await fetch(client) == (200, b"ok")
        assert connections(peer) == [1, 2, 3]

    run(tmp_path, (b"", rest, OK, OK), use)


@pytest.mark.parametrize(("whole", "begins"), [(b"", b"HTTP/1.1 200 OK\r\nx: "), (CHUNKED + b"2\r\nok\r\n", b"2;")])
def test_a_peer_that_says_a_byte_now_and_then_gets_no_more_time(tmp_path: Path, whole: bytes, begins: bytes) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(whole + begins)
        while not writer.is_closing():
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def use(client: PeerClient, peer: Peer) -> None:
        with pytest.raises(TimeoutError):
            await read_all(await ask(client, within_s=LONGEST_S if whole else 0.2), within_s=0.2)

    run(tmp_path, (drip,), use)


def test_a_cancelled_call_ends_its_connection(tmp_path: Path) -> None:
    async def use(client: PeerClient, peer: Peer) -> None:
        async with asyncio.TaskGroup() as tasks:
            call = tasks.create_task(fetch(client))
            while not peer.asked:  # noqa: ASYNC110 - a peer of tests has no event for it
                await asyncio.sleep(0.005)
            call.cancel()
        await peer.left.wait()
        assert await fetch(client) == (200, b"ok")
        assert connections(peer) == [1, 2]

    run(tmp_path, (b"", OK, OK), use)


def test_a_closed_answer_is_not_waited_for(tmp_path: Path) -> None:
    async def use(client: PeerClient, peer: Peer) -> None:
        answer = await ask(client)
        reading = asyncio.ensure_future(answer.read(LONGEST_S))
        await asyncio.sleep(0.01)
        answer.close()
        with pytest.raises(Disconnected):
            await reading
        await peer.left.wait()

    run(tmp_path, (CHUNKED, OK), use)


def test_who_is_not_there_cannot_be_asked(tmp_path: Path) -> None:
    async def use() -> None:
        client = PeerClient(tmp_path / "nobody.sock")
        with pytest.raises(OSError):
            await ask(client)
        with pytest.raises(ValueError):
            await client.ask(PeerRequest("GET", "/\r\nX: y", []), 1)

    uvloop.run(use())


def test_an_idle_connection_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("innergate.runtime.peers.peer_client.IDLE_LIFE_S", 0.1)

    async def use(client: PeerClient, peer: Peer) -> None:
        assert await fetch(client) == (200, b"ok")
        await peer.left.wait()
        assert await fetch(client) == (200, b"ok")
        assert connections(peer) == [1, 2]

    run(tmp_path, (OK, OK, OK), use)


def test_a_connection_that_the_peer_closed_is_not_asked(tmp_path: Path) -> None:
    async def use(client: PeerClient, peer: Peer) -> None:
        assert await fetch(client) == (200, b"ok")
        await until(lambda: not any(connection.is_open for connection in client._idle))
        assert await fetch(client, "POST") == (200, b"ok")
        assert connections(peer) == [1, 2]

    run(tmp_path, (say_and_close(OK), OK, OK), use)
