"""A peer that says what a test wants it to, byte for byte."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple, TypeAlias, final

from innergate.runtime.peers.connection import PeerAnswer
from innergate.runtime.peers.peer_client import PeerClient
from innergate.runtime.peers.request_head import PeerRequest
from innergate.testing.waiting import LONGEST_S

Say: TypeAlias = Callable[[asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class Asked(NamedTuple):
    """A request, and the number of the connection that it came by."""

    connection: int
    first_line: str
    body: bytes


@final
class Peer:
    """Answers the n-th request with the n-th of `script`, and closes the connection where that is at its end: bytes, or what
    says them. `left` is set when a client has gone."""

    def __init__(self, *script: bytes | Say) -> None:
        self.asked: list[Asked] = []
        self.left = asyncio.Event()
        self._script = list(script)
        self._connections = 0

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        number = self._connections
        try:
            while self._script:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next((line[15:] for line in head.split("\r\n") if line.startswith("content-length")), "0")
                self.asked.append(Asked(number, head.split("\r\n")[0], await reader.readexactly(int(length))))
                said = self._script.pop(0)
                if isinstance(said, bytes):
                    writer.write(said)
                    await writer.drain()
                else:
                    await said(writer)
                if writer.is_closing():
                    return
            await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.left.set()
            writer.close()


@asynccontextmanager
async def asking(path: Path, peer: Peer) -> AsyncIterator[PeerClient]:
    """A client of a peer that listens at `path`."""
    server = await asyncio.start_unix_server(peer.take, path)
    client = PeerClient(path)
    try:
        async with asyncio.timeout(LONGEST_S):
            yield client
    finally:
        client.close()
        server.close()
        await asyncio.sleep(0.01)


async def ask(client: PeerClient, verb: str = "GET", body: bytes = b"", within_s: float = LONGEST_S) -> PeerAnswer:
    """The answer to a small request."""
    return await client.ask(PeerRequest(verb, "/", [("Host", "h")], body), within_s)


async def read_all(answer: PeerAnswer, within_s: float = LONGEST_S) -> bytes:
    """The whole body."""
    parts = []
    while part := await answer.read(within_s):
        parts.append(part)
    return b"".join(parts)


async def fetch(client: PeerClient, verb: str = "GET", body: bytes = b"") -> tuple[int, bytes]:
    """Status and whole body."""
    answer = await ask(client, verb, body)
    return answer.status, await read_all(answer)
