"""The rest-json protocol (apigateway, apigatewayv2, lambda): parameters in path, query, headers and a JSON body.

Source: aws-semantics 1.1 and botocore's `location` traits.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from innergate.primitives.fault import Fault
from innergate.wire import form_body, json_body, modelled_errors, refusals, scalars
from innergate.wire.http import HttpRequest, HttpResponse

_PROTOCOL = "rest-json"
_STREAMS = ("blob", "string")
_DEFAULT_RETRY_AFTER = "1"


def parse(operation: OperationModel, request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
    """The parameters by member names. `labels` are the decoded path labels. Raises Fault SerializationException."""
    shape = operation.input_shape
    if shape is None:
        return {}
    query = split_query(request.raw_query)
    found = _parse_body(shape, request)
    for name, member in shape.members.items():
        wire_name = str(member.serialization.get("name", name))
        value: Any = None
        match member.serialization.get("location"):
            case "uri":
                text = labels.get(wire_name)
                value = None if text is None else _parse_text(member, text, "iso8601")
            case "querystring":
                value = _parse_query_member(operation, shape, member, wire_name, query)
            case "header":
                value = _parse_header(member, request.header(wire_name))
            case "headers":
                value = _parse_header_map(wire_name, request)
        if value is not None:
            found[name] = value
    return found


def split_query(raw_query: str) -> list[tuple[str, str]]:
    """The query's names and values in order, decoded; a presigned call's credentials are left out."""
    pairs = []
    for piece in raw_query.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            pairs.append((form_body.decode(name), form_body.decode(value)))
    return [pair for pair in pairs if not pair[0].startswith("X-Amz-")]


def _parse_body(shape: StructureShape, request: HttpRequest) -> dict[str, Any]:
    payload = shape.serialization.get("payload")
    if payload is None:
        if all("location" in member.serialization for member in shape.members.values()):
            return {}
        return json_body.parse_members(_PROTOCOL, shape, json_body.load(request.body, _PROTOCOL))
    member = shape.members[payload]
    if member.type_name == "blob":
        return {payload: request.body} if request.body or payload in shape.required_members else {}
    if member.type_name == "string":
        try:
            return {payload: request.body.decode("utf-8")} if request.body else {}
        except UnicodeDecodeError:
            raise refusals.malformed(_PROTOCOL, "The request body is not UTF-8.") from None
    if not request.body.strip():
        return {}
    return {payload: json_body.parse_value(_PROTOCOL, member, json_body.load(request.body, _PROTOCOL), 1)}


def _parse_query_member(
    operation: OperationModel, shape: StructureShape, member: Shape, wire_name: str, query: Sequence[tuple[str, str]]
) -> Any:
    if isinstance(member, MapShape):
        taken = _named_query_keys(operation, shape)
        rest: dict[str, Any] = {}
        for key, value in query:
            if key in taken:
                continue
            if isinstance(member.value, ListShape):
                rest.setdefault(key, []).append(_parse_text(member.value.member, value, "iso8601"))
            else:
                rest.setdefault(key, _parse_text(member.value, value, "iso8601"))
        return rest or None
    values = [value for key, value in query if key == wire_name]
    if not values:
        return None
    if isinstance(member, ListShape):
        return [_parse_text(member.member, value, "iso8601") for value in values]
    return _parse_text(member, values[0], "iso8601")


def _named_query_keys(operation: OperationModel, shape: StructureShape) -> set[str]:
    named = {
        str(member.serialization.get("name", name))
        for name, member in shape.members.items()
        if member.serialization.get("location") == "querystring" and not isinstance(member, MapShape)
    }
    _, _, literal = str(operation.http.get("requestUri", "")).partition("?")
    return named | {piece.partition("=")[0] for piece in literal.split("&") if piece}


def _parse_text(shape: Shape, text: str, timestamp_style: str) -> Any:
    try:
        match shape.type_name:
            case "boolean":
                return scalars.parse_boolean(text)
            case ("integer" | "long") as kind:
                return scalars.parse_integer(text, kind)
            case "float" | "double":
                return scalars.parse_float(text)
            case "timestamp":
                return scalars.parse_timestamp(text)
            case "blob":
                return scalars.parse_blob(text)
            case _:
                return text
    except ValueError:
        message = f"class java.lang.String can not be converted to an {shape.type_name.capitalize()}"
        raise refusals.malformed(_PROTOCOL, message) from None


def _parse_header(shape: Shape, text: str | None) -> Any:
    if text is None:
        return None
    text = _utf8(text)
    if isinstance(shape, ListShape):
        return [_parse_text(shape.member, item, "rfc822") for item in _split_header(text, shape.member)]
    if shape.serialization.get("jsonvalue"):
        try:
            return json.loads(scalars.parse_blob(text))
        except ValueError:
            raise refusals.malformed(_PROTOCOL, "A header is not base64 of JSON.") from None
    return _parse_text(shape, text, "rfc822")


def _split_header(text: str, shape: Shape) -> list[str]:
    """The elements of a header list: quoted strings may hold commas, HTTP dates always hold one."""
    if shape.type_name == "timestamp" and " GMT" in text:
        pieces = text.split(",")
        return [",".join(pieces[i : i + 2]).strip() for i in range(0, len(pieces), 2)]
    items: list[str] = []
    current: list[str] = []
    quoted = escaped = False
    for char in text:
        if escaped:
            current.append(char)
            escaped = False
        elif quoted and char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char == "," and not quoted:
            items.append("".join(current).strip())
            current = []
        else:
            current.append(char)
    items.append("".join(current).strip())
    return items


def _parse_header_map(prefix: str, request: HttpRequest) -> dict[str, str] | None:
    wanted = prefix.lower()
    found = {name[len(prefix) :]: _utf8(value) for name, value in request.headers if name.lower().startswith(wanted)}
    return found or None


def _utf8(text: str) -> str:
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def render(operation: OperationModel, result: Mapping[str, Any], request_id: str) -> HttpResponse:
    """The result as headers, status and body, by the model; the status is the model's success status."""
    shape = operation.output_shape
    status = int(operation.http.get("responseCode", 200))
    headers = _base_headers(operation.service_model, request_id)
    if shape is None:
        return HttpResponse(status, headers, b"")
    body, content_type = _render_body(shape, result)
    for name, member in shape.members.items():
        value = result.get(name)
        location = member.serialization.get("location")
        if value is None or location is None:
            continue
        wire_name = str(member.serialization.get("name", name))
        if location == "statusCode":
            status = int(value)
        elif location == "headers":
            headers = (*headers, *((wire_name + key, str(item)) for key, item in value.items() if item is not None))
        elif location == "header":
            if wire_name.lower() == "content-type":
                content_type = str(value)
            else:
                headers = (*headers, (wire_name, render_header(member, value)))
    if status == 204:
        return HttpResponse(status, headers, b"")
    return HttpResponse(status, (*headers, ("Content-Type", content_type)), body)


