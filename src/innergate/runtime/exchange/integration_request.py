"""The integration request: what a method sends on, by its mappings, its template and what the template overrides."""

import re
from typing import Any, NamedTuple, final

from innergate.runtime.exchange.call import Headers
from innergate.runtime.exchange.content_handling import Payload, convert_request, is_binary_type
from innergate.runtime.exchange.exchange_state import Exchange
from innergate.runtime.exchange.expressions import BodyIsNoJson, Mapped, request_value
from innergate.runtime.exchange.gateway_failures import GatewayFailure, configuration_error
from innergate.runtime.exchange.header_rules import FORBIDDEN_TARGETS
from innergate.runtime.exchange.rendering import render_template
from innergate.runtime.exchange.template_choice import choose_request_template
from innergate.runtime.exchange.wire_texts import header_value, is_header_name, path_text, query_text, utf8

_TARGET = re.compile(r"integration\.request\.(path|querystring|header)\.(.+)")
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


class MappedRequest(NamedTuple):
    """What mappings set. Path values are percent-encoded; header names stand as they are written in the mapping."""

    path: dict[str, str]
    query: dict[str, list[str]]
    headers: dict[str, list[str]]


def map_request(exchange: Exchange, forbidden: frozenset[str] = FORBIDDEN_TARGETS) -> MappedRequest:
    """The integration's `requestParameters`. Raises GatewayFailure where one names a forbidden header, or needs a body that is
    no JSON."""
    mapped = MappedRequest({}, {}, {})
    for target, text in exchange.method.integration.parameters.items():
        place = _TARGET.fullmatch(target)
        if place is None:
            raise configuration_error(f"Invalid mapping expression parameter specified: {target}")
        try:
            value = request_value(exchange, text, raw_path=place[1] == "path")
        except BodyIsNoJson:
            raise GatewayFailure("DEFAULT_4XX", message="Invalid JSON in request body") from None
        if place[1] == "header" and place[2].lower() in forbidden:
            raise configuration_error(f"Header {place[2]} is not allowed as a mapping's destination")
        if value is not None:
            _put(mapped, place[1], place[2], value, is_encoded=text.startswith("method.request.path."))
    return mapped


def _put(mapped: MappedRequest, place: str, name: str, value: Mapped, *, is_encoded: bool) -> None:
    values = [value] if isinstance(value, str) else value or []
    match place:
        case "path":
            mapped.path[name] = values[-1] if is_encoded else path_text(values[-1])
        case "querystring":
            mapped.query[name] = values
        case _ if any(values):
            mapped.headers[name] = values


@final
class TemplatedRequest(NamedTuple):
    """A request that does not pass the client's through: only what is mapped, and a body. `path` takes the place of the whole
    path of the integration's URI, "" for none."""

    mapped: MappedRequest
    body: bytes
    path: str = ""


def build_templated(exchange: Exchange, forbidden: frozenset[str] = FORBIDDEN_TARGETS) -> TemplatedRequest:
    """Mappings, then the template, then what the template overrides. Raises GatewayFailure."""
    integration, request = exchange.method.integration, exchange.request
    template = choose_request_template(integration.templates, request.media_type, integration.passthrough)
    payload = request_payload(exchange)
    mapped = map_request(exchange, forbidden)
    if template is None:
        return TemplatedRequest(mapped, payload.data)
    text = render_template(exchange, template, payload.text())
    overrides = exchange.overrides.get("requestOverride", {})
    for name, value in _override(overrides, "path"):
        mapped.path[name] = path_text(_one_text(value))
    for name, value in _override(overrides, "querystring"):
        mapped.query[name] = _texts(value)
    for name, value in _override(overrides, "header"):
        if name.lower() in forbidden:
            raise configuration_error(f"Header {name} is not allowed as a mapping's destination")
        set_header(mapped.headers, name, [",".join(_texts(value))])
    return TemplatedRequest(mapped, utf8(text), _whole_path(overrides))


def _whole_path(overrides: Any) -> str:
    """What a template has put in the place of all path parameters (developer guide, "Private integrations for REST APIs": so
    the stage's name is taken off)."""
    path = overrides.get("path") if isinstance(overrides, dict) else None
    return path_text(f"/{path.removeprefix('/')}") if isinstance(path, str) and path else ""


def _override(overrides: Any, place: str) -> list[tuple[str, Any]]:
    """What is overridden; nothing where a template has put something else in its place."""
    values = overrides.get(place) if isinstance(overrides, dict) else None
    return [(str(name), value) for name, value in values.items()] if isinstance(values, dict) else []


def request_payload(exchange: Exchange) -> Payload:
    """The client's body after contentHandling."""
    binary = is_binary_type(exchange.stage.binary_media_types, exchange.request.media_type)
    return convert_request(exchange.call.body, binary, exchange.method.integration.content_handling)


def set_header(headers: dict[str, list[str]], name: str, values: list[str]) -> None:
    """Replaces a header whatever its spelling."""
    lowered = name.lower()
    for known in [known for known in headers if known.lower() == lowered]:
        del headers[known]
    headers[name] = values


def header_pairs(headers: dict[str, list[str]]) -> Headers:
    """In order, each value on one line; what is no header's name is left out."""
    return tuple(
        (name, header_value(value)) for name, values in headers.items() if is_header_name(name) for value in values
    )


def fill_path(template: str, values: dict[str, str]) -> str:
    """A URI's path with its placeholders filled in; one that nothing fills stays, percent-encoded."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1].removesuffix("+"), path_text(found[0])), template)


def join_query(fixed: str, query: dict[str, list[str]]) -> str:
    """A URI's own query and the mapped one."""
    pairs = [f"{query_text(name)}={query_text(value)}" for name, values in query.items() for value in values]
    return "&".join([fixed, *pairs] if fixed else pairs)


def _texts(value: Any) -> list[str]:
    return [_one_text(item) for item in value] if isinstance(value, list) else [_one_text(value)]


def _one_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
