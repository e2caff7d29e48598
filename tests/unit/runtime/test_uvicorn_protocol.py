"""An answer reaches its client in one piece."""

import asyncio
import time
from pathlib import Path

import pytest
from tests.unit.runtime.recording_transport import RecordingTransport, connect
from tests.unit.runtime.unix_server import served

from innergate.runtime import http_app
from innergate.runtime.http_app import Answer, App, Receive, Scope, Send, answer_whole, send_answer
from innergate.testing.waiting import LONGEST_S

REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"


def hear(app: App, *requests: bytes) -> RecordingTransport:
    """What a server of `app` does with its connection, after the requests."""

    async def run() -> RecordingTransport:
        under = RecordingTransport()
        server, protocol = connect(app, under)
        for request in requests:
            protocol.data_received(request)
            await asyncio.gather(*server.server_state.tasks)
            await asyncio.sleep(0)
        protocol.connection_lost(None)
        return under

    return asyncio.run(run())


def answering(answer: Answer) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send_answer(send, answer)

    return app


def test_head_and_body_of_an_answer_are_one_write() -> None:
    writes = hear(answering(Answer(200, (("x-a", "b"),), b"the body")), REQUEST, REQUEST).writes
    assert len(writes) == 2
    for written in writes:
        assert written.startswith(b"HTTP/1.1 200 OK\r\n")
        assert written.endswith(b"\r\n\r\nthe body")


def test_what_a_closing_connection_still_holds_goes_out_first() -> None:
    last = REQUEST.replace(b"Host", b"Connection: close\r\nHost")
    under = hear(answering(Answer(400, (), b"the body")), last)
    assert [written[-8:] for written in under.writes] == [b"the body"]
    assert under.end == "closed"


def test_the_head_of_a_streamed_answer_does_not_wait_for_its_body() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.sleep(0.001)
        await send({"type": "http.response.body", "body": b"late"})

    head, body = hear(app, REQUEST).writes
    assert head.endswith(b"\r\n\r\n")
    assert b"late" in body


def answering_whole(answer: Answer) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await answer_whole(scope, send, answer)

    return app


def test_a_whole_answer_is_the_same_by_the_short_way() -> None:
    answer = Answer(201, (("X-A", "b"), ("x-a", "ü"), ("set-cookie", "")), b"the body")
    short, long = hear(answering_whole(answer), REQUEST, REQUEST), hear(answering(answer), REQUEST, REQUEST)
    assert short.writes == long.writes
    assert len(short.writes) == 2


@pytest.mark.parametrize(
    ("answer", "request_"),
    [
        (Answer(200, (("x-a", "b"),), b"the body"), REQUEST.replace(b"POST", b"HEAD")),
        (Answer(200, (("x-a", "b"),), b"the body"), REQUEST.replace(b"Host", b"Connection: close\r\nHost")),
        (Answer(200, (("Connection", "close"),), b"the body"), REQUEST),
        (Answer(200, (("Content-Length", "8"),), b"the body"), REQUEST),
        (Answer(204, (), b""), REQUEST),
        (Answer(304, (), b"the body"), REQUEST),
        (Answer(299, (), b"the body"), REQUEST),
    ],
)
def test_what_is_not_plain_goes_the_long_way(answer: Answer, request_: bytes) -> None:
    short, long = hear(answering_whole(answer), request_), hear(answering(answer), request_)
    assert (short.writes, short.end) == (long.writes, long.end)
    assert short.writes


@pytest.mark.parametrize(
    "pair", [("x-a", "b\r\nx-b: c"), ("x-a", "b\nc"), ("x-a", "b\x00"), ("x a", "b"), ("x-a: b\r\nx", "c")]
)
def test_a_header_that_is_none_never_goes_out(pair: tuple[str, str]) -> None:
    under = hear(answering_whole(Answer(200, (pair,), b"the body")), REQUEST)
    assert (under.writes, under.end) == ([], "closed")


@pytest.mark.parametrize("framing", [b"content-length: %d", b"transfer-encoding: chunked\r\nx-length: %d"])
def test_a_body_is_never_taken_for_a_request(framing: bytes) -> None:
    """The parser takes what follows the head of a request for another protocol as somebody else's."""
    inner = b"GET /inner HTTP/1.1\r\nHost: x\r\n\r\n"
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n" + framing % len(inner) + b"\r\n\r\n"
    for arriving in ((head, inner), (head + inner,)):
        under = RecordingTransport()

        async def run(arriving: tuple[bytes, ...] = arriving, under: RecordingTransport = under) -> None:
            _, protocol = connect(answering(Answer(200, (), b"ok")), under)
            for data in arriving:
                if not under.end:
                    protocol.data_received(data)
                await asyncio.sleep(0)
            protocol.connection_lost(None)

        asyncio.run(run())
        assert [written[:12] for written in under.writes] == [b"HTTP/1.1 400"]


def test_an_answer_before_the_body_has_come_ends_the_request_once() -> None:
    half = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n{}"
    under = hear(answering_whole(Answer(413, (), b"no")), half, b"{}", REQUEST)
    assert [written[:16] for written in under.writes] == [b"HTTP/1.1 413 Req", b"HTTP/1.1 413 Req"]


def test_a_connection_that_nobody_uses_is_closed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(http_app, "KEEP_ALIVE_S", 2.0)

    async def run() -> tuple[float, float]:
        path = tmp_path / "s.sock"
        async with served(answering_whole(Answer(200, (), b"ok")), path), asyncio.timeout(LONGEST_S):
            reader, writer = await asyncio.open_unix_connection(str(path))
            began = time.monotonic()
            for _ in range(5):
                writer.write(REQUEST)
                assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
                used = time.monotonic()
                await asyncio.sleep(0.5)
            assert await reader.read() == b""
            closed = time.monotonic()
            writer.close()
            return used - began, closed - used

    used_s, rested_s = asyncio.run(run())
    assert used_s > 1.99
    assert rested_s > 1.95
