"""Responses that functions stream, from the process to the caller's connection."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

from tests.unit.runtime.functions.function_kit import ARN, NEEDS_NODE, FunctionKit

from innergate.plans.functions import MAX_SYNC_BYTES
from innergate.primitives.event_stream import EventDecoder, EventMessage
from innergate.runtime.functions.event_queue import EventQueue
from innergate.runtime.functions.http_protocol import HttpProtocol
from innergate.runtime.functions.invoke_api import InvokeApi
from innergate.testing.waiting import LONGEST_S

HTTP_TYPE = "application/vnd.awslambda.http-integration-response"

BOOTSTRAP = """#!/bin/sh
exec /usr/bin/env python3 -c '
import base64, http.client, json, os, time
host = os.environ["AWS_LAMBDA_RUNTIME_API"]
base = "/2018-06-01/runtime/invocation/"
asking = http.client.HTTPConnection(host)
while True:
    asking.request("GET", base + "next")
    work = asking.getresponse()
    id, event = work.headers["Lambda-Runtime-Aws-Request-Id"], json.loads(work.read())
    c = http.client.HTTPConnection(host)
    c.putrequest("POST", base + id + "/response")
    c.putheader("Lambda-Runtime-Function-Response-Mode", "streaming")
    c.putheader("Content-Type", "text/x-way")
    c.putheader("Transfer-Encoding", "chunked")
    c.endheaders()
    for part in event["parts"]:
        time.sleep(float(part[6:]) if part.startswith("sleep:") else 0)
        c.send(("%x" % len(part)).encode() + b"\\r\\n" + part.encode() + b"\\r\\n")
    if event.get("breaks"):
        c.close()
        continue
    c.send(b"0\\r\\n")
    if event.get("fails"):
        body = base64.b64encode(json.dumps({"errorType": "Bad", "errorMessage": event["fails"]}).encode())
        c.send(b"Lambda-Runtime-Function-Error-Type: Bad\\r\\nLambda-Runtime-Function-Error-Body: " + body + b"\\r\\n")
    c.send(b"\\r\\n")
    c.getresponse().read()
'
"""

NODE = """
exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
  if (event.early) throw new TypeError("early");
  stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { "x-way": "a" } });
  stream.write("one ");
  await new Promise((done) => setTimeout(done, 20));
  if (event.late) throw new RangeError("late");
  stream.write("two");
  stream.end();
});
"""


class Heard:
    """An answer of the supervisor's, as far as it has come."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        self.reader = reader
        self.writer = writer
        self.head = head
        self.decoder = EventDecoder()
        self.messages: list[EventMessage] = []

    @property
    def payload(self) -> bytes:
        return b"".join(message.payload for message in self.messages if message.event_type == "PayloadChunk")

    @property
    def complete(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.messages[-1].payload)
        assert self.messages[-1].event_type == "InvokeComplete"
        return found

    async def read_chunk(self) -> bool:
        size = int((await self.reader.readline()).strip() or b"0", 16)
        data = await self.reader.readexactly(size + 2)
        self.messages += self.decoder.feed(data[:-2])
        return size > 0

    async def read_all(self) -> "Heard":
        while await self.read_chunk():
            pass
        self.writer.close()
        return self


@asynccontextmanager
async def api(kit: FunctionKit) -> AsyncIterator[Path]:
    """The socket of an Invoke API on the kit's functions."""
    path = kit.folder / "run" / "functions.sock"
    async with kit.pool() as pool, asyncio.timeout(LONGEST_S), asyncio.TaskGroup() as tasks:
        served = InvokeApi(pool, EventQueue(kit.folder / "events", pool, tasks), tasks)
        loop = asyncio.get_running_loop()
        server = await loop.create_unix_server(lambda: HttpProtocol(served.handle, MAX_SYNC_BYTES), str(path))
        yield path
        server.close()
        await asyncio.sleep(0.01)


async def begin(path: Path, event: object, headers: str = "", prefix: str = "stream") -> Heard:
    """The head of an answer."""
    body = json.dumps(event).encode()
    reader, writer = await asyncio.open_unix_connection(str(path))
    head = f"POST /{prefix}/{quote(ARN, safe='')} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n{headers}\r\n"
    writer.write(head.encode() + body)
    return Heard(reader, writer, (await reader.readuntil(b"\r\n\r\n")).decode())


def ask(kit: FunctionKit, event: object, headers: str = "") -> Heard:
    async def run() -> Heard:
        async with api(kit) as path:
            return await (await begin(path, event, headers)).read_all()

    return asyncio.run(run())


def put_bootstrap(kit: FunctionKit) -> None:
    environment = {"PATH": "/usr/bin:/bin"}
    kit.put({"bootstrap": BOOTSTRAP}, runtime="provided.al2023", handler="any", environment=environment, timeout_s=60)


