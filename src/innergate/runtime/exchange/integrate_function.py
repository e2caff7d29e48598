"""Lambda functions behind AWS_PROXY, and behind AWS with templates (developer guide, "Lambda integrations for REST APIs")."""

import json
from collections.abc import Generator
from typing import Any

import msgspec

from innergate.plans.functions import MAX_ASYNC_BYTES, MAX_SYNC_BYTES
from innergate.plans.runtime import FunctionTarget
from innergate.primitives.json_reading import read_json
from innergate.runtime.exchange.call import Headers
from innergate.runtime.exchange.effects import Effect, EffectFailed, FunctionReply, InvokeFunction, Reply
from innergate.runtime.exchange.exchange_state import Exchange
from innergate.runtime.exchange.function_answer import NoProxyAnswer, read_function_answer, read_streamed_answer
from innergate.runtime.exchange.gateway_failures import GatewayFailure, configuration_error
from innergate.runtime.exchange.header_rules import FORBIDDEN_AWS_TARGETS
from innergate.runtime.exchange.integration_reply import IntegrationReply, MethodAnswer
from innergate.runtime.exchange.integration_request import build_templated
from innergate.runtime.exchange.proxy_event import make_event
from innergate.runtime.exchange.upstreams import (
    effect_failure,
    log_reply,
    log_request,
    may_stream,
    note_error,
    note_reply,
)

_INVOCATION_TYPE = "x-amz-invocation-type"


def integrate_function_proxy(exchange: Exchange) -> Generator[Effect, Reply, MethodAnswer]:
    """Hands the call on as an event; what comes back is the answer itself. Raises GatewayFailure."""
    target = _target(exchange)
    verb = exchange.method.integration.verb or "POST"
    if (exchange.call.verb if verb == "ANY" else verb) != "POST":
        raise GatewayFailure(
            "INTEGRATION_FAILURE", log="Execution failed due to configuration error: Lambda functions take POST only"
        )
    event = _encode(make_event(exchange))
    reply = yield from _invoke(exchange, target, event, is_async=target.is_async)
    if target.is_async:
        return MethodAnswer(200, (("Content-Type", "application/json"),), b"")
    message = _error_message(reply)
    if reply.function_error:
        raise _broken_function(exchange, _function_error(reply, message))
    try:
        answer = _read(exchange, reply)
    except NoProxyAnswer:
        detail = "Execution failed due to configuration error: Malformed Lambda proxy response"
        raise _broken_function(exchange, _function_error(reply, message) if message else detail) from None
    note_reply(exchange, reply.status, answer.status, reply.latency_ms, reply.request_id)
    return answer


def _read(exchange: Exchange, reply: FunctionReply) -> MethodAnswer:
    if exchange.method.integration.streams:
        return read_streamed_answer(reply.payload)._replace(rest=reply.rest)
    return read_function_answer(exchange, reply.payload)


