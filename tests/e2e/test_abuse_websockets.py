"""Abuse case 87. There are no WebSocket APIs, so nobody may get a tunnel: not by any entrance, not in anybody's name.

A handshake is a plain request, what follows it is no frame to anybody, and the calls that manage connections find none.
"""

import contextlib
import socket
import ssl
import struct
from collections.abc import Iterator, Mapping

import pytest
from tests.e2e.abuse_targets import Seen, read
from tests.e2e.conftest import Built
from tests.e2e.inside import Call, api_host, calls_from, raw
from tests.e2e.rivals import ANYONE, Method, Rival, TrialApi

from innergate.testing.waiting import LONGEST_S

pytestmark = pytest.mark.e2e

ORIGINS = ("https://evil.example", "null", "")


def frame(opcode: int, payload: bytes, final: bool = True, length: int | None = None, compressed: bool = False) -> str:
    """A client's frame (RFC 6455, section 5.2), masked with zeros; it may claim to be longer than it is."""
    size = len(payload) if length is None else length
    head = struct.pack("!B", opcode | 0x80 * final | 0x40 * compressed)
    head += struct.pack("!B", 0x80 | size) if size < 126 else struct.pack("!BQ", 0x80 | 127, size)
    return (head + bytes(4) + payload).decode("latin-1")


FRAMES: Mapping[str, str] = {
    "message": frame(1, b"hello"),
    "fragments": frame(1, b"he", final=False) + frame(0, b"llo") + frame(9, b"ping"),
    "oversize": frame(2, b"a" * 4000, length=1 << 62),
    "bomb": frame(2, b"\xec\xc1\x01\x01" * 200, compressed=True),
    "request": "GET /test/fine/smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
}
"""What is sent after a handshake."""


def handshake(host: str, path: str, origin: str = "https://evil.example", after: str = "") -> Call:
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "Connection: keep-alive, Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Extensions: permessage-deflate",
        *([f"Origin: {origin}"] if origin else []),
    ]
    return raw(host, "\r\n".join(lines) + "\r\n\r\n" + after, timeout_s=4)


@pytest.fixture(scope="module")
def api(built: Built, rival: Rival) -> Iterator[str]:
    """An API that Envoy serves at /fine, and a worker at /worked."""
    made = TrialApi(rival.cloud, "websockets", ANYONE)
    made.put("/fine", rival.balancer.dns_name, Method("/fine", rival.link))
    made.put("/worked", "", Method(mock_status=200, mock_headers={"x-from": "mock"}))
    made.deploy()
    built.platform.settle()
    yield made.id
    rival.cloud.apigateway.delete_rest_api(restApiId=made.id)


@pytest.fixture(scope="module")
def answers(built: Built, rival: Rival, api: str) -> Mapping[tuple[str, str], Seen]:
    host = api_host(api)
    calls = {
        **{
            (path, name): handshake(host, f"/test/{path}", after=after)
            for path in PATHS
            for name, after in FRAMES.items()
        },
        **{(path, origin): handshake(host, f"/test/{path}", origin) for path in PATHS for origin in ORIGINS},
        **{("@connections", verb): _manage(host, verb) for verb in ("POST", "GET", "DELETE")},
    }
    noticed = calls_from(built.platform, rival.network.vpc, list(calls.values()), threads=6)
    return {which: read(one) for which, one in zip(calls, noticed, strict=True)}


PATHS = ("fine", "worked")


def _manage(host: str, verb: str) -> Call:
    path = "/test/%40connections/L0SM9cOFvHcCIhw%3D"
    return raw(host, f"{verb} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("origin", ORIGINS)
def test_case_87_a_handshake_is_a_plain_request(
    answers: Mapping[tuple[str, str], Seen], path: str, origin: str
) -> None:
    """Whatever page it comes from: there is no connection that a page could take over."""
    seen = answers[path, origin]
    assert seen.statuses == [200], seen
    assert "upgrade" not in seen.backend.get("headers", {}), seen
    assert "sec-websocket-accept" not in seen.text.lower()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", FRAMES)
def test_case_87_what_follows_it_is_no_frame(answers: Mapping[tuple[str, str], Seen], path: str, name: str) -> None:
    """Frames of any size, fragmented or packed, are a bad request on a connection that ends; a request is one more request."""
    seen = answers[path, name]
    assert 101 not in seen.statuses, seen
    assert "hello" not in seen.text
    if name == "request":
        assert seen.statuses[1:] in ([], [403], [400]), seen
        assert "smuggled" not in seen.text
    else:
        assert seen.statuses in ([200], [200, 400], [400]), seen
        assert seen.closed or seen.statuses == [200], seen


def test_case_87_nobodys_connection_can_be_written_to(answers: Mapping[tuple[str, str], Seen]) -> None:
    for verb in ("POST", "GET", "DELETE"):
        seen = answers["@connections", verb]
        assert (seen.statuses, seen.backend) == ([403], {}), seen


def test_case_87_the_public_entrance_makes_none_either(built: Built, rival: Rival) -> None:
    made = TrialApi(rival.cloud, "websockets, public", "")
    patch = {"op": "replace", "path": "/endpointConfiguration/types/PRIVATE", "value": "REGIONAL"}
    rival.cloud.apigateway.update_rest_api(restApiId=made.id, patchOperations=[patch])
    made.put("/worked", "", Method(mock_status=200))
    made.deploy()
    built.platform.settle()
    address, _, port = built.platform.client.call("GET", "/status")["public"]["address"].rpartition(":")
    context = ssl.create_default_context(cafile=str(built.platform.state / "ca-bundle.pem"))
    host = api_host(made.id)
    with context.wrap_socket(socket.create_connection((address, int(port)), LONGEST_S), server_hostname=host) as stream:
        seen = told(stream, handshake(host, "/test/worked", after=FRAMES["message"])["text"])
    rival.cloud.apigateway.delete_rest_api(restApiId=made.id)
    assert seen.startswith(b"HTTP/1.1 200"), seen
    assert b" 101 " not in seen
    assert b"hello" not in seen


def test_case_87_the_control_front_makes_none_either(built: Built) -> None:
    front = built.platform.environment("consumer")["AWS_ENDPOINT_URL"].removeprefix("http://")
    address, _, port = front.rpartition(":")
    with socket.create_connection((address, int(port)), LONGEST_S) as stream:
        seen = told(stream, handshake(front, "/restapis", after=FRAMES["message"])["text"])
    assert seen.startswith((b"HTTP/1.1 403", b"HTTP/1.1 400")), seen
    assert b" 101 " not in seen


def told(stream: socket.socket, text: str) -> bytes:
    """What comes back until the other side closes or is silent."""
    stream.settimeout(LONGEST_S)
    stream.sendall(text.encode("latin-1"))
    seen = b""
    with contextlib.suppress(TimeoutError, ConnectionResetError):
        while chunk := stream.recv(65536):
            stream.settimeout(2)
            seen += chunk
    return seen


def test_case_87_no_websocket_api_can_be_made(built: Built) -> None:
    """Should there be such APIs one day, this file has to try theirs."""
    front = built.platform.environment("consumer")["AWS_ENDPOINT_URL"].removeprefix("http://")
    address, _, port = front.rpartition(":")
    body = b'{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action"}'
    with socket.create_connection((address, int(port)), LONGEST_S) as plain:
        head = f"POST /v2/apis HTTP/1.1\r\nHost: {address}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        plain.sendall(head.encode() + body)
        assert plain.recv(65536).startswith((b"HTTP/1.1 403", b"HTTP/1.1 404"))
