"""Calls to services over real sockets: which one, what is sent, and what ends them."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple, final

from innergate.plans.functions import RoleCredentials
from innergate.runtime.exchange.effects import CallService, EffectFailed, HttpReply, Reply
from innergate.runtime.performer import Performer
from innergate.runtime.quotas import Quotas
from innergate.runtime.usage_counts import UsageCounts

KEY = RoleCredentials(access_key_id="ASIA0000000000000001", secret_access_key="secret", session_token="token")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Amzn-RequestId: r1\r\n\r\nok"


class Asked(NamedTuple):
    """A request as its server saw it."""

    first_line: str
    headers: dict[str, str]
    body: bytes


@final
class Server:
    """Answers every request with the same bytes; `stalls` answers never."""

    def __init__(self, answer: bytes, stalls: bool) -> None:
        self.asked: list[Asked] = []
        self._answer = answer
        self._stalls = stalls

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.asked.append(Asked(head[0], headers, body))
        if not self._stalls:
            writer.write(self._answer)
            await writer.drain()
        else:
            await reader.read()
        writer.close()


def perform(
    tmp_path: Path, answer: bytes = OK, stalls: bool = False, is_own: bool = False, **fields: Any
) -> tuple[Reply, list[Asked], list[Asked]]:
    """The reply, and what reached the endpoint and the front."""

    async def run() -> tuple[Reply, list[Asked], list[Asked]]:
        endpoint, front = Server(answer, stalls), Server(answer, stalls)
        tcp = await asyncio.start_server(endpoint.take, "127.0.0.1", 0)
        unix = await asyncio.start_unix_server(front.take, tmp_path / "front.sock")
        port = tcp.sockets[0].getsockname()[1]
        quotas = Quotas(tmp_path, UsageCounts(tmp_path / "usage.sqlite"))
        performer = Performer(tmp_path / "e.sock", tmp_path / "f.sock", tmp_path / "front.sock", quotas)
        plain: dict[str, Any] = {
            "service": "sts",
            "region": "us-east-1",
            "endpoint": "https://sts.us-east-1.amazonaws.com" if is_own else f"http://127.0.0.1:{port}",
            "verb": "POST",
            "target": "/?Action=GetCallerIdentity",
            "credentials": KEY,
            "is_own": is_own,
            "timeout_ms": 2000,
        }
        try:
            reply = await performer.perform(CallService(**{**plain, **fields}))
        finally:
            await close(performer.close, tcp, unix)
        return reply, endpoint.asked, front.asked

    return asyncio.run(run())


async def close(end: Callable[[], Awaitable[None]], *servers: asyncio.Server) -> None:
    await end()
    for server in servers:
        server.close()
    await asyncio.sleep(0.01)


def test_own_services_are_asked_by_the_fronts_socket(tmp_path: Path) -> None:
    reply, elsewhere, asked = perform(tmp_path, is_own=True, body=b"{}")
    assert isinstance(reply, HttpReply)
    assert (reply.status, reply.body, dict(reply.headers)["X-Amzn-RequestId"]) == (200, b"ok", "r1")
    assert elsewhere == []
    (seen,) = asked
    assert seen.first_line == "POST /?Action=GetCallerIdentity HTTP/1.1"
    assert (seen.headers["host"], seen.body) == ("sts.us-east-1.amazonaws.com", b"{}")
    assert "/us-east-1/sts/aws4_request" in seen.headers["authorization"]
    assert seen.headers["x-amz-security-token"] == "token"


def test_others_are_asked_at_their_endpoint(tmp_path: Path) -> None:
    reply, asked, front = perform(tmp_path, service="sqs", target="/1/a%2Fb?x=%20y", verb="GET")
    assert isinstance(reply, HttpReply)
    assert front == []
    assert asked[0].first_line == "GET /1/a%2Fb?x=%20y HTTP/1.1"
    assert asked[0].headers["host"].startswith("127.0.0.1:")
    assert not {"user-agent", "accept", "accept-encoding", "content-type", "content-length"} & set(asked[0].headers)


def test_a_redirect_is_an_answer(tmp_path: Path) -> None:
    away = b"HTTP/1.1 307 x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    reply, asked, _ = perform(tmp_path, away)
    assert isinstance(reply, HttpReply)
    assert (reply.status, len(asked)) == (307, 1)


def test_no_answer_in_time_is_a_time_out(tmp_path: Path) -> None:
    reply, asked, _ = perform(tmp_path, stalls=True, timeout_ms=500)
    assert isinstance(reply, EffectFailed)
    assert (reply.kind, len(asked)) == ("timeout", 1)


def test_an_answer_over_10_mb_is_none(tmp_path: Path) -> None:
    size = 10 * 1024 * 1024
    fits = f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode() + bytes(size)
    reply, _, _ = perform(tmp_path, fits)
    assert isinstance(reply, HttpReply)
    too_large = f"HTTP/1.1 200 OK\r\nContent-Length: {size + 1}\r\n\r\n".encode() + bytes(size + 1)
    reply, _, _ = perform(tmp_path, too_large)
    assert isinstance(reply, EffectFailed)
    assert (reply.kind, reply.reason) == ("failure", "the answer is over 10 MB")


def test_what_cannot_be_sent_or_reached_fails(tmp_path: Path) -> None:
    reply, asked, front = perform(tmp_path, target="/a b")
    assert isinstance(reply, EffectFailed)
    assert (reply.kind, asked, front) == ("failure", [], [])
    reply, _, _ = perform(tmp_path, endpoint="http://127.0.0.1:1")
    assert isinstance(reply, EffectFailed)
    assert reply.kind == "failure"
