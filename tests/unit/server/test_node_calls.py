"""Calls of a node's processes: whole answers come back, everything else is one exception."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from innergate.primitives.fault import Fault
from innergate.runtime.exchange.body_rest import BodyBroken, BodyLate
from innergate.server.node_calls import NodeStream, NodeUnreachable, node_asker, node_streamer
from innergate.services.node_calls import NodeAnswer, NodeCall
from innergate.testing.waiting import LONGEST_S


def call(timeout_s: float = LONGEST_S, way: str = "one") -> NodeCall:
    fault = Fault("ServiceException", "gone", 500)
    return NodeCall("thing", "POST", "/do?x=1", {"X-Way": way}, b"body", timeout_s, lambda answer: {}, fault)


def ask(folder: Path, said: bytes, asked: NodeCall, pause_s: float = 0.0) -> tuple[NodeAnswer, bytes]:
    """The answer to `asked` from a process that reads a request and says `said`; and what it read."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        heard.append(head + await reader.readexactly(4))
        await asyncio.sleep(pause_s)
        writer.write(said)
        writer.close()
        done.set()

    done = asyncio.Event()

    async def run() -> NodeAnswer:
        server = await asyncio.start_unix_server(serve, folder / "thing.sock")
        async with server:
            try:
                return await node_asker(folder)(asked)
            finally:
                await done.wait()
                await asyncio.sleep(0.01)

    return asyncio.run(run()), heard[0]


def test_a_call_and_its_answer(tmp_path: Path) -> None:
    said = b"HTTP/1.1 202 Accepted\r\nX-Kind: a\r\nContent-Length: 5\r\n\r\nhello"
    answer, heard = ask(tmp_path, said, call())
    assert answer == NodeAnswer(202, {"x-kind": "a", "content-length": "5"}, b"hello")
    assert heard.startswith(b"POST /do?x=1 HTTP/1.1\r\n")
    assert b"X-Way: one\r\n" in heard
    assert heard.endswith(b"Content-Length: 4\r\nX-Way: one\r\n\r\nbody")


@pytest.mark.parametrize(
    ("said", "pause_s"),
    [(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", 0), (b"nonsense\r\n\r\n", 0), (b"", 0.5)],
)
def test_half_answers_nonsense_and_silence(tmp_path: Path, said: bytes, pause_s: float) -> None:
    with pytest.raises(NodeUnreachable):
        ask(tmp_path, said, call(0.2), pause_s)


def test_nobody_listens(tmp_path: Path) -> None:
    with pytest.raises(NodeUnreachable):
        asyncio.run(node_asker(tmp_path, 0.1)(call()))


def test_a_process_that_starts_is_waited_for(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"body")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    async def run() -> int:
        asking = asyncio.ensure_future(node_asker(tmp_path)(call()))
        await asyncio.sleep(0.1)
        server = await asyncio.start_unix_server(serve, tmp_path / "thing.sock")
        async with server:
            answer = await asking
            await asyncio.sleep(0.01)
        return answer.status

    assert asyncio.run(run()) == 204


def test_a_header_cannot_become_two(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="line break"):
        asyncio.run(node_asker(tmp_path)(call(way="one\r\nX-Other: two")))


@asynccontextmanager
async def streaming(
    folder: Path, *said: bytes, timeout_s: float = LONGEST_S
) -> AsyncIterator[tuple[NodeAnswer | NodeStream, asyncio.Event]]:
    """The answer of a process that says one thing, and the next when it is told to go on."""
    go = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for text in said:
            writer.write(text)
            await go.wait()
        writer.close()

    async with await asyncio.start_unix_server(serve, folder / "thing.sock"):
        try:
            yield await node_streamer(folder)(call(timeout_s)), go
        finally:
            go.set()
            await asyncio.sleep(0.01)


HEAD = b"HTTP/1.1 200 OK\r\nX-Kind: a\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_a_streamed_answer_comes_as_it_is_made(tmp_path: Path) -> None:
    async def run() -> None:
        async with streaming(tmp_path, HEAD + b"3\r\none\r\n", b"3\r\ntwo\r\n0\r\n\r\n") as (answer, go):
            assert isinstance(answer, NodeStream)
            assert (answer.head.status, answer.head.headers["x-kind"]) == (200, "a")
            parts = answer.body.__aiter__()
            assert await anext(parts) == b"one"
            go.set()
            assert [part async for part in parts] == [b"two"]

    asyncio.run(run())


def test_what_refuses_to_stream_is_whole(tmp_path: Path) -> None:
    async def run() -> None:
        said = b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone"
        async with streaming(tmp_path, said) as (answer, _):
            assert isinstance(answer, NodeAnswer)
            assert (answer.status, answer.body) == (404, b"gone")

    asyncio.run(run())


@pytest.mark.parametrize(("goes_on", "error"), [(True, BodyBroken), (False, BodyLate)])
def test_a_streamed_answer_that_is_never_whole(tmp_path: Path, goes_on: bool, error: type[Exception]) -> None:
    async def run() -> None:
        timeout_s = LONGEST_S if goes_on else 1.5
        async with streaming(tmp_path, HEAD + b"3\r\none\r\n", timeout_s=timeout_s) as (answer, go):
            assert isinstance(answer, NodeStream)
            if goes_on:
                go.set()
            with pytest.raises(error):
                async for part in answer.body:
                    assert part == b"one"

    asyncio.run(run())


def test_nobody_streams(tmp_path: Path) -> None:
    with pytest.raises(NodeUnreachable):
        asyncio.run(node_streamer(tmp_path, 0.1)(call(0.3)))
