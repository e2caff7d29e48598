"""One HTTP request and one response as plain values. Knows no server: the front fills them in."""

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


def as_text(raw: bytes | str) -> str:
    """Bytes as one character each; a text with characters beyond latin-1 as the characters of its UTF-8 bytes."""
    if isinstance(raw, bytes):
        return raw.decode("latin-1")
    return raw if raw.isascii() else raw.encode("utf-8").decode("latin-1")
