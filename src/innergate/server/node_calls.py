"""Makes the calls that operations ask for of a node's processes (see `services.node_calls`): HTTP/1.1 over a unix socket."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, final

import httptools

from innergate.runtime.exchange.body_rest import BodyBroken, BodyLate
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


class NodeStream(NamedTuple):
    """An answer of success that has begun: its head, and its body as it comes. Who has it reads the body or closes it."""

    head: NodeAnswer
    body: "NodeBody"


StreamNode: TypeAlias = Callable[[NodeCall], Coroutine[Any, Any, NodeAnswer | NodeStream]]
"""A whole answer where the process refuses. Raises NodeUnreachable."""


def node_streamer(run_folder: Path, connect_timeout_s: float = CONNECT_TIMEOUT_S) -> StreamNode:
    """As `node_asker`, for calls whose answers are streamed."""

    async def stream(call: NodeCall) -> NodeAnswer | NodeStream:
        return await stream_node(run_folder / f"{call.socket}.sock", call, connect_timeout_s)

    return stream


async def stream_nobody(call: NodeCall) -> NodeAnswer | NodeStream:
    """For a front without a node."""
    raise NodeUnreachable(f"no process serves {call.socket}")


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


async def stream_node(path: Path, call: NodeCall, connect_timeout_s: float) -> NodeAnswer | NodeStream:
    """The answer of the process that listens on `path`, as soon as its head has come. Raises NodeUnreachable."""
    ends_at = asyncio.get_running_loop().time() + call.timeout_s
    request = _render(call)
    try:
        async with asyncio.timeout_at(ends_at):
            async with asyncio.timeout(connect_timeout_s):
                reader, writer = await _connect(path)
            body = NodeBody(reader, writer, ends_at)
            try:
                writer.write(request)
                head = await body.read_head()
                if head.status >= 400:
                    return head._replace(body=b"".join([part async for part in body]))
            except BaseException:
                writer.close()
                raise
            return NodeStream(head, body)
    except TimeoutError as error:
        raise NodeUnreachable(f"{path.name} did not answer in time") from error
    except (OSError, httptools.HttpParserError, BodyBroken) as error:
        raise NodeUnreachable(f"{path.name}: {error}") from error


@final
class NodeBody:
    """The body of an answer that is streamed; it must be whole at `ends_at` of the loop's clock."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ends_at: float) -> None:
        self._reader = reader
        self._writer = writer
        self._ends_at = ends_at
        self._taken = _Answer()
        self._parser = httptools.HttpResponseParser(self._taken)

    async def read_head(self) -> NodeAnswer:
        """Status and headers. Raises ConnectionResetError, HttpParserError."""
        while not self._taken.has_head:
            await self._feed()
        return NodeAnswer(self._parser.get_status_code(), self._taken.headers, b"")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while True:
                parts, self._taken.body = self._taken.body, []
                for part in parts:
                    yield part
                if self._taken.is_whole:
                    return
                async with asyncio.timeout_at(self._ends_at):
                    await self._feed()
        except TimeoutError:
            raise BodyLate("no more of the answer came in time") from None
        except (OSError, httptools.HttpParserError) as error:
            raise BodyBroken(str(error)) from error
        finally:
            await self.close()

    async def close(self) -> None:
        """Reads no more."""
        self._writer.close()

    async def _feed(self) -> None:
        data = await self._reader.read(READ_BYTES)
        if not data:
            raise ConnectionResetError("the process broke off")
        self._parser.feed_data(data)


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
        self.has_head = False
        self.is_whole = False

    def on_headers_complete(self) -> None:
        self.has_head = True

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, data: bytes) -> None:
        self.body.append(data)

    def on_message_complete(self) -> None:
        self.is_whole = True
