"""`python -m innergate.runtime.worker --state DIR --number N`: executes the methods that Envoy cannot, one process a core.

It reads the node's documents and nothing else, so it goes on without control. Envoy asks it on a unix socket.
"""

import argparse
import asyncio
import json
import random
import resource
import signal
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import final

import msgspec
import uvloop

from innergate.plans.documents import STAGES
from innergate.plans.function_urls import FUNCTION_URLS
from innergate.plans.principals import PRINCIPALS
from innergate.plans.runtime import (
    CACHE_HEADER,
    FACTS_HEADER,
    FIRST_FAILURE,
    REASON_FACTS,
    REASON_HEADER,
    TEST_HEADER,
    RuntimeMethod,
    RuntimeStage,
    is_canary_document,
)
from innergate.plans.trials import (
    AUTHORIZERS_PATH,
    METHODS_PATH,
    AuthorizerTrial,
    AuthorizerTried,
    MethodTrial,
    MethodTried,
)
from innergate.plans.usage import KEY_HEADER, USAGE, USAGE_HEADER
from innergate.primitives.event_log import EventLog, write_events_to
from innergate.primitives.log_file import open_log
from innergate.runtime.authorize.memory import AuthorizationMemory
from innergate.runtime.call_header import Addressed, BadCall, is_own, named_document, read_call
from innergate.runtime.document_reader import DocumentReader
from innergate.runtime.exchange.call import Answer, Call
from innergate.runtime.exchange.drive import drive
from innergate.runtime.exchange.effects import Effect, Reply
from innergate.runtime.exchange.exchange_state import Circumstances
from innergate.runtime.exchange.stage_cache import StageCache
from innergate.runtime.execution_records import ExecutionRecords
from innergate.runtime.fair_slices import FairSlices
from innergate.runtime.functions.log_file import LogFile
from innergate.runtime.http_app import Answer as HttpAnswer
from innergate.runtime.http_app import (
    BodyTooLarge,
    ClientGone,
    Hold,
    NoRoom,
    Receive,
    Scope,
    Send,
    answer_whole,
    hold_anything,
    make_server,
    send_answer,
    take_body,
)
from innergate.runtime.performer import Performer
from innergate.runtime.principal_documents import find_principals
from innergate.runtime.quotas import Quotas
from innergate.runtime.streamed_sending import send_streamed
from innergate.runtime.trials import try_authorizer, try_method
from innergate.runtime.urls.url_calls import UrlCalls, is_url_call
from innergate.runtime.usage_counts import USAGE_FILE, UsageCounts
from innergate.runtime.version_reader import VersionReader
from innergate.runtime.worker_load import Ticket, WorkerLoad

MAX_BODY_BYTES = 10 * 1024 * 1024
_FACTS_BYTES = 8000
_FIRST_FINAL_STATUS = 200
"""What is below it is no answer, so what followed it would be taken for another's."""
_DROPPED = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})
_encode = json.JSONEncoder(separators=(",", ":")).encode

log = EventLog()


