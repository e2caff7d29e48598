"""Reads an OpenAPI document: JSON or YAML, of bounded size, with its local references followed."""

import json
from collections.abc import Mapping, Sequence

import yaml

from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.limits import IMPORT_MAX_BYTES, IMPORT_MAX_NODES

INVALID = "Invalid OpenAPI input."
_MAX_DEPTH = 64


class _Loader(yaml.SafeLoader):
    """YAML's safe types without dates: a version written 2017-01-01 stays a text."""


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


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
    _count(value)
    return value


def _load(text: str) -> JsonValue:
    try:
        if text.lstrip().startswith("{"):
            loaded: JsonValue = json.loads(text)
        else:
            loaded = _plain_keys(yaml.load(text, _Loader), 0)
    except (ValueError, RecursionError, yaml.YAMLError):
        raise bad_request(INVALID) from None
    return loaded


def _plain_keys(value: JsonValue, depth: int, budget: list[int] | None = None) -> JsonValue:
    """YAML's value with texts for keys (a status 200 is a number there); stops at documents that grow by aliases."""
    left = [IMPORT_MAX_NODES] if budget is None else budget
    left[0] -= 1
    if left[0] < 0 or depth > _MAX_DEPTH:
        raise bad_request(INVALID)
    if isinstance(value, Mapping):
        return {_key(name): _plain_keys(member, depth + 1, left) for name, member in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain_keys(member, depth + 1, left) for member in value]
    return value


def _key(name: object) -> str:
    return str(name).lower() if isinstance(name, bool) else str(name)


def _count(value: JsonValue) -> None:
    left = IMPORT_MAX_NODES
    waiting: list[tuple[JsonValue, int]] = [(value, 0)]
    while waiting:
        member, depth = waiting.pop()
        left -= 1
        if left < 0 or depth > _MAX_DEPTH:
            raise bad_request(INVALID)
        if isinstance(member, Mapping):
            waiting += [(inner, depth + 1) for inner in member.values()]
        elif isinstance(member, Sequence) and not isinstance(member, str):
            waiting += [(inner, depth + 1) for inner in member]


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
