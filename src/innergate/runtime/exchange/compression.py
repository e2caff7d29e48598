"""Payload compression (developer guide, "Payload compression for REST APIs"): on where an API has a minimumCompressionSize."""

import gzip
import zlib

import msgspec

from innergate.runtime.exchange.call import Call, Headers
from innergate.runtime.exchange.gateway_failures import GatewayFailure

MAX_PAYLOAD_BYTES = 10 * 1024 * 1024
"""API Gateway quotas, "Payload size"; for compressed bodies it holds after decompression too."""

_GZIP_WINDOW = zlib.MAX_WBITS | 16
_MAX_MEMBERS = 1024
"""Blocks of 64 KiB, as bgzip makes them, are 160 in the largest body; a member that holds nothing costs as much as one."""
_PIECE_BYTES = 64 * 1024
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
    headers = tuple(pair for pair in call.headers if pair[0].lower() != "content-encoding")
    return msgspec.structs.replace(call, headers=headers, body=_decompress(window, call.body))


def _decompress(window: int, packed: bytes) -> bytes:
    """The whole of it: gzip may have several members (RFC 1952, section 2.2), and zeros that fill up a block; nothing else may
    follow, nor be lost."""
    body = bytearray()
    at = 0
    for _ in range(_MAX_MEMBERS if window == _GZIP_WINDOW else 1):
        at = _read_member(zlib.decompressobj(window), packed, at, body)
        if not packed[at : at + 1].strip(b"\0"):
            break
    if packed[at:].strip(b"\0"):
        raise GatewayFailure("BAD_REQUEST_BODY")
    return bytes(body)


def _read_member(stream: "zlib._Decompress", packed: bytes, at: int, body: bytearray) -> int:
    """Adds what begins at `at` to `body`; where it ends. In pieces, since zlib copies what it leaves."""
    while not stream.eof and at < len(packed):
        piece = packed[at : at + _PIECE_BYTES]
        try:
            body += stream.decompress(piece, MAX_PAYLOAD_BYTES + 1 - len(body))
        except zlib.error:
            raise GatewayFailure("BAD_REQUEST_BODY") from None
        if len(body) > MAX_PAYLOAD_BYTES:
            raise GatewayFailure("REQUEST_TOO_LARGE")
        at += len(piece) - len(stream.unused_data)
    if not stream.eof and packed:
        raise GatewayFailure("BAD_REQUEST_BODY")
    return at


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
