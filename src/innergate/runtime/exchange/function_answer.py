"""What a function behind AWS_PROXY answers (developer guide, "Output format of a Lambda function for proxy integration")."""

import base64
import binascii
import json
from typing import Any

from innergate.primitives.json_reading import read_json
from innergate.runtime.exchange.content_handling import is_binary_type
from innergate.runtime.exchange.exchange_state import Exchange
from innergate.runtime.exchange.gateway_failures import configuration_error
from innergate.runtime.exchange.integration_reply import MethodAnswer
from innergate.runtime.exchange.method_request import DEFAULT_MEDIA_TYPE, media_type_of
from innergate.runtime.exchange.wire_texts import header_value, is_header_name, utf8

PRELUDE_END = b"\0" * 8
"""Between the metadata and the body of a response that is streamed."""
MAX_PRELUDE_BYTES = 16 * 1024
"""Of the metadata (developer guide, "Lambda proxy integration format for response streaming")."""

_MAX_DIGITS = 100
"""Of a status in a string; Python makes no number of thousands."""

_NAMES = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})

_METADATA = frozenset({"statusCode", "headers", "multiValueHeaders", "cookies"})


class NoProxyAnswer(Exception):
    """The result is no answer of a proxy integration."""


def read_function_answer(exchange: Exchange, payload: bytes) -> MethodAnswer:
    """The answer in a function's result. All members may be left out, but there may be no others. Raises NoProxyAnswer;
    GatewayFailure where a body that is said to be base64 is none."""
    try:
        result = read_json(payload)
    except (ValueError, RecursionError):
        raise NoProxyAnswer from None
    if not isinstance(result, dict) or not _NAMES.issuperset(result):
        raise NoProxyAnswer
    headers = _merge(_single(result.get("headers")), _multiple(result.get("multiValueHeaders")))
    if "Content-Type" not in headers and not any(name.lower() == "content-type" for name in headers):
        headers = {"Content-Type": [DEFAULT_MEDIA_TYPE], **headers}
    pairs = tuple((name, value) for name, values in headers.items() for value in values)
    return MethodAnswer(_status(result.get("statusCode")), pairs, _body(exchange, result, headers))


def read_streamed_answer(payload: bytes) -> MethodAnswer:
    """The answer in a streamed result: metadata in JSON, eight NUL bytes, the body as it is (developer guide, "Response
    streaming with Lambda proxy integrations"). Raises NoProxyAnswer."""
    prelude, found, body = payload.partition(PRELUDE_END)
    try:
        metadata: Any = json.loads(prelude) if found and len(prelude) <= MAX_PRELUDE_BYTES else None
    except (ValueError, RecursionError):
        raise NoProxyAnswer from None
    if not isinstance(metadata, dict) or not _METADATA.issuperset(metadata):
        raise NoProxyAnswer
    headers = _merge(_single(metadata.get("headers")), _multiple(metadata.get("multiValueHeaders")))
    cookies = metadata.get("cookies") or []
    if not isinstance(cookies, list):
        raise NoProxyAnswer
    pairs = [(name, value) for name, values in headers.items() for value in values]
    pairs += [("Set-Cookie", _header_text(cookie)) for cookie in cookies]
    return MethodAnswer(_status(metadata.get("statusCode")), tuple(pairs), body)


def _status(value: Any) -> int:
    if value is None:
        return 200
    if isinstance(value, str) and value.isdecimal() and len(value) <= _MAX_DIGITS:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 100 <= value <= 599:
        raise NoProxyAnswer
    return value


def _single(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise NoProxyAnswer
    return {name: _header_text(item) for name, item in value.items()}


def _multiple(value: Any) -> dict[str, list[str]]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise NoProxyAnswer
    return {
        name: [_header_text(item) for item in (items if isinstance(items, list) else [items])]
        for name, items in value.items()
    }


def _header_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        raise NoProxyAnswer
    return header_value(value)


def _merge(single: dict[str, str], multiple: dict[str, list[str]]) -> dict[str, list[str]]:
    """One list a name; a pair that is in both counts once, and multiValueHeaders says how the name is spelled."""
    merged: dict[str, list[str]] = {}
    if not multiple:
        for name, value in single.items():
            if not is_header_name(name):
                raise NoProxyAnswer
            merged[name] = [value]
        return merged
    spellings = {name.lower(): name for name in multiple}
    for name, value in single.items():
        if not is_header_name(name):
            raise NoProxyAnswer
        known = multiple.get(spellings.get(name.lower(), ""), [])
        merged.setdefault(spellings.get(name.lower(), name), []).extend([] if value in known else [value])
    for name, values in multiple.items():
        if not is_header_name(name):
            raise NoProxyAnswer
        merged.setdefault(name, []).extend(values)
    return merged


def _body(exchange: Exchange, result: dict[str, Any], headers: dict[str, list[str]]) -> bytes:
    body, is_base64 = result.get("body"), result.get("isBase64Encoded")
    if body is None:
        return b""
    if not isinstance(body, str) or not (is_base64 is None or isinstance(is_base64, bool)):
        raise NoProxyAnswer
    if not is_base64 or not _may_be_binary(exchange, headers):
        return utf8(body)
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise configuration_error("Unable to base64 decode the body.") from None


def _may_be_binary(exchange: Exchange, headers: dict[str, list[str]]) -> bool:
    """What the client accepts first, or what the function says that it is, must be one of the API's binary types."""
    types = exchange.stage.binary_media_types
    said = next((values[-1] for name, values in headers.items() if name.lower() == "content-type" and values), None)
    return is_binary_type(types, exchange.request.accepted_type) or is_binary_type(types, media_type_of(said))
