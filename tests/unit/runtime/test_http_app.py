"""What goes out is one answer, whatever its status and its body are."""

import asyncio
from pathlib import Path

import pytest
from tests.unit.runtime.unix_server import served

from innergate.runtime.http_app import Answer, Receive, Scope, Send, send_answer

SMUGGLED = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nPOISON"


def hear(folder: Path, answer: Answer, requests: bytes) -> bytes:
    """What a client hears on one connection that ends after its last request."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send_answer(send, answer, scope["method"] == "HEAD")

    async def run() -> bytes:
        path = folder / "s.sock"
        async with served(app, path), asyncio.timeout(5):
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
