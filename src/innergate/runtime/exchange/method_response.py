"""The method response: what the gateway adds to an answer, renames in it and takes out of it."""

from innergate.plans.answer_headers import DROPPED_FROM_RESPONSES, REMAPPED_FROM_OTHERS
from innergate.runtime.exchange.call import Answer, Headers
from innergate.runtime.exchange.compression import MAX_PAYLOAD_BYTES, choose_coding, compress
from innergate.runtime.exchange.context_values import extended_id
from innergate.runtime.exchange.effects import HttpReply
from innergate.runtime.exchange.exchange_state import Exchange
from innergate.runtime.exchange.execution_log import ExecutionLog, show_body, show_headers
from innergate.runtime.exchange.gateway_failures import GatewayFailure
from innergate.runtime.exchange.header_rules import REMAPPED_FROM_FUNCTIONS, REMAPPED_FROM_PROXIES, rename_taken
from innergate.runtime.exchange.integration_reply import MethodAnswer

_ERROR_TYPE = "x-amzn-errortype"


def rename_proxied(exchange: Exchange, reply: HttpReply) -> MethodAnswer:
    """A backend's answer as HTTP_PROXY hands it on: Envoy does the same by itself."""
    hides_errors = bool(exchange.stage.gateway_responses)
    dropped = DROPPED_FROM_RESPONSES - {"content-length"} if exchange.call.verb == "HEAD" else DROPPED_FROM_RESPONSES
    kept = tuple(
        (name, value)
        for name, value in reply.headers
        if name.lower() not in dropped and not (hides_errors and name.lower() == _ERROR_TYPE)
    )
    return MethodAnswer(reply.status, rename_taken(kept, REMAPPED_FROM_PROXIES), reply.body, reply.rest)


def rename_function(answer: MethodAnswer) -> MethodAnswer:
    """A function's own answer, as AWS_PROXY hands it on."""
    kept = tuple([pair for pair in answer.headers if pair[0].lower() != "transfer-encoding"])
    return MethodAnswer(answer.status, rename_taken(kept, REMAPPED_FROM_FUNCTIONS), answer.body, answer.rest)


def rename_mapped(answer: MethodAnswer) -> MethodAnswer:
    """The answer of an integration that is not a plain proxy."""
    headers = rename_taken(answer.headers, REMAPPED_FROM_OTHERS)
    return answer if headers is answer.headers else MethodAnswer(answer.status, headers, answer.body, answer.rest)


def deliver(exchange: Exchange, answer: MethodAnswer) -> Answer:
    """The answer as the client gets it: with the headers that each call has of its own, and compressed where the client and
    the API want that. Raises GatewayFailure where it is too large. One that is streamed may have any size, and is not
    compressed (developer guide, "Stream the integration response")."""
    status, headers, body, rest = answer
    streams = exchange.method.integration.streams
    if exchange.method.integration.type not in ("MOCK", "HTTP_PROXY"):
        headers = (*headers, ("X-Amzn-Trace-Id", f"{exchange.request.trace_id};Sampled=0"))
    if len(body) > MAX_PAYLOAD_BYTES and not streams:
        raise GatewayFailure(
            "INTEGRATION_FAILURE", log="Execution failed due to configuration error: Integration response is too large"
        )
    if exchange.log.has_info:
        _log_answer(exchange.log, answer._replace(headers=headers))
    minimum = exchange.stage.minimum_compression_bytes
    if minimum is not None and len(body) >= minimum and body and not streams:
        coding = choose_coding(exchange.request.header("accept-encoding") or "")
        headers, body = compress(coding, headers, body)
    return Answer(
        status=status,
        headers=with_ids(exchange, headers),
        body=body,
        rest=rest,
        facts=exchange.facts,
        log=tuple(exchange.log.lines),
    )


def _log_answer(log: ExecutionLog, answer: MethodAnswer) -> None:
    log.data(lambda: f"Method response body after transformations: {show_body(answer.body)}")
    log.data(lambda: f"Method response headers: {show_headers(answer.headers)}")
    log.info("Successfully completed execution")
    log.info(f"Method completed with status: {answer.status}")


def with_ids(exchange: Exchange, headers: Headers) -> Headers:
    """The headers and the ids that every answer of a stage carries; TestInvokeMethod shows none."""
    if exchange.around.is_test:
        return headers
    request_id = exchange.call.request_id
    return (*headers, ("x-amzn-RequestId", request_id), ("x-amz-apigw-id", extended_id(request_id)))
