"""An answer reaches its client in one piece."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from tests.unit.runtime.recording_transport import RecordingTransport

from innergate.runtime.http_app import Answer, App, Receive, Scope, Send, make_server, send_answer

REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"


def hear(app: App, *requests: bytes) -> RecordingTransport:
    """What a server of `app` does with its connection, after the requests."""

    async def run() -> RecordingTransport:
        server, under = make_server(app), RecordingTransport()
        server.config.load()
        make = cast(Callable[..., Any], server.config.http_protocol_class)
        protocol = make(config=server.config, server_state=server.server_state, app_state={})
        protocol.connection_made(under)
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