def _encode(event: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(event)
    except UnicodeEncodeError:
        return json.dumps(event, separators=(",", ":")).encode()


def integrate_function(exchange: Exchange) -> Generator[Effect, Reply, IntegrationReply]:
    """Invokes a function with what the template makes; patterns are tried on its error message. Raises GatewayFailure."""
    target = _target(exchange)
    built = build_templated(exchange, FORBIDDEN_AWS_TARGETS)
    kinds = [values for name, values in built.mapped.headers.items() if name.lower() == _INVOCATION_TYPE]
    is_async = target.is_async or any(values[-1:] == ["Event"] for values in kinds)
    payload = built.body or b"{}"
    if target.is_allowed:
        _check_json(exchange, payload)
    reply = yield from _invoke(exchange, target, payload, is_async=is_async)
    message = _error_message(reply)
    if reply.function_error:
        exchange.log.error(_function_error(reply, message))
        note_error(exchange, _function_error(reply, message))
    headers: Headers = (("Content-Type", "application/json"), ("x-amzn-RequestId", reply.request_id))
    return IntegrationReply(reply.status, message or str(reply.status), headers, reply.payload)


def _check_json(exchange: Exchange, payload: bytes) -> None:
    """Raises GatewayFailure where Lambda would not take the event: InvalidRequestContentException, which is the client's."""
    try:
        read_json(payload)
    except (ValueError, RecursionError) as error:
        message = f"Could not parse request body into json: {error}"
        note_error(exchange, message)
        raise GatewayFailure("DEFAULT_4XX", message=message, log=message) from None


def _target(exchange: Exchange) -> FunctionTarget:
    target = exchange.method.integration.target
    if not isinstance(target, FunctionTarget):
        raise configuration_error("Invalid endpoint address")
    return target


def _invoke(
    exchange: Exchange, target: FunctionTarget, payload: bytes, *, is_async: bool
) -> Generator[Effect, Reply, FunctionReply]:
    if exchange.log.has_info:
        _log_request(exchange, target, payload)
    if not target.is_allowed:
        if target.reason:
            note_error(exchange, target.reason)
        raise configuration_error("Invalid permissions on Lambda function")
    integration = exchange.method.integration
    reply = yield InvokeFunction(
        arn=target.arn,
        payload=payload,
        timeout_ms=integration.timeout_ms,
        is_async=is_async,
        streams=may_stream(exchange),
        idle_s=integration.idle_s,
    )
    match reply:
        case FunctionReply():
            note_reply(exchange, reply.status, None, reply.latency_ms, reply.request_id)
            if exchange.log.has_info:
                log_reply(exchange, reply.status, _reply_headers(reply), reply.payload, reply.latency_ms)
            _refuse_error_status(exchange, reply, len(payload), is_async=is_async)
            return reply
        case EffectFailed():
            failure = effect_failure(exchange, reply)
            if reply.kind == "failure":
                failure.status = 502
            raise failure
    raise TypeError(f"a reply of another effect: {reply!r}")


def _log_request(exchange: Exchange, target: FunctionTarget, payload: bytes) -> None:
    place = f"2015-03-31/functions/{target.arn}/invocations"
    if exchange.method.integration.streams:
        place = f"2021-11-15/functions/{target.arn}/response-streaming-invocations"
    uri = f"https://lambda.{exchange.stage.region}.amazonaws.com/{place}"
    log_request(exchange, uri, _endpoint_headers(exchange), payload)
    exchange.log.info(f"Sending request to {uri}")


def _refuse_error_status(exchange: Exchange, reply: FunctionReply, size: int, *, is_async: bool) -> None:
    """Lambda itself refused: nobody of the function has run. An event may be too large where the client's body is not."""
    if reply.status < 400:
        return
    if reply.status == 403:
        raise configuration_error("Invalid permissions on Lambda function")
    if reply.status == 413:
        kind, limit = ("Event", MAX_ASYNC_BYTES) if is_async else ("RequestResponse", MAX_SYNC_BYTES)
        line = (
            f"Execution failed: {size} byte payload is too large for the {kind} invocation type (limit {limit} bytes)"
        )
        note_error(exchange, line)
        raise GatewayFailure("REQUEST_TOO_LARGE", log=line)
    line = f"Lambda invocation failed with status: {reply.status}. Lambda request id: {reply.request_id}"
    note_error(exchange, line)
    raise GatewayFailure("INTEGRATION_FAILURE", status=502 if reply.status >= 500 else 500, log=line)


def _broken_function(exchange: Exchange, line: str) -> GatewayFailure:
    note_error(exchange, line)
    return GatewayFailure("DEFAULT_5XX", status=502, log=line)


def _function_error(reply: FunctionReply, message: str) -> str:
    return (
        f"Lambda execution failed with status {reply.status} due to customer function error: {message}. "
        f"Lambda request id: {reply.request_id}"
    )


def _error_message(reply: FunctionReply) -> str:
    """What the function's error says; "" where its result is none."""
    if b"errorMessage" not in reply.payload:
        return ""
    try:
        result: Any = json.loads(reply.payload)
    except (ValueError, RecursionError):
        return ""
    message = result.get("errorMessage") if isinstance(result, dict) else None
    return message if isinstance(message, str) else ""


def _endpoint_headers(exchange: Exchange) -> Headers:
    stage, call = exchange.stage, exchange.call
    source = f"arn:aws:execute-api:{stage.region}:{stage.account}:{stage.api_id}"
    return (
        ("x-amzn-apigateway-api-id", stage.api_id),
        ("Accept", "application/json"),
        ("User-Agent", f"AmazonAPIGateway_{stage.api_id}"),
        ("Host", f"lambda.{stage.region}.amazonaws.com"),
        ("X-Amzn-Trace-Id", exchange.request.trace_id),
        ("x-amzn-lambda-integration-tag", call.request_id),
        ("X-Amz-Source-Arn", f"{source}/{stage.stage}/{call.verb}{call.path_in_stage}"),
    )


def _reply_headers(reply: FunctionReply) -> Headers:
    headers: Headers = (
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(reply.payload))),
        ("x-amzn-RequestId", reply.request_id),
    )
    return (*headers, ("X-Amz-Function-Error", reply.function_error)) if reply.function_error else headers
