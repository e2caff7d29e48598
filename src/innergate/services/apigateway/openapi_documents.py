"""Reads an OpenAPI document: JSON or YAML, of bounded size, with its local references followed."""

import json
import math
from collections.abc import Mapping

from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.limits import IMPORT_MAX_BYTES, IMPORT_MAX_NODES
from innergate.services.apigateway.openapi_yaml import read_yaml
from innergate.services.context import Context, Params

INVALID = "Invalid OpenAPI input."
_MAX_DEPTH = 64


def document_of(context: Context, params: Params) -> JsonObject:
    """The document that a call brings, read once however many ask for it. Raises Fault BadRequestException."""
    body: bytes = params["body"]
    if body not in context.documents:
        context.documents[body] = read_document(body)
    return context.documents[body]


def read_document(body: bytes) -> JsonObject:
    """The document that `body` holds. Raises Fault BadRequestException for what is too long, too deep or no object."""
    if len(body) > IMPORT_MAX_BYTES:
        raise bad_request(f"API definition exceeds the limit of {IMPORT_MAX_BYTES} bytes")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise bad_request(INVALID) from None
    value = _load(text)
    if not isinstance(value, Mapping):
        raise bad_request(INVALID)
    _check(value)
    return value


def _load(text: str) -> JsonValue:
    try:
        if text.lstrip().startswith("{"):
            loaded: JsonValue = json.loads(text)
        else:
            loaded = read_yaml(text, _MAX_DEPTH, IMPORT_MAX_NODES)
    except (ValueError, RecursionError):
        raise bad_request(INVALID) from None
    return loaded


def _check(value: JsonValue) -> None:
    """Raises Fault for what no JSON document carries (infinities, half of a surrogate pair), and for too
    much of it."""
    left = IMPORT_MAX_NODES
    waiting: list[tuple[JsonValue, int]] = [(value, 0)]
    while waiting:
        member, depth = waiting.pop()
        left -= 1
        if left < 0 or depth > _MAX_DEPTH:
            raise bad_request(INVALID)
        if isinstance(member, Mapping):
            if not all(_is_scalar(name) for name in member):
                raise bad_request(INVALID)
            waiting += [(inner, depth + 1) for inner in member.values()]
        elif isinstance(member, list):
            waiting += [(inner, depth + 1) for inner in member]
        elif not _is_scalar(member):
            raise bad_request(INVALID)


def _is_scalar(value: JsonValue) -> bool:
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)
    return value is None or isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))


def resolve(document: JsonObject, value: JsonValue) -> JsonObject:
    """`value`, or what its local `$ref` points to; {} where that is nothing. Other documents are never fetched."""
    for _ in range(8):
        if not isinstance(value, Mapping):
            return {}
        reference = value.get("$ref")
        if not isinstance(reference, str):
            return value
        value = _at(document, reference)
    return {}


def _at(document: JsonObject, reference: str) -> JsonValue:
    if not reference.startswith("#/"):
        return None
    at: JsonValue = document
    for segment in reference[2:].split("/"):
        name = segment.replace("~1", "/").replace("~0", "~")
        at = at.get(name) if isinstance(at, Mapping) else None
    return at