def _render_body(shape: StructureShape, result: Mapping[str, Any]) -> tuple[bytes, str]:
    payload = shape.serialization.get("payload")
    if payload is None:
        return json_body.dump(json_body.render_members(shape, result, body_only=True)), "application/json"
    if unknown := result.keys() - shape.members.keys():
        raise ValueError(f"{shape.name} has no member {', '.join(sorted(unknown))}")
    member, value = shape.members[payload], result.get(payload)
    if member.type_name in _STREAMS:
        content = b"" if value is None else value.encode() if isinstance(value, str) else bytes(value)
        return content, "application/octet-stream" if member.type_name == "blob" else "text/plain"
    return (b"{}" if value is None else json_body.dump(json_body.render_value(member, value))), "application/json"


def render_header(shape: Shape, value: Any) -> str:
    """A header's text of a value; texts beyond ASCII as the characters of their UTF-8 bytes."""
    if isinstance(shape, ListShape):
        return ", ".join(_quote(render_header(shape.member, item), shape.member) for item in value)
    if shape.serialization.get("jsonvalue"):
        return base64.b64encode(json_body.dump(value)).decode("ascii")
    match shape.type_name:
        case "boolean":
            return "true" if value else "false"
        case "timestamp":
            return str(scalars.render_timestamp(value, shape.serialization.get("timestampFormat", "rfc822")))
        case "float" | "double":
            return str(scalars.render_float(value))
        case "blob":
            return scalars.render_blob(value)
        case _:
            text = str(value)
            return text if text.isascii() else text.encode("utf-8").decode("latin-1")


def _quote(text: str, shape: Shape) -> str:
    if shape.type_name == "string" and ("," in text or '"' in text):
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return text


def refuse(service: ServiceModel | None, fault: Fault, request_id: str) -> HttpResponse:
    """`{"message": text}` with the code in `x-amzn-ErrorType`; throttling answers carry `Retry-After`."""
    error = modelled_errors.describe(service, fault)
    name, extra = modelled_errors.members_of(error, fault)
    body: dict[str, Any] = {name: fault.message}
    headers = (*_base_headers(service, request_id), ("x-amzn-ErrorType", error.shape_name))
    if error.shape is not None:
        body |= json_body.render_members(error.shape, extra, body_only=True)
        for member_name, member in error.shape.members.items():
            if member.serialization.get("location") == "header":
                wire_name = str(member.serialization.get("name", member_name))
                default = _DEFAULT_RETRY_AFTER if wire_name == "Retry-After" else None
                value = extra.get(member_name, default)
                if value is not None:
                    headers = (*headers, (wire_name, render_header(member, value)))
    return HttpResponse(error.status, (*headers, ("Content-Type", "application/json")), json_body.dump(body))


def _base_headers(service: ServiceModel | None, request_id: str) -> tuple[tuple[str, str], ...]:
    headers: tuple[tuple[str, str], ...] = (("x-amzn-RequestId", request_id),)
    if service is not None and service.service_name in ("apigateway", "apigatewayv2"):
        digest = hashlib.sha256(request_id.encode()).digest()[:11]
        headers = (*headers, ("x-amz-apigw-id", base64.b64encode(digest).decode("ascii")))
    return headers
