"""How callers reach functions: `POST /invoke/<quoted ARN>` on the supervisor's socket, answered as Lambda's Invoke is, and
`POST /stream/<quoted ARN>`, answered as InvokeWithResponseStream.

Callers have been authorised before. Headers: X-Amz-Invocation-Type (RequestResponse, Event), X-Amz-Log-Type (Tail),
X-Amz-Client-Context, X-Amzn-Trace-Id, and X-Innergate-Revision-Id, the revision of the version or alias that the caller saw.
"""

import asyncio
import base64
import binascii
from functools import lru_cache
from typing import final
from urllib.parse import unquote

import msgspec

from innergate.plans.functions import MAX_ASYNC_BYTES, MAX_SYNC_BYTES
from innergate.primitives.event_log import EventLog
from innergate.runtime.functions.event_queue import EventQueue
from innergate.runtime.functions.event_sink import EventSink
from innergate.runtime.functions.execution_environment import ExecutionEnvironment
from innergate.runtime.functions.http_protocol import Reply, Request, Respond
from innergate.runtime.functions.invocations import Invocation, Refused, Sink, Target
from innergate.runtime.functions.pool import Done, Pool
from innergate.runtime.functions.request_ids import fresh_request_id

PREFIX = "/invoke/"
STREAM_PREFIX = "/stream/"

log = EventLog()


_PLAIN = frozenset({"host", "content-type", "content-length", "x-amz-invocation-type", "accept", "user-agent"})
"""Headers of an invocation that asks for nothing but the result."""


@final
class InvokeApi:
    """Answers at once what a process that waits can take, all else in a task of `tasks`."""

    def __init__(self, pool: Pool, events: EventQueue, tasks: asyncio.TaskGroup) -> None:
        self._pool = pool
        self._events = events
        self._tasks = tasks

    def handle(self, request: Request, respond: Respond) -> None:
        """Takes a request; the answer comes when it comes."""
        target = self._pool.look_up(_arn_in(request.path)) if _is_plain(request) else None
        try:
            if target is not None and self._begin(target, request, respond):
                return
        except Refused as refused:
            respond(refusal(refused))
            return
        self._tasks.create_task(self._answer(request, respond, target))

    def _begin(self, target: Target, request: Request, respond: Respond) -> bool:
        """Hands a plain invocation to a process that waits; False where none does. Raises Refused."""
        request_id = fresh_request_id()

        def hear(done: Done, spent: ExecutionEnvironment | None) -> None:
            reply = _result(request_id, done, with_log=False)
            if spent is None:
                respond(reply)
            else:
                self._tasks.create_task(_end_and_respond(spent, reply, respond))

        return self._pool.begin(target, Invocation(request_id, request.body or b"{}"), hear)

    async def _answer(self, request: Request, respond: Respond, target: Target | None) -> None:
        """Of an invocation for `target`, if that is known: an alias that has two versions was asked for one of them, and is not
        asked again."""
        sink = EventSink(respond) if request.path.startswith(STREAM_PREFIX) else None
        try:
            if sink is not None:
                await self._stream(request, sink)
                return
            reply = await self._reply(request, target)
        except Refused as refused:
            reply = refusal(refused)
        except Exception:
            log.exception("an invocation failed", path=request.path)
            reply = refusal(Refused(500, "ServiceException", "The Lambda service encountered an internal error."))
        if sink is None or sink.give_up():
            respond(reply)

    async def _stream(self, request: Request, sink: EventSink) -> None:
        """Answers by the sink. Raises Refused."""
        target, invocation = await self._read(request, STREAM_PREFIX, sink)
        sink.use_headers({"x-amzn-requestid": invocation.request_id, "x-amz-executed-version": target.version.number})
        done = await self._pool.invoke(target, invocation)
        sink.end(done.outcome, with_log=request.headers.get("x-amz-log-type") == "Tail")

    async def _reply(self, request: Request, known: Target | None) -> Reply:
        if request.path == "/health":
            return Reply(200, {"content-type": "application/json"}, b'{"status":"running"}')
        target, invocation = await self._read(request, PREFIX, known=known)
        if request.headers.get("x-amz-invocation-type", "RequestResponse") == "Event":
            await self._events.add(target.invoked_arn, invocation)
            return Reply(202, {"x-amzn-requestid": invocation.request_id}, b"")
        done = await self._pool.invoke(target, invocation)
        return _result(invocation.request_id, done, with_log=request.headers.get("x-amz-log-type") == "Tail")

    async def _read(
        self, request: Request, prefix: str, sink: Sink | None = None, known: Target | None = None
    ) -> tuple[Target, Invocation]:
        """Whom a request calls, and with what. Raises Refused."""
        if request.method != "POST" or not request.path.startswith(prefix):
            raise Refused(404, "ResourceNotFoundException", f"there is no {request.method} {request.path}")
        is_event = request.headers.get("x-amz-invocation-type") == "Event"
        limit = MAX_ASYNC_BYTES if is_event else MAX_SYNC_BYTES
        if len(request.body) > limit:
            message = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
            raise Refused(413, "RequestTooLargeException", message)
        revision = request.headers.get("x-innergate-revision-id", "")
        target = known or await self._pool.find(_arn_in(request.path), revision)
        invocation = Invocation(
            request_id=fresh_request_id(),
            payload=request.body or b"{}",
            client_context=_client_context(request.headers.get("x-amz-client-context", "")),
            trace_id=request.headers.get("x-amzn-trace-id", ""),
            sink=sink,
        )
        return target, invocation


def _is_plain(request: Request) -> bool:
    """Whether it is an invocation that asks for nothing but its result."""
    return (
        request.method == "POST"
        and request.path.startswith(PREFIX)
        and request.headers.get("x-amz-invocation-type") == "RequestResponse"
        and _PLAIN.issuperset(request.headers)
        and len(request.body) <= MAX_SYNC_BYTES
    )


def _result(request_id: str, done: Done, *, with_log: bool) -> Reply:
    """What Invoke answers."""
    headers = {
        "content-type": "application/json",
        "x-amzn-requestid": request_id,
        "x-amz-executed-version": done.number,
    }
    if done.outcome.error:
        headers["x-amz-function-error"] = done.outcome.error
    if with_log:
        headers["x-amz-log-result"] = done.outcome.log_tail
    return Reply(200, headers, done.outcome.payload)


async def _end_and_respond(spent: ExecutionEnvironment, reply: Reply, respond: Respond) -> None:
    """As an invocation that fails is answered: when nothing of its process is left."""
    await spent.end()
    respond(reply)


@lru_cache(maxsize=4096)
def _arn_in(path: str) -> str:
    return unquote(path.removeprefix(PREFIX).removeprefix(STREAM_PREFIX))


def _client_context(header: str) -> str:
    """The header holds JSON in base64; the process gets the JSON. Raises Refused."""
    if not header:
        return ""
    try:
        text = base64.b64decode(header, validate=True).decode()
        msgspec.json.decode(text)
    except (binascii.Error, UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        raise Refused(
            400, "InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object."
        ) from None
    return " ".join(text.splitlines())


def refusal(refused: Refused) -> Reply:
    """Lambda's error form."""
    document = {"Type": "User" if refused.status < 500 else "Service", "message": refused.message}
    if refused.reason:
        document["Reason"] = refused.reason
    headers = {"content-type": "application/json", "x-amzn-errortype": refused.code}
    return Reply(refused.status, headers, msgspec.json.encode(document))
