"""Smithy RPC v2 CBOR (the Go and Java clients of cloudwatch): `/service/X/operation/Y`, CBOR both ways.

Source: smithy.io, "Smithy RPC v2 CBOR protocol".
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import cbor2
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from innergate.primitives.fault import Fault
from innergate.wire import modelled_errors, refusals, scalars
from innergate.wire.http import HttpRequest, HttpResponse

_PROTOCOL = "smithy-rpc-v2-cbor"
MAX_DEPTH = 100
_EPOCH_TAG = 1
_BYTES, _TEXT, _ARRAY, _MAP, _TAG = 2, 3, 4, 5, 6
_INDEFINITE, _ENDLESS = 31, frozenset({_BYTES, _TEXT, _ARRAY, _MAP})


def parse(operation: OperationModel, request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
    """The parameters by member names. Raises Fault SerializationException."""
    shape = operation.input_shape
    if shape is None or not request.body:
        return {}
    try:
        check_heads(request.body)
        raw = cbor2.loads(request.body)
    except (cbor2.CBORDecodeError, ValueError, TypeError, OverflowError, RecursionError, MemoryError):
        raise refusals.malformed(_PROTOCOL, "Unable to parse the request body as CBOR.") from None
    return _parse_members(shape, raw, 0)


def check_heads(body: bytes) -> None:
    """Raises ValueError for what no client writes, and what would cost more than its bytes: tags other than that of times (with
    others a value can stand for many, or is a fraction of two numbers that are worked on for minutes), and lengths beyond the
    end."""
    at, end = 0, len(body)
    while at < end:
        major, size = body[at] >> 5, body[at] & 31
        at += 1
        if size >= 24:
            if size == _INDEFINITE and (major in _ENDLESS or body[at - 1] == 0xFF):
                continue
            if size > 27:
                raise ValueError("a length that is none")
            width = 1 << (size - 24)
            size = int.from_bytes(body[at : at + width])
            at += width
        if major == _TAG and size != _EPOCH_TAG:
            raise ValueError("a tag that has no meaning here")
        if _BYTES <= major <= _MAP and size > end - at:
            raise ValueError("it ends too early")
        if major in (_BYTES, _TEXT):
            at += size


def _parse_members(shape: StructureShape, raw: Any, depth: int) -> dict[str, Any]:
    if not isinstance(raw, dict) or depth > MAX_DEPTH:
        raise refusals.malformed(_PROTOCOL, "Unexpected value type in payload")
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        value = raw.get(member.serialization.get("name", name))
        if value is not None and value is not cbor2.undefined:
            found[name] = _parse(member, value, depth + 1)
    return found


def _parse(shape: Shape, raw: Any, depth: int) -> Any:
    if isinstance(shape, StructureShape):
        return _parse_members(shape, raw, depth)
    if isinstance(shape, ListShape) and isinstance(raw, list):
        return [_parse(shape.member, item, depth + 1) for item in raw if item is not None]
    if isinstance(shape, MapShape) and isinstance(raw, dict):
        return {
            _parse_scalar(shape.key, key): _parse(shape.value, item, depth + 1)
            for key, item in raw.items()
            if item is not None
        }
    return _parse_scalar(shape, raw)


def _parse_scalar(shape: Shape, raw: Any) -> Any:
    try:
        match shape.type_name, raw:
            case "boolean", bool():
                return raw
            case ("integer" | "long") as kind, int() if not isinstance(raw, bool):
                return scalars.in_range(raw, kind)
            case "float" | "double", int() | float() if not isinstance(raw, bool):
                return float(raw)
            case "timestamp", datetime():
                return raw
            case "timestamp", int() | float() if not isinstance(raw, bool):
                return scalars.from_epoch(raw)
            case "blob", bytes():
                return raw
            case "string" | "character", str():
                return scalars.require_unicode(raw)
    except (ValueError, OverflowError):
        pass
    raise refusals.malformed(_PROTOCOL, "Unexpected value type in payload")


def render(operation: OperationModel, result: Mapping[str, Any], request_id: str) -> HttpResponse:
    """The result as one CBOR map; an operation without a modelled answer has an empty body."""
    shape = operation.output_shape
    body = cbor2.dumps(_render_members(shape, result)) if shape is not None else b""
    return HttpResponse(200, _headers(request_id), body)


def refuse(service: ServiceModel | None, fault: Fault, request_id: str) -> HttpResponse:
    """`{"__type": code, "message": text}` in CBOR, with `x-amzn-query-error` where the service spoke query before."""
    error = modelled_errors.describe(service, fault)
    name, extra = modelled_errors.members_of(error, fault)
    body: dict[str, Any] = {"__type": error.shape_name, name: fault.message}
    if error.shape is not None:
        body |= _render_members(error.shape, extra)
    headers = _headers(request_id)
    if service is not None and "awsQueryCompatible" in service.metadata:
        headers = (*headers, ("x-amzn-query-error", f"{error.code};{'Receiver' if error.status >= 500 else 'Sender'}"))
    return HttpResponse(error.status, headers, cbor2.dumps(body))


def _headers(request_id: str) -> tuple[tuple[str, str], ...]:
    return (
        ("x-amzn-RequestId", request_id),
        ("Content-Type", "application/cbor"),
        ("smithy-protocol", "rpc-v2-cbor"),
    )


def _render_members(shape: StructureShape, value: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := value.keys() - shape.members.keys():
        raise ValueError(f"{shape.name} has no member {', '.join(sorted(unknown))}")
    return {
        str(member.serialization.get("name", name)): _render(member, value[name])
        for name, member in shape.members.items()
        if value.get(name) is not None
    }


def _render(shape: Shape, value: Any) -> Any:
    if isinstance(shape, StructureShape):
        return _render_members(shape, value)
    if isinstance(shape, ListShape):
        return [_render(shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        return {key: _render(shape.value, item) for key, item in value.items() if item is not None}
    match shape.type_name:
        case "timestamp":
            return cbor2.CBORTag(_EPOCH_TAG, scalars.render_epoch(value))
        case "float" | "double":
            return float(value)
        case "blob":
            return value.encode() if isinstance(value, str) else bytes(value)
        case _:
            return value
