"""Integration URIs: "http://host:port/base/{proxy}?x=1" -> host, port and a path in pieces."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from innergate.compile.resolve.api_blueprint import Value

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_DEFAULT_PORTS = {"http": 80, "https": 443}


class IntegrationUri(NamedTuple):
    """A URI taken apart. `host` is what the Host header says; a placeholder that no parameter fills stays in the path."""

    scheme: str
    host: str
    port: int
    path: tuple[str | Value, ...]
    query: str


def parse_uri(text: str, path_values: Mapping[str, Value]) -> IntegrationUri | None:
    """The URI with its placeholders filled by `path_values`; None where it is no HTTP URL or its host is not fixed."""
    template = _parse_template(text)
    if template is None:
        return None
    pieces = _fill(template.path, path_values)
    return IntegrationUri(template.scheme, template.host, template.port, pieces, template.query)


class _Template(NamedTuple):
    scheme: str
    host: str
    port: int
    path: str
    query: str


@lru_cache(maxsize=16_384)
def _parse_template(text: str) -> _Template | None:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or "{" in host or parts.query.count("{"):
        return None
    return _Template(parts.scheme, host, port or _DEFAULT_PORTS[parts.scheme], parts.path or "/", parts.query)


def _fill(path: str, values: Mapping[str, Value]) -> tuple[str | Value, ...]:
    if "{" not in path:
        return (path,)
    pieces: list[str | Value] = []
    at = 0
    for match in _PLACEHOLDER.finditer(path):
        _add_text(pieces, path[at : match.start()])
        value = values.get(match[1].removesuffix("+"))
        if value is None:
            _add_text(pieces, quote(match[0]))
        elif value.source == "static":
            _add_text(pieces, quote(value.text, safe="/-._~:@!$&'()*+,;=%"))
        else:
            pieces.append(value)
        at = match.end()
    _add_text(pieces, path[at:])
    return tuple(pieces)


def _add_text(pieces: list[str | Value], text: str) -> None:
    if not text:
        return
    if pieces and isinstance(pieces[-1], str):
        pieces[-1] += text
    else:
        pieces.append(text)