def test_the_first_bytes_come_before_the_last_are_made(kit: FunctionKit) -> None:
    put_bootstrap(kit)

    async def run() -> None:
        async with api(kit) as path:
            heard = await begin(path, {"parts": ["first", "sleep:2.0"]})
            assert "200 OK" in heard.head
            assert "x-innergate-content-type: text/x-way" in heard.head
            assert "content-type: application/vnd.amazon.eventstream" in heard.head
            while not heard.payload:
                assert await heard.read_chunk()
            assert heard.payload == b"first"
            at = time.monotonic()
            assert (await heard.read_all()).payload == b"firstsleep:2.0"
            assert time.monotonic() - at > 0.3

    asyncio.run(run())


def test_what_comes_after_the_body(kit: FunctionKit) -> None:
    put_bootstrap(kit)
    assert ask(kit, {"parts": ["a", "b"]}).complete == {}
    failed = ask(kit, {"parts": ["a"], "fails": "no"}, "x-amz-log-type: Tail\r\n")
    assert failed.payload == b"a"
    complete = failed.complete
    assert b"REPORT RequestId" in base64.b64decode(complete.pop("LogResult"))
    assert complete["ErrorCode"] == "Unhandled"
    assert json.loads(complete["ErrorDetails"]) == {"errorType": "Bad", "errorMessage": "no"}
    broken = ask(kit, {"parts": ["a"], "breaks": True})
    assert json.loads(broken.complete["ErrorDetails"])["errorType"] == "Runtime.TruncatedResponse"


def test_a_plain_invocation_gets_all_of_a_streamed_response(kit: FunctionKit) -> None:
    put_bootstrap(kit)
    done, failed = kit.run({"parts": ["a", "b"]}, {"parts": ["a"], "fails": "no"})
    assert (done.outcome.payload, done.outcome.error) == (b"ab", "")
    assert (json.loads(failed.outcome.payload)["errorMessage"], failed.outcome.error) == ("no", "Unhandled")


def test_a_function_that_does_not_stream_answers_in_one_piece(kit: FunctionKit) -> None:
    kit.put("def handler(event, context):\n    if event == 'x':\n        raise KeyError('x')\n    return [event]\n")
    heard = ask(kit, 1)
    assert (heard.payload, heard.complete) == (b"[1]", {})
    failed = ask(kit, "x")
    assert (failed.payload, failed.complete["ErrorCode"]) == (b"", "Unhandled")
    assert json.loads(failed.complete["ErrorDetails"])["errorType"] == "KeyError"


def test_what_lambda_refuses_is_no_stream(kit: FunctionKit) -> None:
    async def run() -> str:
        async with api(kit) as path:
            heard = await begin(path, 1)
            heard.writer.close()
            return heard.head

    assert asyncio.run(run()).startswith("HTTP/1.1 404 Not Found")


def test_a_caller_that_does_not_read_holds_the_function(kit: FunctionKit) -> None:
    put_bootstrap(kit)

    async def run() -> None:
        async with api(kit) as path:
            heard = await begin(path, {"parts": ["x" * 500_000] * 12})
            await asyncio.sleep(0.3)
            assert len((await heard.read_all()).payload) == 6_000_000

    asyncio.run(run())


@NEEDS_NODE
def test_a_function_of_node_streams(kit: FunctionKit) -> None:
    kit.put({"index.js": NODE}, runtime="nodejs22.x", handler="index.handler")
    heard = ask(kit, {})
    metadata, _, body = heard.payload.partition(b"\0" * 8)
    assert (json.loads(metadata), body) == ({"statusCode": 201, "headers": {"x-way": "a"}}, b"one two")
    assert f"x-innergate-content-type: {HTTP_TYPE}" in heard.head
    assert heard.complete == {}
    early = ask(kit, {"early": True})
    assert (early.payload, json.loads(early.complete["ErrorDetails"])["errorMessage"]) == (b"", "early")
    late = ask(kit, {"late": True})
    assert late.payload.endswith(b"one ")
    assert json.loads(late.complete["ErrorDetails"])["errorMessage"] == "late"


def test_a_streamed_response_ends_when_its_time_is_over(kit: FunctionKit) -> None:
    environment = {"PATH": "/usr/bin:/bin"}
    kit.put({"bootstrap": BOOTSTRAP}, runtime="provided.al2023", handler="any", environment=environment, timeout_s=3)
    heard = ask(kit, {"parts": ["first", "sleep:200"]})
    assert heard.payload == b"first"
    assert json.loads(heard.complete["ErrorDetails"])["errorType"] == "Sandbox.Timedout"
