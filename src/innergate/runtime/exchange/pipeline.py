"""One call from its method request to its answer, stage by stage as AWS names them (developer guide, "Method request",
"Integration request", "Integration response", "Method response")."""

from collections.abc import Generator

from innergate.plans.runtime import RuntimeMethod, RuntimeStage, ServiceTarget
from innergate.runtime.exchange.admission import admit
from innergate.runtime.exchange.cache_lookup import find_entry, keep_answer
from innergate.runtime.exchange.call import Answer, Call
from innergate.runtime.exchange.compression import MAX_PAYLOAD_BYTES, decompress_call
from innergate.runtime.exchange.effects import Effect, Reply
from innergate.runtime.exchange.exchange_state import Circumstances, Exchange
from innergate.runtime.exchange.execution_log import show_body, show_headers, show_values
from innergate.runtime.exchange.gateway_failures import GatewayFailure, configuration_error
from innergate.runtime.exchange.gateway_response import answer_failure
from innergate.runtime.exchange.integrate_function import integrate_function, integrate_function_proxy
from innergate.runtime.exchange.integrate_http import integrate_http, integrate_http_proxy
from innergate.runtime.exchange.integrate_mock import integrate_mock
from innergate.runtime.exchange.integrate_service import integrate_service
from innergate.runtime.exchange.integration_reply import MethodAnswer
from innergate.runtime.exchange.integration_response import answer_from_integration
from innergate.runtime.exchange.method_response import deliver, rename_function, rename_mapped, rename_proxied
from innergate.runtime.exchange.request_validation import validate_request

_CALM = Circumstances()


def execute(
    stage: RuntimeStage, method: RuntimeMethod, call: Call, around: Circumstances = _CALM
) -> Generator[Effect, Reply, Answer]:
    """Executes a call. Asks for effects, and ends with what the client gets; never raises for anything that a client, an API's
    owner or a backend does."""
    exchange = Exchange(stage, method, call, around)
    try:
        yield from admit(exchange)
        exchange = _open_body(exchange)
        _log_request(exchange)
        validate_request(exchange)
        return deliver(exchange, (yield from _answer(exchange)))
    except GatewayFailure as failure:
        return answer_failure(exchange, failure)


def _open_body(exchange: Exchange) -> Exchange:
    """The exchange of the call without compression, where the API has it on."""
    if len(exchange.call.body) > MAX_PAYLOAD_BYTES:
        raise GatewayFailure("REQUEST_TOO_LARGE")
    if exchange.stage.minimum_compression_bytes is None:
        return exchange
    call = decompress_call(exchange.call)
    return exchange if call is exchange.call else exchange.with_call(call)


def _answer(exchange: Exchange) -> Generator[Effect, Reply, MethodAnswer]:
    """From the cache where the stage has one for this method, else from the integration."""
    entry = find_entry(exchange)
    if entry is not None and entry.answer is not None:
        return entry.answer
    answer = yield from _integrate(exchange)
    if entry is not None:
        keep_answer(exchange, entry, answer)
    return entry.marked(answer) if entry is not None else answer


def _integrate(exchange: Exchange) -> Generator[Effect, Reply, MethodAnswer]:
    integration = exchange.method.integration
    match integration.type:
        case "HTTP_PROXY":
            return rename_proxied(exchange, (yield from integrate_http_proxy(exchange)))
        case "AWS_PROXY":
            return rename_function((yield from integrate_function_proxy(exchange)))
        case "MOCK":
            reply = integrate_mock(exchange)
        case "HTTP":
            reply = yield from integrate_http(exchange)
        case "AWS" if isinstance(integration.target, ServiceTarget):
            reply = yield from integrate_service(exchange)
        case "AWS":
            reply = yield from integrate_function(exchange)
        case _:
            raise configuration_error(f"Unsupported integration type {integration.type}")
    return rename_mapped(answer_from_integration(exchange, reply))


def _log_request(exchange: Exchange) -> None:
    log, request = exchange.log, exchange.request
    if not log.has_info:
        return
    log.info(f"Starting execution for request: {exchange.call.request_id}")
    path = exchange.context["path"] if exchange.around.is_test else exchange.method.path
    log.info(f"HTTP Method: {exchange.call.verb}, Resource Path: {path}")
    log.data(lambda: f"Method request path: {show_values(request.path)}")
    log.data(lambda: f"Method request query string: {show_values(request.query)}")
    log.data(lambda: f"Method request headers: {show_headers(exchange.call.headers)}")
    log.data(lambda: f"Method request body before transformations: {show_body(exchange.call.body)}")
