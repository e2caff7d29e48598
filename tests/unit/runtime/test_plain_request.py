"""A plain request means to an application what the parser would have told it; everything else is the parser's."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.runtime.odd_messages import ODD_FIELDS, ODD_LENGTHS, in_two, messages
from tests.unit.runtime.recording_transport import RecordingTransport, connect

from innergate.runtime.http_app import Receive, Scope, Send
from innergate.runtime.plain_request import read_plain

PLAIN = (
    b"POST /test/a%20b?c=d?e HTTP/1.1\r\nhost: x\r\nx-a: b; c=\xfc\r\nx-empty: \r\ncontent-length: 2\r\n"
    b"x-innergate-call: a;b\r\nx-a: d\r\n\r\n{}"
)


def test_the_parts_of_a_plain_request() -> None:
    read = read_plain(PLAIN)
    assert read is not None
    assert (read.method, read.path, read.query, read.body) == ("POST", b"/test/a%20b", b"c=d?e", b"{}")
    assert read.headers[:3] == [(b"host", b"x"), (b"x-a", b"b; c=\xfc"), (b"x-empty", b"")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"{}", b"{"),
        (b"{}", b"{}G"),
        *ODD_FIELDS,
        *((b"content-length: 2", b"content-length: " + odd) for odd in ODD_LENGTHS),
        (b"x-a: d", b"X-A: d"),
        (b"x-a: d", b"expect: 100-continue"),
        (b"content-length: 2", b"content-length: 0"),
        (b"content-length: 2\r\n", b""),
        (b"POST", b"CONNECT"),
        (b"POST", b"post"),
        (b"HTTP/1.1", b"HTTP/1.0"),
        (b"/test", b"//test"),
        (b"/test", b"test"),
        (b"/test", b"http://x/test"),
        (b"?c", b"#c"),
        (b"?c", b"\xfcc"),
        (b"?c", b" c"),
        (PLAIN, b"GET / HTTP/1.1\r\n\r\n"),
        (PLAIN, b""),
    ],
)
def test_all_else_is_left_to_the_parser(old: bytes, new: bytes) -> None:
    assert old in PLAIN
    assert read_plain(PLAIN.replace(old, new, 1)) is None


_LINES = (b"GET /a?b=c HTTP/1.1", b"POST /a%2F HTTP/1.1", b"HEAD /a HTTP/1.1", b"GET //a HTTP/1.1", b"GET /a HTTP/1.0")
_NAMES = (b"host", b"Host", b"content-length", b"connection", b"transfer-encoding", b"expect", b"upgrade", b"x-a")
_VALUES = (b"a", b"3", b"0", b"close", b"chunked", b"100-continue", b"", b" b ", b"websocket")
_BODIES = (b"", b"abc", b"1\r\na\r\n0\r\n\r\n")


@given(st.lists(messages(_LINES, _NAMES, _VALUES, _BODIES), min_size=1, max_size=3))
def test_a_connection_means_the_same_as_to_the_parser_alone(said: list[bytes]) -> None:
    """What arrives at once may be read without the parser; what arrives in two pieces never is."""
    whole = _meet(said, in_pieces=False)
    assert whole == _meet(said, in_pieces=True)


def _meet(said: list[bytes], *, in_pieces: bool) -> tuple[list[object], list[bytes], str]:
    """What an application is asked, and what its client hears."""
    asked: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message: MutableMapping[str, Any] = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        kept = {name: value for name, value in scope.items() if name not in ("state", "extensions")}
        asked.append((kept, body))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    async def run() -> tuple[list[object], list[bytes], str]:
        under = RecordingTransport()
        server, protocol = connect(app, under, unix_socket="/x")
        for data in said:
            for piece in in_two(data) if in_pieces else (data,):
                if not under.end:
                    protocol.data_received(piece)
                await asyncio.sleep(0)
            for _ in range(4):
                await asyncio.sleep(0)
        protocol.connection_lost(None)
        await asyncio.gather(*server.server_state.tasks)
        return asked, under.writes, under.end

    return asyncio.run(run())
