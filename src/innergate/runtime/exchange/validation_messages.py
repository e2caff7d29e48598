"""`$context.error.validationErrorString`: what a schema refuses, in the words of the validator that AWS uses
(java-json-tools/json-schema-validator, `validation.properties`)."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import jsonschema_rs

MAX_ERRORS = 20
MAX_VALUE_CHARACTERS = 200

_Kind = Mapping[str, Any]


def validation_text(validator: "jsonschema_rs.Draft4Validator", document: Any, *, is_large: bool) -> str:
    """[first, second]: no more than MAX_ERRORS of them; the first alone where the document is large, for the validator finds
    all of them before it tells any."""
    found: dict[str, None] = {}
    missing: dict[str, list[str]] = {}
    for error in [_first_error(validator, document)] if is_large else validator.iter_errors(document):
        kind = error.kind.as_dict()
        if error.kind.name == "required":
            missing.setdefault(json.dumps(error.instance_path), []).append(str(kind.get("property")))
            continue
        found[_MESSAGES.get(error.kind.name, _other)(error.instance, kind)] = None
        if len(found) >= MAX_ERRORS:
            break
    texts = [f"object has missing required properties ({_show(sorted(names))})" for names in missing.values()]
    return f"[{', '.join([*texts, *found])}]"


def _first_error(validator: "jsonschema_rs.Draft4Validator", document: Any) -> "jsonschema_rs.ValidationError":
    try:
        validator.validate(document)
    except jsonschema_rs.ValidationError as error:
        return error
    raise AssertionError("the document was found invalid before")


def _show(value: Any) -> str:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text if len(text) <= MAX_VALUE_CHARACTERS else f"{text[:MAX_VALUE_CHARACTERS]}..."


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, float) and not value.is_integer():
        return "number"
    if isinstance(value, int | float):
        return "integer"
    names: dict[type, str] = {str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _types(instance: Any, kind: _Kind) -> str:
    allowed = set(kind.get("types", ()))
    if "number" in allowed:
        allowed.add("integer")
    return (
        f"instance type ({_type_of(instance)}) does not match any allowed primitive type "
        f"(allowed: {_show(sorted(allowed))})"
    )


def _multiple(instance: Any, kind: _Kind) -> str:
    return f"remainder of division is not zero ({_show(instance)} / {_show(kind.get('multiple_of'))})"


def _unexpected(instance: Any, kind: _Kind) -> str:
    names = sorted(kind.get("unexpected", ()))
    return f"object instance has properties which are not allowed by the schema: {_show(names)}"


def _one_of(instance: Any, kind: _Kind) -> str:
    tried = kind.get("context", ())
    return f"instance failed to match exactly one schema (matched {sum(not errors for errors in tried)} out of {len(tried)})"


def _other(instance: Any, kind: _Kind) -> str:
    return "instance does not match the schema"


_MESSAGES: dict[str, Callable[[Any, _Kind], str]] = {
    "additionalProperties": _unexpected,
    "anyOf": lambda v, k: f"instance failed to match at least one required schema among {len(k.get('context', ()))}",
    "enum": lambda v, k: f"instance value ({_show(v)}) not found in enum (possible values: {_show(k.get('options'))})",
    "exclusiveMaximum": lambda v, k: (
        f"numeric instance is not strictly lower than the required maximum {_show(k.get('limit'))}"
    ),
    "exclusiveMinimum": lambda v, k: (
        f"numeric instance is not strictly greater than the required minimum {_show(k.get('limit'))}"
    ),
    "maxItems": lambda v, k: (
        f"array is too long: must have at most {k.get('limit')} elements but instance has {len(v)} elements"
    ),
    "maxLength": lambda v, k: f"string {_show(v)} is too long (length: {len(v)}, maximum allowed: {k.get('limit')})",
    "maxProperties": lambda v, k: (
        f"object has too many properties (found {len(v)} but schema requires at most {k.get('limit')})"
    ),
    "maximum": lambda v, k: (
        f"numeric instance is greater than the required maximum (maximum: {_show(k.get('limit'))}, found: {_show(v)})"
    ),
    "minItems": lambda v, k: (
        f"array is too short: must have at least {k.get('limit')} elements but instance has {len(v)} elements"
    ),
    "minLength": lambda v, k: f"string {_show(v)} is too short (length: {len(v)}, required minimum: {k.get('limit')})",
    "minProperties": lambda v, k: (
        f"object has too few properties (found {len(v)} but schema requires at least {k.get('limit')})"
    ),
    "minimum": lambda v, k: (
        f"numeric instance is lower than the required minimum (minimum: {_show(k.get('limit'))}, found: {_show(v)})"
    ),
    "multipleOf": _multiple,
    "not": lambda v, k: "instance matched a schema which it should not have",
    "oneOf": _one_of,
    "pattern": lambda v, k: f"ECMA 262 regex {_show(k.get('pattern'))} does not match input string {_show(v)}",
    "type": _types,
    "uniqueItems": lambda v, k: "array must not contain duplicate elements",
}
