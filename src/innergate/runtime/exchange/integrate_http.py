"""HTTP and HTTP_PROXY integrations."""

from collections.abc import Generator
from urllib.parse import parse_qsl

from innergate.plans.runtime import HttpTarget
from innergate.runtime.authorize.verdict import drops_authorization
from innergate.runtime.exchange.call import Headers
from innergate.runtime.exchange.effects import Effect, HttpReply, Reply
from innergate.runtime.exchange.exchange_state import Exchange
from innergate.runtime.exchange.gateway_failures import configuration_error
from innergate.runtime.exchange.header_rules import is_kept_from_backends
from innergate.runtime.exchange.integration_reply import IntegrationReply
from innergate.runtime.exchange.integration_request import (
    build_templated,
    fill_path,
    header_pairs,
    join_query,
    map_request,
    request_payload,
    set_header,
)
from innergate.runtime.exchange.method_request import DEFAULT_MEDIA_TYPE
from innergate.runtime.exchange.upstreams import send
from innergate.runtime.exchange.wire_texts import query_text


def integrate_http(exchange: Exchange) -> Generator[Effect, Reply, IntegrationReply]:
    """Sends what mappings and template make of the call. Raises GatewayFailure."""
    target = _target(exchange)
    built = build_templated(exchange)
    path = built.path or fill_path(target.path, built.mapped.path)
    query = join_query(target.query, built.mapped.query)
    headers = _with_defaults(exchange, built.mapped.headers, has_body=bool(built.body))
    reply = yield from send(exchange, target, f"{path}?{query}" if query else path, headers, built.body)
    return IntegrationReply(reply.status, str(reply.status), reply.headers, reply.body)


def _with_defaults(exchange: Exchange, mapped: dict[str, list[str]], *, has_body: bool) -> Headers:
    api_id = exchange.stage.api_id
    named = {name.lower() for name in mapped}
    headers = dict(mapped)
    if "accept" not in named:
        headers["Accept"] = [DEFAULT_MEDIA_TYPE]
    if has_body and "content-type" not in named:
        headers["Content-Type"] = [exchange.request.header("content-type") or DEFAULT_MEDIA_TYPE]
    if "user-agent" not in named:
        headers["User-Agent"] = [f"AmazonAPIGateway_{api_id}"]
    headers["X-Amzn-Trace-Id"] = [exchange.request.trace_id]
    headers["x-amzn-apigateway-api-id"] = [api_id]
    return header_pairs(headers)


def integrate_http_proxy(exchange: Exchange) -> Generator[Effect, Reply, HttpReply]:
    """Sends the call on as it came, with what is mapped put over it. Raises GatewayFailure."""
    target = _target(exchange)
    mapped = map_request(exchange)
    path = fill_path(target.path, mapped.path)
    query = _proxied_query(exchange.call.query, target.query, mapped.query)
    headers: dict[str, list[str]] = {
        name: values for name, values in exchange.request.multi_headers.items() if not is_kept_from_backends(name)
    }
    if drops_authorization(exchange.method, exchange.call):
        headers = {name: values for name, values in headers.items() if name.lower() != "authorization"}
    for name, values in mapped.headers.items():
        set_header(headers, name, values)
    set_header(headers, "x-amzn-apigateway-api-id", [exchange.stage.api_id])
    body = request_payload(exchange).data
    return (yield from send(exchange, target, f"{path}?{query}" if query else path, header_pairs(headers), body))


def _proxied_query(own: str, fixed: str, mapped: dict[str, list[str]]) -> str:
    """The client's query as it came where nothing is added to it; mapped names take the place of the client's."""
    if not fixed and not mapped:
        return own
    pairs = [pair for pair in own.split("&") if pair]
    pairs += [f"{query_text(name)}={query_text(value)}" for name, value in parse_qsl(fixed, keep_blank_values=True)]
    if mapped:
        pairs = [pair for pair in pairs if _name(pair) not in mapped]
        pairs += [f"{query_text(name)}={query_text(value)}" for name, values in mapped.items() for value in values]
    return "&".join(pairs)


def _name(pair: str) -> str:
    return parse_qsl(pair, keep_blank_values=True)[0][0] if pair else ""


def _target(exchange: Exchange) -> HttpTarget:
    target = exchange.method.integration.target
    if not isinstance(target, HttpTarget):
        raise configuration_error("Invalid endpoint address")
    return target
