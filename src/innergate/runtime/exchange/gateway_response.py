"""What the gateway answers in its own name (developer guide, "Gateway responses in API Gateway")."""

import json
import re
from typing import Any

from innergate.plans.runtime import REASON_FACT, RuntimeGatewayResponse
from innergate.runtime.exchange.call import Answer, Headers
from innergate.runtime.exchange.context_values import find_variable, variable_text
from innergate.runtime.exchange.exchange_state import Exchange
from innergate.runtime.exchange.expressions import BodyIsNoJson, request_value
from innergate.runtime.exchange.gateway_failures import GatewayFailure
from innergate.runtime.exchange.integration_request import header_pairs, set_header
from innergate.runtime.exchange.method_request import DEFAULT_MEDIA_TYPE
from innergate.runtime.exchange.method_response import with_ids
from innergate.runtime.exchange.wire_texts import utf8

_TARGET = "gatewayresponse.header."
_REASON_LETTERS = 500

_DEFAULT_TEMPLATE = '{"message":$context.error.messageString}'
_VARIABLE = re.compile(r"\$(\{)?(context|stageVariables)\.([A-Za-z0-9_.-]*[A-Za-z0-9_])(?(1)\})")
_NOT_CUSTOM = frozenset({"REQUEST_TOO_LARGE"})
"""AWS gives no say in it."""


def answer_failure(exchange: Exchange, failure: GatewayFailure) -> Answer:
    """The gateway response of a failure, as the API's owner has put it, or the default one."""
    _note_error(exchange, failure)
    put = find_response(exchange, failure)
    status = put.status if put is not None and put.status else failure.status
    headers: dict[str, list[str]] = {}
    if put is None:
        body, content_type = _default_body(failure), DEFAULT_MEDIA_TYPE
    else:
        body, content_type = _put_body(exchange, put)
    headers["Content-Type"] = [content_type]
    headers["x-amzn-ErrorType"] = [failure.error_type]
    if put is not None:
        _map_headers(exchange, put, headers)
    log = exchange.log
    log.error(failure.log)
    log.info(f"Method completed with status: {status}")
    shown: Headers = header_pairs(headers)
    return Answer(
        status=status,
        headers=with_ids(exchange, shown),
        body=utf8(body),
        facts=exchange.facts,
        log=tuple(log.lines),
    )


def find_response(exchange: Exchange, failure: GatewayFailure) -> RuntimeGatewayResponse | None:
    """What was put for the type or for all of its class; None for the default."""
    if failure.response_type in _NOT_CUSTOM:
        return None
    put = exchange.stage.gateway_responses
    return put.get(failure.response_type) or put.get("DEFAULT_4XX" if failure.status < 500 else "DEFAULT_5XX")


def _note_error(exchange: Exchange, failure: GatewayFailure) -> None:
    text = "null" if failure.message is None else json.dumps(failure.message, ensure_ascii=False)
    error: dict[str, Any] = {"messageString": text, "responseType": failure.response_type}
    if failure.message is not None:
        error["message"] = failure.message
    if failure.details:
        error["validationErrorString"] = failure.details
    exchange.context["error"] = error
    reason = failure.log.removesuffix(failure.details).removesuffix(": ")  # details hold what the body held
    exchange.facts.update(
        {f"error.{name}": value for name, value in error.items()} | {REASON_FACT: reason[:_REASON_LETTERS]}
    )


def _default_body(failure: GatewayFailure) -> str:
    return json.dumps({failure.member: failure.message}, separators=(",", ":"), ensure_ascii=False)


def _put_body(exchange: Exchange, put: RuntimeGatewayResponse) -> tuple[str, str]:
    templates = put.templates
    content_type = DEFAULT_MEDIA_TYPE if DEFAULT_MEDIA_TYPE in templates or not templates else min(templates)
    template = templates.get(content_type, _DEFAULT_TEMPLATE)
    return _VARIABLE.sub(lambda found: _variable(exchange, found[2], found[3]), template), content_type


def _variable(exchange: Exchange, kind: str, name: str) -> str:
    """Plain substitution; "-" where a `$context` variable has no value, as Envoy prints it. What a validator said has its
    quotes escaped: templates put it between quotes."""
    if kind == "stageVariables":
        return exchange.stage.variables.get(name, "")
    value = find_variable(exchange.context, name)
    if name == "error.validationErrorString" and value is not None:
        return json.dumps(value, ensure_ascii=False)[1:-1]
    return "-" if value is None else variable_text(value)


def _map_headers(exchange: Exchange, put: RuntimeGatewayResponse, headers: dict[str, list[str]]) -> None:
    for target, text in put.parameters.items():
        if not target.startswith(_TARGET):
            continue
        try:
            value = request_value(exchange, text)
        except BodyIsNoJson:
            continue
        if value is not None:
            set_header(headers, target[len(_TARGET) :], [value] if isinstance(value, str) else value)
