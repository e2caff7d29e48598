"""What an application load balancer answers in its own name (guide of Application Load Balancers, "HTTP errors generated").

# AWS differs: requests that Envoy cannot read get 400 where AWS has finer codes (460, 463, 464).
"""

from http import HTTPStatus

from innergate.compile.emit.envoy.packed import extension, overwrite, text_format
from innergate.primitives.json_value import JsonObject, JsonValue

SERVER = "awselb/2.0"
_HTML = "text/html"
_TITLES = {503: "Service Temporarily Unavailable", 504: "Gateway Time-out", 408: "Request Time-out"}
_LOCAL_STATUSES = (400, 404, 408, 413, 414, 426, 431, 500, 501, 502, 503, 504)

_NEVER_REACHED = ["UF", "UC", "UR", "UPE", "LR", "NC"]
"""Envoy's response flags: connection failed or ended, stream reset, answer that is no HTTP, no cluster."""


def page(status: int) -> str:
    """The HTML of an answer."""
    title = f"{status} {_TITLES.get(status) or HTTPStatus(status).phrase}"
    head = f"<html>\r\n<head><title>{title}</title></head>\r\n"
    return f"{head}<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"


def own_headers(names_server: bool) -> list[JsonValue]:
    """What marks an answer as the load balancer's own."""
    return [overwrite("server", SERVER)] if names_server else []


def answer_page(status: int, names_server: bool) -> dict[str, JsonValue]:
    """The fields of a route that answers so."""
    return {
        "direct_response": {"status": status, "body": {"inline_string": page(status)}},
        "response_headers_to_add": [*own_headers(names_server), overwrite("content-type", _HTML)],
    }


def local_answers(names_server: bool) -> JsonObject:
    """The HTTP connection manager's table. A route's own answers are what they are."""
    mappers: list[JsonValue] = [
        {"filter": _details("response.code_details == 'direct_response'")},
        _mapper(_details("response.code_details.contains('connection_timeout')"), 504, names_server),
        _mapper({"response_flag_filter": {"flags": _NEVER_REACHED}}, 502, names_server),
        *(_mapper(_status(status), status, names_server) for status in _LOCAL_STATUSES),
    ]
    return {"mappers": mappers}


def _mapper(filter: JsonObject, status: int, names_server: bool) -> JsonObject:
    return {
        "filter": filter,
        "status_code": status,
        "body_format_override": text_format(page(status), _HTML),
        **({"headers_to_add": own_headers(names_server)} if names_server else {}),
    }


def _status(status: int) -> JsonObject:
    value: JsonObject = {"default_value": status, "runtime_key": "innergate.none"}
    return {"status_code_filter": {"comparison": {"op": "EQ", "value": value}}}


def _details(expression: str) -> JsonObject:
    return {
        "extension_filter": extension(
            "envoy.access_loggers.extension_filters.cel",
            "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
            {"expression": expression},
        )
    }
