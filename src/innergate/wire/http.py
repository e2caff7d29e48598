"""One HTTP request and one response as plain values. Knows no server: the front fills them in."""

import zlib
from collections.abc import Iterable
from typing import NamedTuple


class HttpRequest(NamedTuple):
    """A request as it came over the wire.

    `raw_path` and `raw_query` are undecoded, one character a byte (latin-1); `headers` keep order, case and duplicates.
    """

    method: str
    raw_path: str
    raw_query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of a header, whatever its case; several of one name are joined by commas, as SigV4 signs them."""
        wanted = name.lower()
        values = [value.strip() for key, value in self.headers if key.lower() == wanted]
        return ",".join(values) if values else None


class HttpResponse(NamedTuple):
    """An answer; `content-length` and `date` are the server's to add."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


def make_request(
    method: str,
    raw_path: bytes | str,
    raw_query: bytes | str,
    headers: Iterable[tuple[bytes | str, bytes | str]],
    body: bytes,
) -> HttpRequest:
    """An `HttpRequest` from bytes or texts, as ASGI (`raw_path`, `query_string`, `headers`) and http.server give them."""
    pairs = tuple((as_text(name), as_text(value)) for name, value in headers)
    return HttpRequest(method, as_text(raw_path), as_text(raw_query), pairs, body)


def inflate(request: HttpRequest, limit_bytes: int) -> HttpRequest:
    """The request with a gzip body unpacked (cloudwatch's clients compress); as it is where it is not compressed.

    Raises ValueError where the body is no gzip, OverflowError where it unpacks to more than `limit_bytes`.
    """
    encodings = [part.strip().lower() for part in (request.header("content-encoding") or "").split(",")]
    if encodings[-1] != "gzip" or not request.body:
        return request
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        body = unpacker.decompress(request.body, limit_bytes + 1)
    except zlib.error:
        raise ValueError("the body is no gzip") from None
    if len(body) > limit_bytes:
        raise OverflowError("the body unpacks to too much")
    if not unpacker.eof:
        raise ValueError("the gzip body is cut off")
    return request._replace(body=body)


def as_text(raw: bytes | str) -> str:
    """Bytes as one character each; a text with characters beyond latin-1 as the characters of its UTF-8 bytes."""
    if isinstance(raw, bytes):
        return raw.decode("latin-1")
    return raw if raw.isascii() else raw.encode("utf-8").decode("latin-1")
