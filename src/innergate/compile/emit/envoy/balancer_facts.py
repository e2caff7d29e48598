"""What an application load balancer tells of a request: its trace id, and the parts of its URL that redirects name."""

import re
from collections.abc import Mapping

from innergate.compile.emit.envoy.facts import SET_FILTER_STATE
from innergate.compile.emit.envoy.packed import CEL_FORMATTER, escape_operators, extension, packed, text_format
from innergate.primitives.json_value import JsonObject, JsonValue

TRACE_FILTER, URL_FILTER = "innergate.trace", "innergate.url"
_TRACE, _HOST, _PATH, _QUERY = "innergate.trace", "innergate.host", "innergate.path", "innergate.query"

_RANDOM = '%COALESCE({"operators":["UNIQUE_ID"]}):8%'
_SEEN = "request.headers['x-amzn-trace-id']"
_FRESH_ID = rf"1-%CEL('\x25x'.format([int(request.time)]))%-{_RANDOM * 3}"
_TRACE_FORMAT = (
    f"%CEL('x-amzn-trace-id' in request.headers && {_SEEN}.contains('Root=') ? 'Self' : 'Root')%={_FRESH_ID}"
    "%CEL('x-amzn-trace-id' in request.headers ? ';' : '')%"
)
TRACE_HEADER = f"%FILTER_STATE({_TRACE}:PLAIN)%%REQ(X-AMZN-TRACE-ID)%"
"""X-Amzn-Trace-Id: Root of a fresh id, or Self of one in front of the client's (guide, "Request tracing")."""

_URL_FORMATS = {
    _HOST: "%CEL(request.host.split(':')[0])%",
    _PATH: "%CEL(request.url_path.substring(1))%",
    _QUERY: "%CEL(request.query)%",
}
_OPERATORS = {
    "host": f"%FILTER_STATE({_HOST}:PLAIN)%",
    "path": f"%FILTER_STATE({_PATH}:PLAIN)%",
    "query": f"%FILTER_STATE({_QUERY}:PLAIN)%",
    "?query": "%CEL(request.query == '' ? '' : '?')%" + f"%FILTER_STATE({_QUERY}:PLAIN)%",
}
_KEYWORD = re.compile(r"#\{(\??\w+)\}")


def trace_filter() -> JsonObject:
    """The HTTP filter that makes each request's trace id."""
    return extension(TRACE_FILTER, SET_FILTER_STATE, _facts({_TRACE: _TRACE_FORMAT}))


def url_filter() -> JsonObject:
    """The HTTP filter that redirects wake."""
    return {**extension(URL_FILTER, SET_FILTER_STATE, {}), "disabled": True}


def url_facts() -> JsonObject:
    """Its configuration for a route."""
    return packed(SET_FILTER_STATE, _facts(_URL_FORMATS))


def _facts(formats: Mapping[str, str]) -> JsonObject:
    rules: list[JsonValue] = [
        {
            "object_key": key,
            "factory_key": "envoy.string",
            "format_string": {**text_format(format, formatters=(CEL_FORMATTER,)), "omit_empty_values": True},
        }
        for key, format in formats.items()
    ]
    return {"on_request_headers": rules}


def url_text(text: str, own: Mapping[str, str]) -> str:
    """A part of a redirect's address as a format string; `own` has the values of keywords that the listener knows."""
    parts = _KEYWORD.split(text)
    known = {**own, **_OPERATORS}
    return "".join(known.get(part, "") if index % 2 else escape_operators(part) for index, part in enumerate(parts))
