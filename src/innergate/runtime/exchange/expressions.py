"""Mapping expressions: `method.request.header.X`, `integration.response.body.a.b`, `context.x`, `stageVariables.x`, `'text'`
(developer guide, "Parameter mapping source reference")."""

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from innergate.runtime.authorize.verdict import drops_authorization
from innergate.runtime.exchange.context_values import find_variable, variable_text
from innergate.runtime.exchange.exchange_state import Exchange
from innergate.runtime.exchange.header_rules import NEVER_MAPPED
from innergate.runtime.exchange.method_request import MethodRequest
from innergate.runtime.exchange.wire_texts import header_text
from innergate.runtime.mapping.json_paths import BadJsonPath, find
from innergate.runtime.vtl import TemplateTooCostly

Mapped: TypeAlias = str | list[str] | None
"""None where the source has no value: then nothing is set."""


class Expression(NamedTuple):
    """`source` is static, context, stageVariables, method.request.<place> or integration.response.<place>."""

    source: str
    name: str


class BodyIsNoJson(Exception):
    """A path is to be looked up in a body that is no JSON."""


@lru_cache(maxsize=8192)
def parse_expression(text: str) -> Expression:
    """An expression that is none of AWS's has an empty source, and no value."""
    if len(text) >= 2 and text[0] == text[-1] == "'":
        return Expression("static", text[1:-1])
    for prefix in ("context", "stageVariables"):
        if text.startswith(f"{prefix}."):
            return Expression(prefix, text[len(prefix) + 1 :])
    parts = text.split(".", 3)
    if len(parts) >= 3 and tuple(parts[:2]) in (("method", "request"), ("integration", "response")):
        return Expression(".".join(parts[:3]), parts[3] if len(parts) == 4 else "")
    return Expression("", text)


def request_value(exchange: Exchange, text: str, *, raw_path: bool = False) -> Mapped:
    """The value of an expression about the request. Raises BodyIsNoJson. `raw_path`: path parameters as they were sent."""
    expression = parse_expression(text)
    read = _REQUEST.get(expression.source)
    if read is not None:
        if expression.source.endswith("header") and _is_hidden(exchange, expression.name):
            return None
        if raw_path and expression.source == "method.request.path":
            return exchange.request.raw_path.get(expression.name)
        return read(exchange.request, expression.name)
    return known_value(exchange, expression)


def _is_hidden(exchange: Exchange, header: str) -> bool:
    lowered = header.lower()
    if lowered == "authorization":
        return drops_authorization(exchange.method, exchange.call)
    return lowered in NEVER_MAPPED


def known_value(exchange: Exchange, expression: Expression) -> Mapped:
    """The value of what needs neither request nor response; None for everything else."""
    match expression.source:
        case "static":
            return expression.name
        case "stageVariables":
            return exchange.stage.variables.get(expression.name)
        case "context":
            value = find_variable(exchange.context, expression.name)
            return None if value is None else variable_text(value)
    return None


def body_value(text: str, path: str) -> Mapped:
    """What a path (without "$.") leads to in a body, the whole body for "". A body that does not begin as JSON does has
    nothing in it. Raises BodyIsNoJson."""
    if not path:
        return text
    if text.lstrip()[:1] not in ("{", "[", '"', "'"):
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise BodyIsNoJson from None
    try:
        found = find(document, f"${path}" if path.startswith("[") else f"$.{path}")
    except (BadJsonPath, TemplateTooCostly):
        return None
    return _json_text(found.value) if found.is_found else None


def _json_text(value: Any) -> Mapped:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


_REQUEST: dict[str, Callable[[MethodRequest, str], Mapped]] = {
    "method.request.path": lambda request, name: request.path.get(name),
    "method.request.querystring": lambda request, name: request.query.get(name),
    "method.request.header": lambda request, name: header_text(request.header(name) or "") or request.header(name),
    "method.request.multivaluequerystring": lambda request, name: request.multi_query.get(name),
    "method.request.multivalueheader": lambda request, name: ",".join(request.header_values(name)) or None,
    "method.request.body": lambda request, name: body_value(request.text or "{}", name),
}
