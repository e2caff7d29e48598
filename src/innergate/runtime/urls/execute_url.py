"""One call of a function URL, from its arrival to its answer."""

import json
from collections.abc import Generator

from innergate.plans.answer_headers import DROPPED_FROM_RESPONSES
from innergate.plans.function_urls import FunctionUrlPlan
from innergate.plans.functions import MAX_SYNC_BYTES
from innergate.runtime.authorize.memory import FindPrincipal
from innergate.runtime.authorize.outcome import Denied
from innergate.runtime.authorize.url_access import admit_call
from innergate.runtime.exchange.call import Answer, Call, Headers
from innergate.runtime.exchange.effects import Effect, FunctionReply, InvokeFunction, Reply
from innergate.runtime.exchange.function_answer import NoProxyAnswer
from innergate.runtime.exchange.header_rules import rename_taken
from innergate.runtime.exchange.integration_reply import MethodAnswer
from innergate.runtime.exchange.trace_id import trace_id
from innergate.runtime.urls.url_answer import read_url_answer, read_url_stream
from innergate.runtime.urls.url_cors import cors_headers, is_preflight, with_cors
from innergate.runtime.urls.url_event import make_url_event

LONGEST_MS = 930_000
"""Longer than any function runs: how long this one may, the functions' supervisor knows."""
_TAKEN = frozenset({"date", "server", "x-amzn-requestid", "x-amzn-trace-id"})
_JSON: Headers = (("Content-Type", "application/json"),)


def execute_url(plan: FunctionUrlPlan, call: Call, find_principal: FindPrincipal) -> Generator[Effect, Reply, Answer]:
    """What the client gets."""
    own = cors_headers(plan.cors, call) if plan.cors is not None else ()
    answer = yield from _answer(plan, call, find_principal)
    kept = tuple(pair for pair in answer.headers if pair[0].lower() not in DROPPED_FROM_RESPONSES)
    headers = rename_taken(kept, _TAKEN)
    if plan.cors is not None:
        headers = with_cors(headers, own)
    ids = (("x-amzn-RequestId", call.request_id), ("X-Amzn-Trace-Id", f"{trace_id(call)};Sampled=0"))
    return Answer(status=answer.status, headers=(*headers, *ids), body=answer.body, rest=answer.rest)


def _answer(plan: FunctionUrlPlan, call: Call, find_principal: FindPrincipal) -> Generator[Effect, Reply, MethodAnswer]:
    if plan.cors is not None and is_preflight(call):
        return MethodAnswer(200, (), b"")
    admitted = admit_call(plan, call, find_principal)
    if isinstance(admitted, Denied):
        return _refuse(403, "Message", admitted.message or "Forbidden", admitted.error_type)
    if len(call.body) > MAX_SYNC_BYTES:
        return _refuse(413, "message", "Request Entity Too Large", "RequestEntityTooLargeException")
    reply = yield InvokeFunction(
        arn=plan.arn,
        payload=make_url_event(plan, call, admitted.caller),
        timeout_ms=LONGEST_MS,
        streams=plan.streams,
        has_metadata=False,
        idle_s=LONGEST_MS // 1000,
    )
    if not isinstance(reply, FunctionReply):
        return _refuse(502, "Message", "Internal Server Error", "InternalServerErrorException")
    if reply.status >= 400:
        return _refuse_as_lambda(reply)
    if reply.function_error:
        return MethodAnswer(502, _JSON, b"Internal Server Error")
    try:
        return read_url_stream(reply) if plan.streams else read_url_answer(reply.payload)
    except NoProxyAnswer:
        return MethodAnswer(502, _JSON, b"Internal Server Error")


def _refuse(status: int, member: str, text: str, error_type: str) -> MethodAnswer:
    body = json.dumps({member: text}, separators=(",", ":")).encode()
    return MethodAnswer(status, (*_JSON, ("x-amzn-ErrorType", error_type)), body)


def _refuse_as_lambda(reply: FunctionReply) -> MethodAnswer:
    """Lambda itself refused: nothing of the function has run."""
    if reply.status == 429:
        return _refuse(429, "Reason", "ReservedFunctionConcurrentInvocationLimitExceeded", "TooManyRequestsException")
    if reply.status == 404:
        return _refuse(404, "Message", "Not Found", "ResourceNotFoundException")
    return _refuse(502, "Message", "Internal Server Error", "InternalServerErrorException")
