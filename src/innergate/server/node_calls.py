"""Makes the calls that operations ask for of a node's processes (see `services.node_calls`): HTTP/1.1 over a unix socket."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeAlias, final

import httptools

from innergate.services.node_calls import NodeAnswer, NodeCall

CONNECT_TIMEOUT_S = 10.0
"""A process that has just been wanted is still starting; one that has died is started again."""
CONNECT_PAUSE_S = 0.03
READ_BYTES = 1 << 16

AskNode: TypeAlias = Callable[[NodeCall], Coroutine[Any, Any, NodeAnswer]]
"""Raises NodeUnreachable."""


class NodeUnreachable(Exception):
    """Nobody listens, the process broke off, or the time is over; the message says which."""


def node_asker(run_folder: Path, connect_timeout_s: float = CONNECT_TIMEOUT_S) -> AskNode:
    """What calls the processes whose sockets lie in a folder."""

    async def ask(call: NodeCall) -> NodeAnswer:
        return await ask_node(run_folder / f"{call.socket}.sock", call, connect_timeout_s)

    return ask


async def ask_nobody(call: NodeCall) -> NodeAnswer:
    """For a front without a node."""
    raise NodeUnreachable(f"no process serves {call.socket}")


async def ask_node(path: Path, call: NodeCall, connect_timeout_s: float = CONNECT_TIMEOUT_S) -> NodeAnswer:
    """The answer of the process that listens on `path`. Raises NodeUnreachable."""
    request = _render(call)
    try:
        async with asyncio.timeout(call.timeout_s):
            async with asyncio.timeout(connect_timeout_s):
                reader, writer = await _connect(path)
            try:
                writer.write(request)
                return await _read(reader)
            finally:
                writer.close()
    except TimeoutError as error:
        raise NodeUnreachable(f"{path.name} did not answer in time") from error
    except (OSError, httptools.HttpParserError) as error:
        raise NodeUnreachable(f"{path.name}: {error}") from error


async def _connect(path: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    while True:
        try:
            return await asyncio.open_unix_connection(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            await asyncio.sleep(CONNECT_PAUSE_S)


def _render(call: NodeCall) -> bytes:
    fields = {"Host": "node", "Connection": "close", "Content-Length": str(len(call.body)), **call.headers}
    lines = [f"{call.method} {call.path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header of a node's call has a line break")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + call.body


async def _read(reader: asyncio.StreamReader) -> NodeAnswer:
    taken = _Answer()
    parser = httptools.HttpResponseParser(taken)
    while not taken.is_whole:
        data = await reader.read(READ_BYTES)
        if not data:
            raise ConnectionResetError("the process broke off")
        parser.feed_data(data)
    return NodeAnswer(parser.get_status_code(), taken.headers, b"".join(taken.body))


@final
class _Answer:
    """What httptools calls while it reads an answer."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.body: list[bytes] = []
        self.is_whole = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, data: bytes) -> None:
        self.body.append(data)

    def on_message_complete(self) -> None:
        self.is_whole = True
