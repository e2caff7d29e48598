"""Answers that go through a worker while they are made: from a backend's or the supervisor's socket to the worker's own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from tests.unit.runtime.exchange.exchange_scripts import make_method, make_stage
from tests.unit.runtime.unix_server import served

from innergate.plans.runtime import CALL_HEADER, FAILURE_HEADER
from innergate.primitives.event_stream import encode_event
from innergate.runtime.authorize.memory import AuthorizationMemory
from innergate.runtime.execution_records import ExecutionRecords
from innergate.runtime.functions.log_file import LogFile
from innergate.runtime.http_app import App, Receive, Scope, Send
from innergate.runtime.performer import Performer
from innergate.runtime.quotas import Quotas
from innergate.runtime.usage_counts import UsageCounts
from innergate.runtime.worker import Worker
from innergate.testing.waiting import LONGEST_S

FACTS = "document;res789;GET;-;request;1795334400000;10.0.0.9;-;-;-;HTTP/1.1;TLSv1.3;-;-;443"
PRELUDE = b'{"statusCode":201,"headers":{"Content-Type":"text/event-stream"}}' + b"\0" * 8
HTTP: dict[str, Any] = {
    "type": "HTTP_PROXY",
    "verb": "ANY",
    "target": {"type": "http", "scheme": "http", "host": "b.example", "path": "/", "clusters": [{"name": "a"}]},
    "streams": True,
}
FUNCTION: dict[str, Any] = {
    "type": "AWS_PROXY",
    "verb": "POST",
    "target": {"type": "function", "arn": "arn:aws:lambda:us-east-1:111122223333:function:f"},
    "streams": True,
}
Say = Callable[[Send], Awaitable[None]]


def chunk(payload: bytes) -> bytes:
    return encode_event("PayloadChunk", "application/octet-stream", payload)


def complete(document: bytes = b"{}") -> bytes:
    return encode_event("InvokeComplete", "application/json", document)


class Source:
    """A backend or a supervisor: what it says, and whether its client has left."""

    def __init__(self, say: Say) -> None:
        self.say = say
        self.left = asyncio.Event()
        self.go = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body", False):
            pass
        async with asyncio.TaskGroup() as tasks:
            watch = tasks.create_task(self._watch(receive))
            await self.say(send)
            watch.cancel()

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.left.set()


async def start(send: Send, status: int = 200, headers: dict[str, str] | None = None) -> None:
    pairs = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})


async def part(send: Send, data: bytes, *, is_last: bool = False) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": not is_last})


@asynccontextmanager
async def worker(folder: Path, integration: dict[str, Any], source: App) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of a worker with one method, whose backend and functions are `source`."""
    stage = msgspec.structs.replace(make_stage(), methods={"res789/GET": make_method({"integration": integration})})
    (folder / "document").write_bytes(msgspec.json.encode(stage))
    quotas = Quotas(folder, UsageCounts(folder / "usage.sqlite"))
    performer = Performer(folder / "source.sock", folder / "source.sock", folder / "front.sock", quotas)
    records = ExecutionRecords(LogFile(folder / "log.jsonl"))
    app = Worker(folder, performer, AuthorizationMemory(), quotas, records)
    headers = {CALL_HEADER: FACTS}
    async with (
        asyncio.timeout(LONGEST_S),
        served(source, folder / "source.sock"),
        served(app, folder / "worker.sock"),
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(folder / "worker.sock")), headers=headers) as client,
    ):
        yield client
        await performer.close()
    quotas.close()


@pytest.mark.parametrize("integration", [HTTP, FUNCTION], ids=["http", "function"])
def test_the_first_bytes_come_before_the_last_are_made(tmp_path: Path, integration: dict[str, Any]) -> None:
    async def run() -> None:
        async def say(send: Send) -> None:
            is_function = integration is FUNCTION
            await start(send, 200, {"content-type": "text/plain"})
            await part(send, chunk(PRELUDE[:20]) + chunk(PRELUDE[20:] + b"first") if is_function else b"first")
            await source.go.wait()
            await part(send, chunk(b" last") + complete() if is_function else b" last", is_last=True)

        source = Source(say)
        async with worker(tmp_path, integration, source) as client, client.get("http://w/dev/pets/7") as answer:
            assert answer.status == (201 if integration is FUNCTION else 200)
            assert await answer.content.readany() == b"first"
            source.go.set()
            assert await answer.content.read() == b" last"

    asyncio.run(run())