@final
class Worker:
    """The ASGI application."""

    def __init__(
        self,
        folder: Path,
        performer: Performer,
        memory: AuthorizationMemory,
        quotas: Quotas,
        records: ExecutionRecords,
        urls: UrlCalls | None = None,
    ) -> None:
        self._urls = urls
        self._stages = VersionReader(folder)
        self._tried = DocumentReader(folder, RuntimeStage)
        self._quotas = quotas
        self._performer = performer
        self._memory = memory
        self._cache = StageCache()
        self._slices = FairSlices()
        self._records = records
        self._load = WorkerLoad()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        document = named_document(headers)
        stage = self._stages.expect(document)
        ticket = self._load.enter(document.partition(".")[0], stage.account if stage is not None else "")
        if ticket is None:
            await send_answer(send, _TOO_MANY)
            return
        try:
            await self._serve(scope, receive, send, headers, ticket)
        finally:
            ticket.leave()

    async def _serve(
        self, scope: Scope, receive: Receive, send: Send, headers: Sequence[tuple[str, str]], ticket: Ticket
    ) -> None:
        try:
            body = await take_body(scope, receive, MAX_BODY_BYTES, ticket.take_in)
        except ClientGone:
            return
        except NoRoom:
            await send_answer(send, _TOO_MANY)
            return
        except BodyTooLarge:
            await send_answer(send, _error(413, "RequestTooLargeException", "Request Too Long"))
            return
        target = scope["raw_path"].decode("latin-1")
        if scope["query_string"]:
            target += "?" + scope["query_string"].decode("latin-1")
        said = dict(headers)
        if usage := said.get(USAGE_HEADER):
            answer = HttpAnswer(200 if self._quotas.take(usage, said.get(KEY_HEADER, "")) else 429, (), b"")
        elif TEST_HEADER in said:
            answer = await self.try_out(target, body)
        else:
            answer = await self.answer(scope["method"], target, headers, body, ticket.hold)
        if answer.rest is not None:
            await send_streamed(send, receive, answer, answer.rest, is_head=scope["method"] == "HEAD")
        else:
            await answer_whole(scope, send, answer)

    async def try_out(self, target: str, body: bytes) -> HttpAnswer:
        """What control asked to try (`plans.trials`). Raises msgspec.DecodeError where control and worker are strangers."""
        tried: MethodTried | AuthorizerTried | None = None
        if target == METHODS_PATH:
            trial = msgspec.json.decode(body, type=MethodTrial)
            stage = self._tried.find(trial.document)
            tried = await try_method(stage, trial, self._performer.perform) if stage is not None else None
        elif target == AUTHORIZERS_PATH:
            asked = msgspec.json.decode(body, type=AuthorizerTrial)
            stage = self._tried.find(asked.document)
            tried = await try_authorizer(stage, asked, self._performer.perform) if stage is not None else None
        if tried is None:
            return HttpAnswer(404, (("Content-Type", "application/json"),), b"{}")
        return HttpAnswer(200, (("Content-Type", "application/json"),), msgspec.json.encode(tried))

    async def answer(
        self, verb: str, target: str, headers: Sequence[tuple[str, str]], body: bytes, hold: Hold = hold_anything
    ) -> HttpAnswer:
        """The answer to a request of Envoy's; `hold` says whether a backend's may be held."""
        try:
            addressed = read_call(verb, target, headers, body)
        except BadCall as error:
            log.error("a request that is not Envoy's", reason=str(error))
            return _error(500, "InternalServerErrorException", "Internal server error")
        if is_url_call(addressed):
            return await self._call_url(addressed, hold)
        stage = self._stages.find(addressed.document)
        if stage is None:
            log.error("no such document", document=addressed.document)
            return _error(503, "ServiceUnavailableException", "Service Unavailable")
        method = stage.methods.get(addressed.method)
        if method is None:
            log.error("no such method", document=addressed.document, method=addressed.method)
            return _error(500, "ApiConfigurationException", "Internal server error")
        return await self._execute(stage, method, addressed, hold)

    async def _execute(
        self, stage: RuntimeStage, method: RuntimeMethod, addressed: Addressed, hold: Hold
    ) -> HttpAnswer:
        call: Call = addressed.call

        async def perform(effect: Effect) -> Reply:
            reply = await self._performer.perform(effect, hold)
            await self._slices.turn(stage.account)
            return reply

        try:
            await self._slices.turn(stage.account)
            around = Circumstances(
                chance=random.random(),
                is_canary=is_canary_document(addressed.document),
                memory=self._memory,
                cache=self._cache,
            )
            answer = await drive(stage, method, call, perform, around)
        except Exception:
            log.exception("an exchange broke", document=addressed.document, method=addressed.method)
            return _error(500, "InternalServerErrorException", "Internal server error")
        self._records.add(stage, call.request_id, answer.log)
        return await _sent(answer, call)

    async def _call_url(self, addressed: Addressed, hold: Hold) -> HttpAnswer:
        """The answer to a call of a function's own address."""

        async def perform(effect: Effect) -> Reply:
            return await self._performer.perform(effect, hold)

        try:
            answer = await self._urls.answer(addressed, perform) if self._urls is not None else None
        except Exception:
            log.exception("a call of a function URL broke", url=addressed.document)
            return _error(500, "InternalServerErrorException", "Internal server error")
        if answer is None:
            return _error(404, "ResourceNotFoundException", "Not Found")
        return await _sent(answer, addressed.call)


