"""A request's first bytes, up to its body."""

import re
from collections.abc import Sequence
from typing import NamedTuple

_UNFIT = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection"})
_MAY_BE_BARE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods whose requests, without a body, have no length either (RFC 9110, section 8.6)."""


class PeerRequest(NamedTuple):
    """`target` is path and query as sent. `headers`, among them Host, go out in UTF-8; length and connection are the client's
    own matter."""

    verb: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes = b""


def render_head(request: PeerRequest) -> bytes:
    """Raises ValueError where a character in it would break a line, or is none."""
    fields = render_fields(request.verb, request.target, request.headers)
    has_length = request.body or request.verb not in _MAY_BE_BARE
    return end_head(fields, len(request.body)) if has_length else fields + b"\r\n"


def render_fields(verb: str, target: str, headers: Sequence[tuple[str, str]]) -> bytes:
    """The head but for its length and end. Raises ValueError as above."""
    lines = [f"{verb} {target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers if name.lower() not in _FRAMING]
    if not "".join(lines).isprintable() and any(map(_UNFIT.search, lines)):
        raise ValueError("a control character in the head of a request")
    lines.append("")
    return "\r\n".join(lines).encode()


def end_head(fields: bytes, size_bytes: int) -> bytes:
    """The head of a request whose body is so large."""
    return b"%bcontent-length: %d\r\n\r\n" % (fields, size_bytes)
