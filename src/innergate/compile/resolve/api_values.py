"""Mapping expressions ("method.request.path.id", "'static'", "stageVariables.x", "context.requestId") -> values.

Developer guide, "Parameter mapping source and destination reference". What is known when compiling becomes static text.
"""

import re
from typing import NamedTuple

from innergate.compile.resolve.api_blueprint import Value, ValueSource

_METHOD_REQUEST = re.compile(r"method\.request\.(path|querystring|header)\.(.+)")
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
    """The value, or None where it needs what is not known here (bodies, multi-values, unknown variables)."""
    if len(expression) >= 2 and expression[0] == expression[-1] == "'":
        return Value(source="static", text=expression[1:-1])
    if match := _METHOD_REQUEST.fullmatch(expression):
        sources: dict[str, ValueSource] = {"path": "path", "querystring": "querystring", "header": "header"}
        return Value(source=sources[match[1]], text=match[2])
    if expression.startswith("stageVariables."):
        return Value(source="static", text=around.variables.get(expression.removeprefix("stageVariables."), ""))
    if expression.startswith("context."):
        name = expression.removeprefix("context.")
        if name in around.context:
            return Value(source="static", text=around.context[name])
        return Value(source="context", text=name) if name in RUN_TIME_CONTEXT else None
    return None


def fill_stage_variables(text: str, variables: dict[str, str]) -> str:
    """`text` with every ${stageVariables.x} filled in; an unset one is empty."""
    return _STAGE_VARIABLE.sub(lambda match: variables.get(match[1], ""), text)