async def _sent(answer: Answer, call: Call) -> HttpAnswer:
    sent = for_envoy(answer, call.verb == "HEAD")
    if answer.rest is not None and sent.rest is None:
        await answer.rest.close()
    return sent


def for_envoy(answer: Answer, is_head: bool) -> HttpAnswer:
    """What HEAD is answered has the length that a body would have had."""
    if answer.status < _FIRST_FINAL_STATUS:
        return _error(500, "InternalServerErrorException", "Internal server error")
    headers = [(name, value) for name, value in answer.headers if not _is_dropped(name, is_head)]
    facts = _facts_text(answer.facts) if answer.facts else "{}"
    headers.append((FACTS_HEADER, facts if len(facts) <= _FACTS_BYTES else "{}"))
    if answer.status >= FIRST_FAILURE:
        reason = _facts_text({name: answer.facts[name] for name in REASON_FACTS if name in answer.facts})
        headers.append((REASON_HEADER, reason if len(reason) <= _FACTS_BYTES else "{}"))
    if cache := answer.facts.get("cache"):
        headers.append((CACHE_HEADER, cache))
    return HttpAnswer(answer.status, tuple(headers), answer.body, answer.rest)


def _facts_text(facts: dict[str, str]) -> str:
    """JSON in ASCII."""
    try:
        text = msgspec.json.encode(facts)
    except UnicodeEncodeError:
        return _encode(facts)
    return text.decode() if text.isascii() else _encode(facts)


@lru_cache(maxsize=1024)
def _is_dropped(name: str, is_head: bool) -> bool:
    lowered = name.lower()
    return is_own(lowered) or (lowered in _DROPPED and not (is_head and lowered == "content-length"))


def _error(status: int, error_type: str, message: str) -> HttpAnswer:
    headers = (("Content-Type", "application/json"), ("x-amzn-ErrorType", error_type))
    return HttpAnswer(status, headers, json.dumps({"message": message}, separators=(",", ":")).encode())


_TOO_MANY = _error(429, "TooManyRequestsException", "Too Many Requests")


async def serve(state: Path, number: int) -> None:
    """Until SIGTERM."""
    run = state / "run"
    documents = run / "documents"
    quotas = Quotas(documents / USAGE, UsageCounts(state / USAGE_FILE))
    performer = Performer(run / "egress.sock", run / "functions.sock", run / "front.sock", quotas)
    memory = AuthorizationMemory(find_principals(documents / PRINCIPALS))
    records = ExecutionRecords(LogFile(state / "log" / "execution" / f"worker-{number}.jsonl"))
    urls = UrlCalls(documents / FUNCTION_URLS, memory.find_principal)
    worker = Worker(documents / STAGES, performer, memory, quotas, records, urls=urls)
    path = run / f"runtime-{number}.sock"
    path.unlink(missing_ok=True)
    server = make_server(worker, unix_socket=str(path))

    def end() -> None:
        server.should_exit = True

    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, end)
    records.start()
    await server.serve()
    await records.close()
    await performer.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """0 after SIGTERM."""
    parser = argparse.ArgumentParser(prog="innergate.runtime.worker")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--number", type=int, default=0)
    options = parser.parse_args(arguments)
    write_events_to(open_log(sys.stdout.fileno()))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(serve(options.state, options.number))
    return 0


if __name__ == "__main__":
    sys.exit(main())
