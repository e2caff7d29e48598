"""What a function behind a URL answers (Lambda Developer Guide, "Response payload format" of function URLs)."""

import base64
import binascii
import json

from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.runtime.exchange.call import Headers
from innergate.runtime.exchange.effects import FunctionReply
from innergate.runtime.exchange.function_answer import NoProxyAnswer, read_streamed_answer
from innergate.runtime.exchange.integration_reply import MethodAnswer
from innergate.runtime.exchange.wire_texts import header_value, is_header_name, utf8
from innergate.runtime.streamed_bodies import METADATA_TYPE

_JSON: Headers = (("Content-Type", "application/json"),)


def read_url_answer(payload: bytes) -> MethodAnswer:
    """A whole result. One without a statusCode is the body itself. Raises NoProxyAnswer."""
    try:
        result: JsonValue = json.loads(payload or b"null")
    except (ValueError, RecursionError):
        raise NoProxyAnswer from None
    if not isinstance(result, dict) or "statusCode" not in result:
        return MethodAnswer(200, _JSON, utf8(result) if isinstance(result, str) else payload)
    headers = _headers(result.get("headers")) + _cookies(result.get("cookies"))
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers = (*_JSON, *headers)
    return MethodAnswer(_status(result["statusCode"]), headers, _body(result))


def read_url_stream(reply: FunctionReply) -> MethodAnswer:
    """A result that is streamed: with metadata where its content type says so, else the body itself. Raises NoProxyAnswer."""
    if reply.content_type == METADATA_TYPE:
        answer = read_streamed_answer(reply.payload)
        if not any(name.lower() == "content-type" for name, _ in answer.headers):
            answer = answer._replace(headers=(*_JSON, *answer.headers))
        return answer._replace(rest=reply.rest)
    content_type = reply.content_type or "application/octet-stream"
    return MethodAnswer(200, (("Content-Type", header_value(content_type)),), reply.payload, reply.rest)


def _status(value: JsonValue) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise NoProxyAnswer
    try:
        status = int(value)
    except (ValueError, OverflowError):
        raise NoProxyAnswer from None
    if not 200 <= status <= 599:
        raise NoProxyAnswer
    return status


def _headers(value: JsonValue) -> Headers:
    if value is None:
        return ()
    if not isinstance(value, dict):
        raise NoProxyAnswer
    pairs = []
    for name, item in value.items():
        if not is_header_name(name) or isinstance(item, dict | list):
            raise NoProxyAnswer
        text = ("true" if item else "false") if isinstance(item, bool) else "" if item is None else str(item)
        pairs.append((name, header_value(text)))
    return tuple(pairs)


def _cookies(value: JsonValue) -> Headers:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise NoProxyAnswer
    cookies = [item for item in value if isinstance(item, str)]
    if len(cookies) < len(value):
        raise NoProxyAnswer
    return tuple(("Set-Cookie", header_value(cookie)) for cookie in cookies)


def _body(result: JsonObject) -> bytes:
    body = result.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        body = json.dumps(body, separators=(",", ":"))
    if result.get("isBase64Encoded") is not True:
        return utf8(body)
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise NoProxyAnswer from None
