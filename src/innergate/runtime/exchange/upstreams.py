"""How an exchange reaches an HTTP backend: through one of Envoy's clusters, or not at all."""

from collections.abc import Generator, Sequence

from innergate.plans.runtime import HttpTarget, WeightedCluster
from innergate.runtime.exchange.call import Headers
from innergate.runtime.exchange.effects import Effect, EffectFailed, HttpReply, Reply, SendHttp
from innergate.runtime.exchange.exchange_state import Exchange
from innergate.runtime.exchange.execution_log import show_body, show_headers
from innergate.runtime.exchange.gateway_failures import GatewayFailure

INTERNET_PREFIX = "internet/"
"""Of clusters that connect to whatever the Host header names: it must be the URI's host, which compile has looked at."""

MAX_ERROR_CHARACTERS = 1024
"""Of an error in the access log: a function's message may be as long as its payload."""


def choose_cluster(clusters: Sequence[WeightedCluster], chance: float) -> str:
    """A cluster by its weight; `chance` is in [0, 1)."""
    left = chance * sum(cluster.weight for cluster in clusters)
    for cluster in clusters:
        left -= cluster.weight
        if left < 0:
            return cluster.name
    return clusters[-1].name


def send(
    exchange: Exchange, target: HttpTarget, path: str, headers: Headers, body: bytes
) -> Generator[Effect, Reply, HttpReply]:
    """Sends a request to the backend. `path` has the query in it. Raises GatewayFailure where there is no answer."""
    integration = exchange.method.integration
    verb = integration.verb if integration.verb not in ("", "ANY") else exchange.call.verb
    uri = f"{target.scheme}://{target.host}{path}"
    log = exchange.log
    if log.has_data:
        log_request(exchange, uri, headers, body)
    if not target.clusters:
        log.error(f"Execution failed due to configuration error: {target.reason or 'There was an internal error'}")
        raise GatewayFailure(target.refusal or "INTEGRATION_FAILURE")
    log.info(f"Sending request to {uri}")
    host = next((value for name, value in headers if name.lower() == "host"), target.host)
    cluster = choose_cluster(target.clusters, exchange.around.chance)
    if cluster.startswith(INTERNET_PREFIX) and host != target.host:
        log.error("Execution failed due to configuration error: a Host header of another name than the URI's")
        raise GatewayFailure("INTEGRATION_FAILURE")
    reply = yield SendHttp(
        cluster=cluster,
        verb=verb,
        target=path,
        host=host,
        headers=tuple(pair for pair in headers if pair[0].lower() != "host"),
        body=body,
        timeout_ms=integration.timeout_ms,
        streams=may_stream(exchange),
        idle_s=integration.idle_s,
    )
    match reply:
        case HttpReply():
            note_reply(exchange, reply.status, reply.status, reply.latency_ms)
            log_reply(exchange, reply.status, reply.headers, reply.body, reply.latency_ms)
            return reply
        case EffectFailed():
            raise effect_failure(exchange, reply)
    raise TypeError(f"a reply of another effect: {reply!r}")


def may_stream(exchange: Exchange) -> bool:
    """Whether the answer may begin before it is whole; TestInvokeMethod shows it whole."""
    return exchange.method.integration.streams and not exchange.around.is_test


def note_reply(exchange: Exchange, status: int, code_status: int | None, latency_ms: int, request_id: str = "") -> None:
    """What the access log tells of an integration. `status` is that of the service called, `code_status` what a function's own
    code gave."""
    facts = exchange.facts
    facts["integrationStatus"] = facts["integration.integrationStatus"] = str(status)
    if code_status is not None:
        facts["integration.status"] = str(code_status)
    facts["integrationLatency"] = facts["integration.latency"] = str(latency_ms)
    # AWS differs: the integration's latency of a streamed answer is the time to its headers; timeToFirstContent is absent.
    # AWS differs: responseTransferMode and timeToAllHeaders are in the access log only where a worker streams an answer.
    if exchange.method.integration.streams:
        facts["integration.responseTransferMode"] = "STREAMED"
        facts["integration.timeToAllHeaders"] = str(latency_ms)
    if request_id:
        facts["integration.requestId"] = facts["awsEndpointRequestId"] = request_id


def note_error(exchange: Exchange, message: str) -> None:
    """What went wrong with an integration, for the access log."""
    shown = message[:MAX_ERROR_CHARACTERS]
    exchange.facts["integrationErrorMessage"] = exchange.facts["integration.error"] = shown


def log_request(exchange: Exchange, uri: str, headers: Headers, body: bytes) -> None:
    """The lines about what is asked."""
    log = exchange.log
    log.data(lambda: f"Endpoint request URI: {uri}")
    log.data(lambda: f"Endpoint request headers: {show_headers(headers)}")
    log.data(lambda: f"Endpoint request body after transformations: {show_body(body)}")


def log_reply(exchange: Exchange, status: int, headers: Headers, body: bytes, latency_ms: int) -> None:
    """The lines about an answer."""
    log = exchange.log
    if not log.has_info:
        return
    log.info(f"Received response. Status: {status}, Integration latency: {latency_ms} ms")
    log.data(lambda: f"Endpoint response headers: {show_headers(headers)}")
    log.data(lambda: f"Endpoint response body before transformations: {show_body(body)}")


def effect_failure(exchange: Exchange, failed: EffectFailed) -> GatewayFailure:
    """No answer came."""
    exchange.facts["integrationLatency"] = exchange.facts["integration.latency"] = str(failed.latency_ms)
    note_error(exchange, failed.reason)
    if failed.kind == "timeout":
        return GatewayFailure("INTEGRATION_TIMEOUT", log="Execution failed due to a timeout error")
    return GatewayFailure(
        "INTEGRATION_FAILURE", log="Execution failed due to a network error communicating with endpoint"
    )