def test_more_than_a_whole_answer_may_have_passes(tmp_path: Path) -> None:
    async def run() -> None:
        async def say(send: Send) -> None:
            await start(send)
            for _ in range(12):
                await part(send, b"x" * (1 << 20))
            await part(send, b"", is_last=True)

        source = Source(say)
        async with worker(tmp_path, HTTP, source) as client, client.get("http://w/dev/pets/7") as answer:
            assert len(await answer.read()) == 12 << 20

    asyncio.run(run())


def test_a_client_that_leaves_is_not_read_for(tmp_path: Path) -> None:
    async def run() -> None:
        async def say(send: Send) -> None:
            await start(send)
            await part(send, b"first")
            await source.left.wait()

        source = Source(say)
        async with worker(tmp_path, HTTP, source) as client:
            answer = await client.get("http://w/dev/pets/7")
            assert await answer.content.readany() == b"first"
            answer.close()
            await source.left.wait()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("integration", "changes"),
    [(HTTP, {"idle_s": 1}), (HTTP, {"timeout_ms": 600}), (FUNCTION, {"idle_s": 1})],
    ids=["idle", "too long", "function idle"],
)
def test_what_takes_too_long_breaks_off(tmp_path: Path, integration: dict[str, Any], changes: dict[str, Any]) -> None:
    async def run() -> None:
        async def say(send: Send) -> None:
            await start(send)
            await part(send, b"first" if integration is HTTP else chunk(PRELUDE + b"first"))
            await source.left.wait()

        source = Source(say)
        async with worker(tmp_path, {**integration, **changes}, source) as client:
            async with client.get("http://w/dev/pets/7") as answer:
                assert await answer.content.readany() == b"first"
                with pytest.raises(aiohttp.ClientPayloadError):
                    await answer.content.read()
            await source.left.wait()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("said", "status", "body"),
    [
        (complete(b'{"ErrorCode":"Unhandled","ErrorDetails":"{\\"errorMessage\\":\\"no\\"}"}'), 502, b"Internal"),
        (chunk(b"{}") + complete(), 502, b"Internal"),
        (chunk(b"x" * 20_000), 502, b"Internal"),
        (chunk(b'{"a":1}' + b"\0" * 8 + b"x"), 502, b"Internal"),
        (chunk(PRELUDE + b"all") + complete(), 201, b"all"),
        (b"nonsense of more than twelve bytes", 502, b"Internal"),
    ],
    ids=["fails", "no metadata", "endless metadata", "bad metadata", "all at once", "no events"],
)
def test_how_a_function_begins(tmp_path: Path, said: bytes, status: int, body: bytes) -> None:
    async def run() -> None:
        async def say(send: Send) -> None:
            await start(send)
            await part(send, said, is_last=body == b"all")
            if body != b"all" and b"InvokeComplete" not in said:
                await source.left.wait()

        source = Source(say)
        async with worker(tmp_path, FUNCTION, source) as client, client.get("http://w/dev/pets/7") as answer:
            assert answer.status == status
            assert body in await answer.read()

    asyncio.run(run())


def test_a_function_that_fails_on_the_way_breaks_the_answer_off(tmp_path: Path) -> None:
    async def run() -> None:
        async def say(send: Send) -> None:
            await start(send)
            await part(send, chunk(PRELUDE + b"first"))
            await source.go.wait()
            await part(send, complete(b'{"ErrorCode":"Unhandled","ErrorDetails":"{}"}'), is_last=True)

        source = Source(say)
        async with worker(tmp_path, FUNCTION, source) as client, client.get("http://w/dev/pets/7") as answer:
            assert await answer.content.readany() == b"first"
            source.go.set()
            with pytest.raises(aiohttp.ClientPayloadError):
                await answer.content.read()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("integration", "status", "headers", "expected"),
    [
        (HTTP, 204, {}, 204),
        (HTTP, 503, {FAILURE_HEADER: "upstream_reset{x}"}, 500),
        (HTTP, 504, {FAILURE_HEADER: "response_timeout"}, 504),
        (FUNCTION, 429, {}, 500),
    ],
)
def test_what_is_no_stream_after_all(
    tmp_path: Path, integration: dict[str, Any], status: int, headers: dict[str, str], expected: int
) -> None:
    async def run() -> None:
        async def say(send: Send) -> None:
            await start(send, status, headers)
            await part(send, b"", is_last=True)

        source = Source(say)
        async with worker(tmp_path, integration, source) as client, client.get("http://w/dev/pets/7") as answer:
            assert answer.status == expected

    asyncio.run(run())
