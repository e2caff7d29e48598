"""Performs effects: backends by way of Envoy's egress socket, functions by their supervisor's, AWS services where the operator
says, the platform's own by its front's socket.

A failure is a reply too: an exchange always gets one.
"""

import re
import time
from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import final
from urllib.parse import quote

import msgspec
from yarl import URL

from innergate.plans.runtime import CLUSTER_HEADER, DATE_HEADER, FAILURE_HEADER
from innergate.runtime.exchange.body_rest import BodyBroken, BodyLate
from innergate.runtime.exchange.call import Headers
from innergate.runtime.exchange.effects import (
    CallCounted,
    CallService,
    CountCall,
    Effect,
    EffectFailed,
    FetchKeys,
    FunctionReply,
    HttpReply,
    InvokeFunction,
    Reply,
    SendHttp,
)
from innergate.runtime.exchange.header_rules import OWN_PREFIXES
from innergate.runtime.exchange.wire_texts import header_text
from innergate.runtime.held_body import HeldBody, NoRoomForAnswer
from innergate.runtime.http_app import Hold, hold_anything
from innergate.runtime.peers.answer_parser import BadAnswer
from innergate.runtime.peers.connection import PeerAnswer
from innergate.runtime.peers.peer_client import PeerClient
from innergate.runtime.peers.request_head import PeerRequest, end_head, render_fields
from innergate.runtime.quotas import Quotas
from innergate.runtime.service_client import ServiceClient
from innergate.runtime.signing import sign_call
from innergate.runtime.streamed_bodies import METADATA_TYPE, FunctionResult, HttpRest

MAX_DOCUMENT_BYTES = 256 * 1024
MAX_DOCUMENTS = 256
"""Of issuers of tokens, as far as they are kept."""
_TIMEOUTS = frozenset({"upstream_response_timeout", "response_timeout", "upstream_per_try_timeout"})
_FETCH_TIMEOUT_MS = 5000
_SENDABLE = re.compile(r"[!-~]+")
"""Printable ASCII without a space: nothing that could end a request line."""


@final
class Performer:
    """Used by one event loop; `close` it there."""

    def __init__(self, egress: Path, functions: Path, front: Path, quotas: Quotas) -> None:
        self._quotas = quotas
        self._services = ServiceClient()
        self._front = PeerClient(front)
        self._egress = PeerClient(egress)
        self._functions = PeerClient(functions)
        self._documents: dict[str, tuple[float, HttpReply]] = {}

    async def close(self) -> None:
        """Closes all connections."""
        await self._services.close()
        for client in (self._front, self._egress, self._functions):
            client.close()

    async def perform(self, effect: Effect, hold: Hold = hold_anything) -> Reply:
        """The reply to one effect; a body that `hold` has no room for is a failure."""
        match effect:
            case SendHttp():
                return await self._send(effect, hold)
            case InvokeFunction():
                return await self._invoke(effect, hold)
            case FetchKeys():
                return await self._fetch(effect)
            case CountCall():
                return CallCounted(is_within=self._quotas.take(effect.document, effect.key_id))
            case CallService():
                return await self._call_service(effect, hold)

    async def _send(self, effect: SendHttp, hold: Hold = hold_anything) -> HttpReply | EffectFailed:
        headers = [
            (name, header_text(value))
            for name, value in effect.headers
            if not name.lower().startswith(OWN_PREFIXES) and name.lower() != "host"
        ]
        headers += [
            ("Host", effect.host),
            (CLUSTER_HEADER, effect.cluster),
        ]
        target = effect.target if effect.target.startswith("/") else f"/{effect.target}"
        if not _SENDABLE.fullmatch(target) or not _SENDABLE.fullmatch(effect.host):
            return EffectFailed(kind="failure", reason="a path or host with characters that HTTP has no place for")
        request = PeerRequest(effect.verb, target, headers, effect.body)
        idle_s = effect.idle_s if effect.streams else 0
        asking = self._egress.ask(request, effect.timeout_ms / 1000)
        reply = await _exchange(asking, effect.timeout_ms, hold, idle_s)
        if isinstance(reply, EffectFailed):
            return reply
        failure, headers_of_backend = _take_own(reply.headers)
        if failure:
            if reply.rest is not None:
                await reply.rest.close()
            kind = failure.partition("{")[0]
            is_slow = kind in _TIMEOUTS
            return EffectFailed(kind="timeout" if is_slow else "failure", reason=failure, latency_ms=reply.latency_ms)
        return msgspec.structs.replace(reply, headers=headers_of_backend)

    async def _invoke(self, effect: InvokeFunction, hold: Hold) -> FunctionReply | EffectFailed:
        fields = _function_fields("stream" if effect.streams else "invoke", effect.arn, is_async=effect.is_async)
        head = end_head(fields, len(effect.payload))
        asking = self._functions.ask_rendered("POST", head, effect.payload, effect.timeout_ms / 1000)
        reply = await _exchange(asking, effect.timeout_ms, hold, effect.idle_s if effect.streams else 0)
        if isinstance(reply, EffectFailed):
            return reply
        said = {name.lower(): value for name, value in reply.headers}
        if isinstance(reply.rest, HttpRest):
            has_metadata = effect.has_metadata or said.get("x-innergate-content-type") == METADATA_TYPE
            return await _begin_result(reply, reply.rest, said, has_metadata=has_metadata)
        return FunctionReply(
            status=reply.status,
            payload=reply.body,
            function_error=said.get("x-amz-function-error", ""),
            request_id=said.get("x-amzn-requestid", ""),
            latency_ms=reply.latency_ms,
        )

    async def _call_service(self, effect: CallService, hold: Hold) -> HttpReply | EffectFailed:
        signed = sign_call(effect, datetime.now(UTC))
        if signed is None:
            return EffectFailed(kind="failure", reason="a path with characters that HTTP has no place for")
        if effect.is_own:
            request = PeerRequest(effect.verb, effect.target, signed.headers, effect.body)
            return await _exchange(self._front.ask(request, effect.timeout_ms / 1000), effect.timeout_ms, hold)
        return await self._services.exchange(effect.verb, signed, effect.body, effect.timeout_ms, hold)

    async def _fetch(self, effect: FetchKeys) -> HttpReply | EffectFailed:
        known = self._documents.get(effect.url)
        if known is not None and time.monotonic() < known[0] + effect.max_age_s:
            return known[1]
        try:
            url = URL(effect.url)
        except ValueError as error:
            return EffectFailed(kind="failure", reason=f"{effect.url} is no URL: {error}")
        cluster = "internet/https" if url.scheme == "https" else "internet/http"
        send = SendHttp(
            cluster=cluster, verb="GET", target=url.raw_path_qs, host=url.authority, timeout_ms=_FETCH_TIMEOUT_MS
        )
        reply = await self._send(send)
        if isinstance(reply, HttpReply) and reply.status == 200:
            if len(reply.body) > MAX_DOCUMENT_BYTES:
                return EffectFailed(kind="failure", reason="the document is too large", latency_ms=reply.latency_ms)
            self._keep(effect.url, reply)
        return reply

    def _keep(self, url: str, reply: HttpReply) -> None:
        """Whoever owns an issuer chooses the URLs; the oldest document makes way."""
        self._documents.pop(url, None)
        self._documents[url] = (time.monotonic(), reply)
        if len(self._documents) > MAX_DOCUMENTS:
            del self._documents[next(iter(self._documents))]


