"""The integration response: which one is chosen, and what its mappings and its template make of a backend's answer."""

from typing import Any

from innergate.plans.runtime import RuntimeIntegrationResponse
from innergate.primitives.bounded_patterns import matches_whole
from innergate.runtime.exchange.call import Headers
from innergate.runtime.exchange.content_handling import convert_response, is_binary_type
from innergate.runtime.exchange.context_values import variable_text
from innergate.runtime.exchange.exchange_state import Exchange
from innergate.runtime.exchange.expressions import BodyIsNoJson, Mapped, body_value, known_value, parse_expression
from innergate.runtime.exchange.gateway_failures import GatewayFailure, configuration_error
from innergate.runtime.exchange.integration_reply import IntegrationReply, MethodAnswer
from innergate.runtime.exchange.integration_request import header_pairs, set_header
from innergate.runtime.exchange.method_request import media_type_of
from innergate.runtime.exchange.rendering import render_template
from innergate.runtime.exchange.template_choice import choose_response_template
from innergate.runtime.exchange.wire_texts import utf8

_TARGET = "method.response.header."


def answer_from_integration(exchange: Exchange, reply: IntegrationReply) -> MethodAnswer:
    """What a client gets of an answer that is not proxied. Raises GatewayFailure."""
    chosen = choose_response(exchange.method.integration.responses, reply.selector)
    if chosen is None:
        raise configuration_error(
            "No match for output mapping and no default output mapping configured. "
            f"Endpoint Response Status Code: {reply.status}"
        )
    if chosen.status not in exchange.method.responses:
        raise configuration_error(f"Output mapping refers to an invalid method response: {chosen.status}")
    headers = _map_headers(exchange, chosen, reply)
    request = exchange.request
    content_type, template = choose_response_template(chosen.templates, request.accepted_type)
    payload = convert_response(
        reply.body,
        is_binary=is_binary_type(
            exchange.stage.binary_media_types, media_type_of(_header(reply.headers, "content-type"))
        ),
        accepts_binary=is_binary_type(exchange.stage.binary_media_types, request.accepted_type),
        handling=chosen.content_handling,
    )
    body, status = payload.data, chosen.status
    if template is not None:
        body = utf8(render_template(exchange, template, payload.text()))
    overrides = exchange.overrides.get("responseOverride")
    if overrides:
        status = _override(overrides, headers) or status
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = [content_type]
    return MethodAnswer(status, header_pairs(headers), body)


def _override(overrides: Any, headers: dict[str, list[str]]) -> int:
    """Puts overridden headers over those mapped; gives the status, 0 where none, or no number of 100 to 599, is set."""
    if not isinstance(overrides, dict):
        return 0
    named = overrides.get("header")
    for name, value in named.items() if isinstance(named, dict) else ():
        values = value if isinstance(value, list) else [value]
        set_header(headers, str(name), [",".join("" if item is None else variable_text(item) for item in values)])
    status = str(overrides.get("status"))
    return int(status) if len(status) == 3 and status.isdecimal() and "100" <= status <= "599" else 0


def choose_response(
    responses: tuple[RuntimeIntegrationResponse, ...], selector: str
) -> RuntimeIntegrationResponse | None:
    """The first whose pattern takes the whole selector, else the first without a pattern."""
    for response in responses:
        if response.selection_pattern and matches_whole(response.selection_pattern, selector):
            return response
    return next((response for response in responses if not response.selection_pattern), None)


def _map_headers(
    exchange: Exchange, chosen: RuntimeIntegrationResponse, reply: IntegrationReply
) -> dict[str, list[str]]:
    headers: dict[str, list[str]] = {}
    for target, text in chosen.parameters.items():
        if not target.startswith(_TARGET):
            raise configuration_error(f"Invalid mapping expression parameter specified: {target}")
        try:
            value = _response_value(exchange, reply, text)
        except BodyIsNoJson:
            raise GatewayFailure(
                "API_CONFIGURATION_ERROR",
                log="Execution failed due to configuration error: Invalid JSON in response body",
            ) from None
        if value is not None:
            headers[target[len(_TARGET) :]] = [value] if isinstance(value, str) else value
    return headers


def _response_value(exchange: Exchange, reply: IntegrationReply, text: str) -> Mapped:
    expression = parse_expression(text)
    match expression.source:
        case "integration.response.header":
            return _header(reply.headers, expression.name)
        case "integration.response.multivalueheader":
            wanted = expression.name.lower()
            return ",".join(value for name, value in reply.headers if name.lower() == wanted) or None
        case "integration.response.body":
            return body_value(reply.body.decode("utf-8", "replace"), expression.name)
    return known_value(exchange, expression)


def _header(headers: Headers, name: str) -> str | None:
    wanted = name.lower()
    return next((value for key, value in reversed(headers) if key.lower() == wanted), None)
