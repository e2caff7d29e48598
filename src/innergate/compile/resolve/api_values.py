"""Mapping expressions ("method.request.path.id", "'static'", "stageVariables.x", "context.requestId") -> values.

Developer guide, "Parameter mapping source and destination reference". What is known when compiling becomes static text.
"""

import re
from typing import NamedTuple

from innergate.compile.resolve.api_blueprint import Value, ValueSource

_METHOD_REQUEST = re.compile(r"method\.request\.(path|querystring|header)\.(.+)")
_HEADER_NAME = re.compile(r"[!#$&*+.^_`|~0-9A-Za-z-]{1,256}")
"""A token (RFC 9110, section 5.6.2), but for percent signs and quotes, which mean something where Envoy reads the name."""
_QUERY_NAME = re.compile(r"[0-9A-Za-z._~$*!+-]{1,256}")
_UNFIT = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
_MAX_BYTES = 10 * 1024
"""What all headers of a request may hold."""
_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}")

RUN_TIME_CONTEXT = frozenset(
    {
        "extendedRequestId",
        "httpMethod",
        "identity.apiKeyId",
        "identity.sourceIp",
        "identity.userAgent",
        "identity.vpcId",
        "identity.vpceId",
        "path",
        "protocol",
        "requestId",
        "requestTime",
        "requestTimeEpoch",
    }
)
"""$context variables that only a request can tell."""


class Surroundings(NamedTuple):
    """What a method's expressions may refer to: $context variables known by now, and the stage's variables. A streamed answer
    may rest for `idle_s`."""

    context: dict[str, str]
    variables: dict[str, str]
    idle_s: int = 300


def resolve_value(expression: str, around: Surroundings) -> Value | None:
    """The value, or None where it needs what is not known here (bodies, multi-values, unknown variables), or is no text that a
    header can hold."""
    if len(expression) >= 2 and expression[0] == expression[-1] == "'":
        return Value(source="static", text=expression[1:-1]) if is_header_text(expression[1:-1]) else None
    if match := _METHOD_REQUEST.fullmatch(expression):
        sources: dict[str, ValueSource] = {"path": "path", "querystring": "querystring", "header": "header"}
        is_named = match[1] == "path" or is_plain_name(match[1], match[2])
        return Value(source=sources[match[1]], text=match[2]) if is_named else None
    if expression.startswith("stageVariables."):
        return Value(source="static", text=around.variables.get(expression.removeprefix("stageVariables."), ""))
    if expression.startswith("context."):
        name = expression.removeprefix("context.")
        if name in around.context:
            return Value(source="static", text=around.context[name])
        return Value(source="context", text=name) if name in RUN_TIME_CONTEXT else None
    return None


def is_plain_name(place: str, name: str) -> bool:
    """Whether a header ("header") or a query parameter ("querystring") may have the name without any quoting."""
    return (_HEADER_NAME if place == "header" else _QUERY_NAME).fullmatch(name) is not None


def is_answer_header(name: str) -> bool:
    """Whether an answer may have a header of the name: Host is no answer's."""
    return is_plain_name("header", name) and name.lower() != "host"


def is_header_text(text: str) -> bool:
    """Whether a header can hold it as it is."""
    return _UNFIT.search(text) is None and len(text.encode()) <= _MAX_BYTES


def fill_stage_variables(text: str, variables: dict[str, str]) -> str:
    """`text` with every ${stageVariables.x} filled in; an unset one is empty."""
    return _STAGE_VARIABLE.sub(lambda match: variables.get(match[1], ""), text)