async def _exchange(
    asking: Awaitable[PeerAnswer], timeout_ms: int, hold: Hold, idle_s: int = 0
) -> HttpReply | EffectFailed:
    """What a peer answers who is being asked. With `idle_s` the reply comes with the answer's head, and its body later."""
    began = time.monotonic()
    ends_at = began + timeout_ms / 1000
    answer: PeerAnswer | None = None
    rest: HttpRest | None = None
    try:
        answer = await asking
        whole = b""
        if idle_s:
            rest = HttpRest(answer, ends_at, idle_s)
        else:
            body = HeldBody(hold)
            while not answer.is_drained:
                body.add(await answer.read(ends_at - time.monotonic()))
            whole = body.join()
        return HttpReply(status=answer.status, headers=answer.headers, body=whole, latency_ms=_since(began), rest=rest)
    except TimeoutError:
        return EffectFailed(kind="timeout", reason="no answer in time", latency_ms=_since(began))
    except NoRoomForAnswer as error:
        return EffectFailed(kind="failure", reason=str(error), latency_ms=_since(began))
    except (BadAnswer, OSError, ValueError) as error:
        return EffectFailed(kind="failure", reason=f"{type(error).__name__}: {error}", latency_ms=_since(began))
    finally:
        if answer is not None and rest is None:
            answer.close()


async def _begin_result(
    reply: HttpReply, events: HttpRest, said: Mapping[str, str], *, has_metadata: bool
) -> FunctionReply | EffectFailed:
    """The beginning of what a function streams; what the supervisor refuses is whole."""
    began = time.monotonic() - reply.latency_ms / 1000
    try:
        if reply.status >= 400:
            refused = b"".join([part async for part in events])
            return FunctionReply(status=reply.status, payload=refused, latency_ms=_since(began))
        result = FunctionResult(events)
        if has_metadata:
            await result.read_metadata()
        else:
            await result.read_first()
    except BodyBroken as broken:
        await events.close()
        is_late = isinstance(broken, BodyLate)
        return EffectFailed(kind="timeout" if is_late else "failure", reason=str(broken), latency_ms=_since(began))
    return FunctionReply(
        status=reply.status,
        payload=result.details if result.error else result.payload,
        function_error=result.error if result.is_complete else "",
        rest=None if result.is_complete else result,
        content_type=said.get("x-innergate-content-type", ""),
        request_id=said.get("x-amzn-requestid", ""),
        latency_ms=_since(began),
    )


def _take_own(headers: Headers) -> tuple[str, Headers]:
    """Why Envoy could not ask the backend, or ""; and the headers with the backend's own date, or none: Envoy gives every
    answer one."""
    failure = ""
    kept: list[tuple[str, str]] = []
    dates: list[tuple[str, str]] = []
    for pair in headers:
        name = pair[0].lower()
        if name == DATE_HEADER:
            dates.append(("Date", pair[1]))
            continue
        if name == FAILURE_HEADER and not failure:
            failure = pair[1]
        if name != "date":
            kept.append(pair)
    return failure, (*kept, *dates)


@lru_cache(maxsize=1024)
def _function_fields(place: str, arn: str, *, is_async: bool) -> bytes:
    """The head of an invocation but for its length. The same bytes each time: the supervisor knows them by heart."""
    headers = (
        ("Host", "functions"),
        ("X-Amz-Invocation-Type", "Event" if is_async else "RequestResponse"),
        ("Content-Type", "application/json"),
    )
    return render_fields("POST", f"/{place}/{quote(arn, safe='')}", headers)


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
