"""JSON documents by shape, both ways: the bodies of rest-json and json."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from botocore.model import ListShape, MapShape, Shape, StructureShape

from innergate.wire import refusals, scalars

MAX_DEPTH = 100

_SPARSE_MAPS = frozenset(
    {
        ("PutIntegrationRequest", "requestTemplates"),
        ("PutIntegrationResponseRequest", "responseTemplates"),
        ("Integration", "requestTemplates"),
        ("IntegrationResponse", "responseTemplates"),
    }
)
"""Maps in which null means something: an empty template (recorded: PutIntegrationResponse). Elsewhere a null is no entry."""

_JAVA_TARGETS = {"string": "String", "character": "String", "boolean": "Boolean", "integer": "Integer", "long": "Long"}
_JAVA_TARGETS |= {"float": "Float", "double": "Double", "timestamp": "Date", "blob": "Blob"}


def load(body: bytes, protocol: str) -> Any:
    """The document in `body`; an empty body is an empty object. Raises Fault SerializationException."""
    if not body.strip():
        return {}
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise refusals.malformed(protocol, "Unable to parse the request body as JSON.") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def dump(value: Any) -> bytes:
    """Compact UTF-8 JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def parse_members(protocol: str, shape: StructureShape, raw: Any, depth: int = 0) -> dict[str, Any]:
    """The members of `shape` in a JSON object that have no other place in the request; null is absent, unknown is ignored."""
    if not isinstance(raw, dict):
        raise refusals.malformed(protocol, _unexpected(raw))
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        if "location" in member.serialization and depth == 0:
            continue
        value = raw.get(member.serialization.get("name", name))
        if value is not None:
            found[name] = parse_value(protocol, member, value, depth + 1)
            if (shape.name, name) in _SPARSE_MAPS and isinstance(member, MapShape):
                found[name] |= {key: None for key, item in value.items() if item is None}
    return found


def parse_value(protocol: str, shape: Shape, raw: Any, depth: int) -> Any:
    """One JSON value as the Python value of its shape. Raises Fault SerializationException."""
    if depth > MAX_DEPTH:
        raise refusals.malformed(protocol, f"The document is nested deeper than {MAX_DEPTH} levels.")
    if isinstance(shape, StructureShape):
        if getattr(shape, "is_document_type", False):
            return _check_document(protocol, raw, depth)
        return parse_members(protocol, shape, raw, max(depth, 1))
    if isinstance(shape, ListShape):
        if not isinstance(raw, list):
            raise refusals.malformed(protocol, _unexpected(raw))
        return [parse_value(protocol, shape.member, item, depth + 1) for item in raw if item is not None]
    if isinstance(shape, MapShape):
        if not isinstance(raw, dict):
            raise refusals.malformed(protocol, _unexpected(raw))
        return {
            _parse_scalar(protocol, shape.key, key): parse_value(protocol, shape.value, item, depth + 1)
            for key, item in raw.items()
            if item is not None
        }
    return _parse_scalar(protocol, shape, raw)


def _parse_scalar(protocol: str, shape: Shape, raw: Any) -> Any:
    try:
        match shape.type_name, raw:
            case "boolean", bool():
                return raw
            case ("integer" | "long") as kind, int() | float() if not isinstance(raw, bool):
                return scalars.in_range(int(raw), kind)
            case "float" | "double", int() | float() if not isinstance(raw, bool):
                return float(raw)
            case "float" | "double", "NaN" | "Infinity" | "-Infinity":
                return float(raw)
            case "timestamp", int() | float() if not isinstance(raw, bool):
                return scalars.from_epoch(raw)
            case "timestamp", str():
                return scalars.parse_timestamp(raw)
            case "blob", str():
                return scalars.parse_blob(raw)
            case "string" | "character", str():
                return scalars.require_unicode(raw)
    except (ValueError, OverflowError):
        pass
    raise refusals.malformed(protocol, _mismatch(protocol, shape.type_name, raw))


def _check_document(protocol: str, raw: Any, depth: int) -> Any:
    stack: list[tuple[Any, int]] = [(raw, depth)]
    while stack:
        value, level = stack.pop()
        if level > MAX_DEPTH:
            raise refusals.malformed(protocol, f"The document is nested deeper than {MAX_DEPTH} levels.")
        if isinstance(value, dict):
            stack.extend((item, level + 1) for item in value.values())
        elif isinstance(value, list):
            stack.extend((item, level + 1) for item in value)
    return raw


def _unexpected(raw: Any) -> str:
    if isinstance(raw, dict):
        return "Start of structure or map found where not expected."
    if isinstance(raw, list):
        return "Start of list found where not expected"
    return "Unexpected field type"


def _mismatch(protocol: str, kind: str, raw: Any) -> str:
    if isinstance(raw, dict | list):
        return _unexpected(raw)
    target = _JAVA_TARGETS.get(kind, kind)
    if protocol == "rest-json":
        source = "com.amazon.coral.value.json.numbers.TruncatingBigNumber"
        if isinstance(raw, bool):
            source = "java.lang.Boolean"
        elif isinstance(raw, str):
            source = "java.lang.String"
        return f"class {source} can not be converted to an {target}"
    source = "NUMBER_VALUE"
    if isinstance(raw, bool):
        source = "TRUE_VALUE" if raw else "FALSE_VALUE"
    elif isinstance(raw, str):
        source = "STRING_VALUE"
    return f"{source} can not be converted to {'an' if target[0] in 'AEIOU' else 'a'} {target}"


def render_members(shape: StructureShape, value: Mapping[str, Any], body_only: bool = False) -> dict[str, Any]:
    """A result as a JSON object; None is absent. `body_only` leaves out members that go into headers or the status.

    Raises ValueError for a member that the shape does not have: the operation's bug.
    """
    if unknown := value.keys() - shape.members.keys():
        raise ValueError(f"{shape.name} has no member {', '.join(sorted(unknown))}")
    rendered: dict[str, Any] = {}
    for name, member in shape.members.items():
        if value.get(name) is None or (body_only and "location" in member.serialization):
            continue
        key = str(member.serialization.get("name", name))
        rendered[key] = render_value(member, value[name])
        if (shape.name, name) in _SPARSE_MAPS:
            rendered[key] |= {entry: None for entry, item in value[name].items() if item is None}
    return rendered


def render_value(shape: Shape, value: Any) -> Any:
    """One value as JSON."""
    if isinstance(shape, StructureShape):
        return value if getattr(shape, "is_document_type", False) else render_members(shape, value)
    if isinstance(shape, ListShape):
        return [render_value(shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        return {key: render_value(shape.value, item) for key, item in value.items() if item is not None}
    match shape.type_name:
        case "timestamp":
            return scalars.render_timestamp(value, shape.serialization.get("timestampFormat", "unixTimestamp"))
        case "blob":
            return scalars.render_blob(value)
        case "float" | "double":
            return scalars.render_float(value)
        case _:
            return value
