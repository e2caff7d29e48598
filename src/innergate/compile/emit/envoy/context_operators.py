"""$context variables and mapped values in Envoy's command operators."""

import re

from innergate.compile.emit.envoy.facts import EXTENDED_ID_OPERATOR, REQUEST_ID_OPERATOR, VPC, VPCE
from innergate.compile.emit.envoy.packed import escape_operators
from innergate.compile.resolve.api_blueprint import Value
from innergate.compile.resolve.api_path_order import split_path

_CONTEXT: dict[str, str] = {
    "extendedRequestId": EXTENDED_ID_OPERATOR,
    "httpMethod": "%REQ(:METHOD)%",
    "identity.apiKeyId": "%REQ(X-INNERGATE-KEY-ID)%",
    "identity.sourceIp": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
    "identity.userAgent": "%REQ(USER-AGENT)%",
    "identity.vpcId": f"%FILTER_STATE({VPC}:PLAIN)%",
    "identity.vpceId": f"%FILTER_STATE({VPCE}:PLAIN)%",
    "path": "%PATH(NQ)%",
    "protocol": "%PROTOCOL%",
    "requestId": REQUEST_ID_OPERATOR,
    "requestTime": "%START_TIME(%d/%b/%Y:%H:%M:%S +0000)%",
    "requestTimeEpoch": "%START_TIME(%s%3f)%",
}

_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_.]+)|\$\{context\.([A-Za-z0-9_.]+)\}")


def context_operator(name: str) -> str:
    """The operator of a run-time variable; "-" (AWS's word for "not there") where Envoy cannot know it."""
    return _CONTEXT.get(name, "-")


def value_operator(value: Value, path: str, mount: str) -> str:
    """The operator of a mapped value in a method whose path template is `path` under `mount`.

    A path parameter stands as it came: percent-encoded (AWS decodes and encodes again).
    """
    match value.source:
        case "static":
            return escape_operators(value.text)
        case "header":
            return f"%REQ({value.text.upper()})%"
        case "querystring":
            return f"%QUERY_PARAM({value.text})%"
        case "context":
            return context_operator(value.text)
        case "path":
            return _path_operator(value.text, path, mount)


def _path_operator(variable: str, path: str, mount: str) -> str:
    """The part of the canonical path that fills `variable`; the first is empty, those of the mount follow."""
    for index, segment in enumerate(split_path(path), start=1 + mount.count("/")):
        if segment.text == variable and segment.kind == "variable":
            return f"%CEL(request.url_path.split('/')[{index}])%"
        if segment.text == variable and segment.kind == "greedy":
            return f"%CEL(request.url_path.split('/', {index + 1})[{index}])%"
    return ""


def translate_template(template: str, known: dict[str, str]) -> str:
    """A gateway response's or log's template with its $context variables as operators; `known` goes first."""

    def replace(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        trailing = ""
        while name.endswith("."):
            name, trailing = name[:-1], trailing + "."
        operator = known.get(name)
        return (operator if operator is not None else context_operator(name)) + trailing

    parts: list[str] = []
    at = 0
    for match in _VARIABLE.finditer(template):
        parts += [escape_operators(template[at : match.start()]), replace(match)]
        at = match.end()
    return "".join([*parts, escape_operators(template[at:])])
