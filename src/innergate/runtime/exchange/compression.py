"""Payload compression (developer guide, "Payload compression for REST APIs"): on where an API has a minimumCompressionSize."""

import gzip
import zlib

import msgspec

from innergate.runtime.exchange.call import Call, Headers
from innergate.runtime.exchange.gateway_failures import GatewayFailure

MAX_PAYLOAD_BYTES = 10 * 1024 * 1024
"""API Gateway quotas, "Payload size"; for compressed bodies it holds after decompression too."""

_GZIP_WINDOW = zlib.MAX_WBITS | 16
_WINDOWS = {"gzip": _GZIP_WINDOW, "x-gzip": _GZIP_WINDOW, "deflate": zlib.MAX_WBITS}


def decompress_call(call: Call) -> Call:
    """The call with its body as it was before the client compressed it. Raises GatewayFailure: 415 for an encoding that is not
    known, 413 for too much, 400 for what is no such stream."""
    coding = (call.header("content-encoding") or "").strip().lower()
    if not coding or coding == "identity":
        return call
    window = _WINDOWS.get(coding)
    if window is None:
        raise GatewayFailure("UNSUPPORTED_MEDIA_TYPE")
    stream = zlib.decompressobj(window)
    try:
        body = stream.decompress(call.body, MAX_PAYLOAD_BYTES + 1)
    except zlib.error:
        raise GatewayFailure("BAD_REQUEST_BODY") from None
    if len(body) > MAX_PAYLOAD_BYTES:
        raise GatewayFailure("REQUEST_TOO_LARGE")
    if not stream.eof and call.body:
        raise GatewayFailure("BAD_REQUEST_BODY")
    headers = tuple(pair for pair in call.headers if pair[0].lower() != "content-encoding")
    return msgspec.structs.replace(call, headers=headers, body=body)


def choose_coding(accept_encoding: str) -> str:
    """gzip or deflate as Accept-Encoding lets us, gzip first; "" for neither."""
    wanted: dict[str, bool] = {}
    for part in accept_encoding.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        refused = any(parameter.replace(" ", "").rstrip("0").rstrip(".") in ("q=", "q=0") for parameter in parameters)
        wanted[name] = not refused
    for name in ("gzip", "deflate"):
        if wanted.get(name, wanted.get("*", False)):
            return name
    return ""


def compress(coding: str, headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    """The answer, compressed. One that has an encoding already stays as it is."""
    if not coding or any(name.lower() == "content-encoding" for name, _ in headers):
        return headers, body
    packed = gzip.compress(body, mtime=0) if coding == "gzip" else zlib.compress(body)
    return (*headers, ("Content-Encoding", coding)), packed
