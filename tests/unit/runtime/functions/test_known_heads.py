"""What is known is read as the parser would read it; whatever is not exactly that is left to it."""

import asyncio
from typing import final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.runtime.odd_messages import in_two, messages

from innergate.runtime.functions.http_protocol import HttpProtocol, Reply, Request, Respond
from innergate.runtime.functions.known_heads import MOST_HEADS, KnownHeads

FIELDS = b"Host: 127.0.0.1:9001\r\nAccept: */*\r\ncontent-type: application/json"
HEADERS = {"host": "127.0.0.1:9001", "accept": "*/*", "content-type": "application/json"}


def post(body: bytes, path: bytes = b"/a", fields: bytes = FIELDS) -> bytes:
    return b"POST %b HTTP/1.1\r\n%b\r\ncontent-length: %d\r\n\r\n%b" % (path, fields, len(body), body)


def knowing() -> KnownHeads:
    heads = KnownHeads()
    heads.learn(post(b"one"), {**HEADERS, "content-length": "3"})
    return heads


def test_the_same_fields_with_another_line_and_length() -> None:
    heads = knowing()
    assert heads.read(post(b"", b"/b?c=%20")) == ("POST", "/b?c=%20", HEADERS, b"")
    assert heads.read(post(b"x" * 5_000)) == ("POST", "/a", HEADERS, b"x" * 5_000)
    assert heads.read(b"GET /b HTTP/1.1\r\n" + FIELDS + b"\r\n\r\n") == ("GET", "/b", HEADERS, b"")


@pytest.mark.parametrize(
    "data",
    [
        post(b"two")[:-1],
        post(b"two") + b"G",
        post(b"two") * 2,
        post(b"two").replace(b"content-length: 3", b"content-length: 3, 3"),
        post(b"two").replace(b"content-length: 3", b"content-length: -3"),
        post(b"two").replace(b"content-length: 3", b"content-length: +3"),
        post(b"two").replace(b"content-length: 3", b"Content-Length: 3"),
        post(b"two").replace(b"content-length: 3", b"content-length: 9999999999"),
        post(b"two").replace(b"Accept", b"Expect"),
        post(b"two").replace(b"HTTP/1.1", b"HTTP/1.0"),
        post(b"two").replace(b"POST", b"PUT"),
        post(b"two", b"/a b"),
        post(b"two", b"a"),
        post(b"two", b"/\xff"),
        post(b"two", b"/\x00"),
        b"\r\n" + post(b"two"),
        b"POST /a HTTP/1.1\r\n\r\n",
        b"",
    ],
)
def test_all_else_is_left_to_the_parser(data: bytes) -> None:
    assert knowing().read(data) is None


@pytest.mark.parametrize(
    "fields",
    [
        b"Transfer-Encoding: chunked",
        b"Expect: 100-continue",
        b"Connection: close",
        b"Lambda-Runtime-Function-Response-Mode: streaming",
        b"X-Own: content-length: 3",
        b"Content-Length: 3",
    ],
)
def test_fields_that_frame_or_are_strange_are_not_learned(fields: bytes) -> None:
    heads = KnownHeads()
    name, _, value = fields.decode().partition(": ")
    heads.learn(post(b"one", fields=fields), {name.lower(): value})
    assert heads.read(post(b"one", fields=fields)) is None


def test_a_line_that_a_parser_skips_is_no_part_of_the_fields() -> None:
    heads = KnownHeads()
    heads.learn(b"\r\n" + post(b"one"), {**HEADERS, "content-length": "3"})
    assert heads.read(b"GET /b HTTP/1.1\r\n" + post(b"one")) is None


def test_a_client_that_changes_its_fields_costs_no_more_memory() -> None:
    heads = KnownHeads()
    for number in range(3 * MOST_HEADS):
        heads.learn(post(b"", fields=b"user-agent: %d" % number), {"user-agent": str(number)})
    known = [heads.read(post(b"", fields=b"user-agent: %d" % number)) for number in range(3 * MOST_HEADS)]
    assert sum(request is not None for request in known) == MOST_HEADS


_NAMES = (
    b"Host",
    b"accept",
    b"content-length",
    b"Content-Type",
    b"user-agent",
    b"expect",
    b"transfer-encoding",
    b"connection",
    b"upgrade",
    b"x",
)
_VALUES = (b"a", b"3", b"0", b"chunked", b"content-length: 3", b"upgrade", b"")
_LINES = (b"POST /a HTTP/1.1", b"GET /b HTTP/1.1", b"POST /c HTTP/1.0", b"GET  / HTTP/1.1", b"\r\nGET /d HTTP/1.1")
_MESSAGES = messages(_LINES, _NAMES, _VALUES, (b"", b"abc", b"0\r\n\r\n", b"GET "))


@given(st.lists(_MESSAGES, min_size=1, max_size=4).map(lambda said: said * 2))
def test_a_connection_means_the_same_as_to_the_parser_alone(said: list[bytes]) -> None:
    """What arrives at once may be read without the parser; what arrives in two pieces never is."""
    whole, pieces = _requests(said), _requests([piece for data in said for piece in in_two(data)])
    assert whole == pieces


@final
class _DeafTransport(asyncio.Transport):
    """Of a client that hears nothing."""

    is_over = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def close(self) -> None:
        self.is_over = True

    def is_closing(self) -> bool:
        return self.is_over


def _requests(arriving: list[bytes]) -> list[tuple[str, str, dict[str, str], bytes]]:
    found: list[tuple[str, str, dict[str, str], bytes]] = []

    def note(request: Request, respond: Respond) -> None:
        headers = {name: value for name, value in request.headers.items() if name != "content-length"}
        found.append((request.method, request.path, headers, request.body))
        respond(Reply(200, {}, b""))

    async def run() -> None:
        protocol = HttpProtocol(note, 100)
        transport = _DeafTransport()
        protocol.connection_made(transport)
        for data in arriving:
            if transport.is_closing():
                return
            protocol.data_received(data)

    asyncio.run(run())
    return found
