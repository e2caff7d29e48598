"""One call from its method request to its answer, stage by stage as AWS names them (developer guide, "Method request",
"Integration request", "Integration response", "Method response")."""

from collections.abc import Generator

from innergate.plans.runtime import RuntimeMethod, RuntimeStage
from innergate.runtime.exchange.call import Answer, Call
from innergate.runtime.exchange.effects import Effect, Reply
from innergate.runtime.exchange.exchange_state import Circumstances, Exchange
from innergate.runtime.exchange.execution_log import show_body, show_headers, show_values
from innergate.runtime.exchange.gateway_failures import GatewayFailure, configuration_error
from innergate.runtime.exchange.gateway_response import answer_failure
from innergate.runtime.exchange.integrate_http import integrate_http, integrate_http_proxy
from innergate.runtime.exchange.integrate_mock import integrate_mock
from innergate.runtime.exchange.integration_response import answer_from_integration
from innergate.runtime.exchange.method_response import finish_mapped, finish_proxied

_CALM = Circumstances()


def execute(
    stage: RuntimeStage, method: RuntimeMethod, call: Call, around: Circumstances = _CALM
) -> Generator[Effect, Reply, Answer]:
    """Executes a call. Asks for effects, and ends with what the client gets; never raises for anything that a client, an API's
    owner or a backend does."""
    exchange = Exchange(stage, method, call, around)
    _log_request(exchange)
    try:
        _refuse_unauthorized(exchange)
        return (yield from _integrate(exchange))
    except GatewayFailure as failure:
        return answer_failure(exchange, failure)


def _refuse_unauthorized(exchange: Exchange) -> None:
    """A method that is not open to everybody is open to nobody as long as nothing decides."""
    if exchange.around.is_test:
        return
    if exchange.method.authorization != "NONE":
        raise GatewayFailure("ACCESS_DENIED")
    if exchange.method.requires_key and not exchange.call.api_key_id:
        raise GatewayFailure("INVALID_API_KEY")


def _integrate(exchange: Exchange) -> Generator[Effect, Reply, Answer]:
    kind = exchange.method.integration.type
    if kind == "HTTP_PROXY":
        return finish_proxied(exchange, (yield from integrate_http_proxy(exchange)))
    match kind:
        case "MOCK":
            reply = integrate_mock(exchange)
        case "HTTP":
            reply = yield from integrate_http(exchange)
        case _:
            raise configuration_error(f"Unsupported integration type {kind}")
    return finish_mapped(exchange, answer_from_integration(exchange, reply))


def _log_request(exchange: Exchange) -> None:
    log, request = exchange.log, exchange.request
    if not log.has_info:
        return
    log.info(f"Starting execution for request: {exchange.call.request_id}")
    log.info(f"HTTP Method: {exchange.call.verb}, Resource Path: {exchange.method.path}")
    log.data(lambda: f"Method request path: {show_values(request.path)}")
    log.data(lambda: f"Method request query string: {show_values(request.query)}")
    log.data(lambda: f"Method request headers: {show_headers(exchange.call.headers)}")
    log.data(lambda: f"Method request body before transformations: {show_body(exchange.call.body)}")
