"""Performs effects: backends by way of Envoy's egress socket, functions by their supervisor's, AWS services where the operator
says, the platform's own by its front's socket.

A failure is a reply too: an exchange always gets one.
"""

import asyncio
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, final
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from innergate.plans.runtime import CLUSTER_HEADER, DATE_HEADER, FAILURE_HEADER
from innergate.runtime.call_header import OWN_PREFIXES
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
from innergate.runtime.exchange.wire_texts import header_text
from innergate.runtime.http_app import Hold, hold_anything
from innergate.runtime.quotas import Quotas
from innergate.runtime.signing import sign_call
from innergate.runtime.streamed_bodies import METADATA_TYPE, FunctionResult, HttpRest

MAX_ANSWER_BYTES = 10 * 1024 * 1024
"""API Gateway quotas, "Payload size"."""
MAX_DOCUMENT_BYTES = 256 * 1024
MAX_DOCUMENTS = 256
"""Of issuers of tokens, as far as they are kept."""
_TIMEOUTS = frozenset({"upstream_response_timeout", "response_timeout", "upstream_per_try_timeout"})
_FETCH_TIMEOUT_MS = 5000
_SENDABLE = re.compile(r"[!-~]+")
"""Printable ASCII without a space: nothing that could end a request line."""


class Sent(NamedTuple):
    """A request as it is sent."""

    verb: str
    url: URL
    headers: list[tuple[str, str]]
    body: bytes


@final
class Performer:
    """Used by one event loop; `close` it there."""

    def __init__(self, egress: Path, functions: Path, front: Path, quotas: Quotas) -> None:
        self._quotas = quotas
        none = aiohttp.DummyCookieJar()
        self._front = aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(str(front), limit=0), cookie_jar=none, auto_decompress=False
        )
        self._services = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), cookie_jar=none, auto_decompress=False
        )
        self._egress = aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(str(egress), limit=0), cookie_jar=none, auto_decompress=False
        )
        self._functions = aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(str(functions), limit=0), cookie_jar=none, auto_decompress=False
        )
        self._documents: dict[str, tuple[float, HttpReply]] = {}

    async def close(self) -> None:
        """Closes all connections."""
        await self._front.close()
        await self._services.close()
        await self._egress.close()
        await self._functions.close()

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
        headers = [  # aiohttp writes UTF-8
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
        url = URL(f"http://egress{target}", encoded=True)
        sent = Sent(effect.verb, url, headers, effect.body)
        reply = await self._exchange(
            self._egress, sent, effect.timeout_ms, hold, effect.idle_s if effect.streams else 0
        )
        if isinstance(reply, EffectFailed):
            return reply
        failure = next((value for name, value in reply.headers if name.lower() == FAILURE_HEADER), "")
        if failure:
            if reply.rest is not None:
                await reply.rest.close()
            kind = failure.partition("{")[0]
            is_slow = kind in _TIMEOUTS
            return EffectFailed(kind="timeout" if is_slow else "failure", reason=failure, latency_ms=reply.latency_ms)
        return msgspec.structs.replace(reply, headers=_own_date(reply.headers))

    async def _invoke(self, effect: InvokeFunction, hold: Hold) -> FunctionReply | EffectFailed:
        headers = [
            ("X-Amz-Invocation-Type", "Event" if effect.is_async else "RequestResponse"),
            ("Content-Type", "application/json"),
        ]
        place = "stream" if effect.streams else "invoke"
        url = URL(f"http://functions/{place}/{quote(effect.arn, safe='')}", encoded=True)
        sent = Sent("POST", url, headers, effect.payload)
        idle_s = effect.idle_s if effect.streams else 0
        reply = await self._exchange(self._functions, sent, effect.timeout_ms, hold, idle_s)
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
        session, url = self._services, signed.url
        if effect.is_own:
            session, url = self._front, f"http://front{effect.target}"
        parsed = URL(url, encoded=True)
        sent = Sent(effect.verb, parsed, list(signed.headers), effect.body)
        return await self._exchange(session, sent, effect.timeout_ms, hold)

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
        self, session: aiohttp.ClientSession, sent: Sent, timeout_ms: int, hold: Hold, idle_s: int = 0
    ) -> HttpReply | EffectFailed:
        """With `idle_s` the reply comes with the answer's head, and its body later."""
        verb, url, headers, body = sent
        began = time.monotonic()
        named = {name.lower() for name, _ in headers}
        skipped = [
            name for name in ("User-Agent", "Accept", "Accept-Encoding", "Content-Type") if name.lower() not in named
        ]
        answer: aiohttp.ClientResponse | None = None
        rest: HttpRest | None = None
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                answer = await session.request(
                    verb,
                    url,
                    headers=headers,
                    data=body if body or verb in ("POST", "PUT", "PATCH") else None,
                    allow_redirects=False,
                    skip_auto_headers=skipped,
                    timeout=aiohttp.ClientTimeout(total=None),
                )
                found = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.raw_headers)
                whole: bytes | EffectFailed = b""
                if idle_s:
                    rest = HttpRest(answer, began + timeout_ms / 1000, idle_s)
                else:
                    whole = await _read(answer, hold)
                if isinstance(whole, EffectFailed):
                    return msgspec.structs.replace(whole, latency_ms=_since(began))
                return HttpReply(status=answer.status, headers=found, body=whole, latency_ms=_since(began), rest=rest)
        except TimeoutError:
            return EffectFailed(kind="timeout", reason="no answer in time", latency_ms=_since(began))
        except (aiohttp.ClientError, OSError, ValueError) as error:
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


def _own_date(headers: Headers) -> Headers:
    """With the backend's own date, or none: Envoy gives every answer one."""
    dates = {"date", DATE_HEADER}
    own = tuple(("Date", value) for name, value in headers if name.lower() == DATE_HEADER)
    return (*(pair for pair in headers if pair[0].lower() not in dates), *own)


async def _read(answer: aiohttp.ClientResponse, hold: Hold) -> bytes | EffectFailed:
    """The body; a failure where it is too large, or there is no room for it."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in answer.content.iter_chunked(256 * 1024):
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            return EffectFailed(kind="failure", reason="the answer is over 10 MB")
        if not hold(len(chunk)):
            return EffectFailed(kind="failure", reason="the worker holds as much of this API as it may")
        chunks.append(chunk)
    return b"".join(chunks)


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
