"""The bytes of an answer that is whole when it begins, made at once.

ASGI has a server look at an answer twice, its head and its body, and at each header by itself. What needs any judgement (how a
body is framed, whether the connection ends, what to do about a header that is none) is left to that way.
"""

import re
from collections.abc import Sequence
from http import HTTPStatus

WITHOUT_BODY = frozenset({204, 304})
_PLAIN_LINE = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+: [^\x00-\x08\x0a-\x1f\x7f]*\r\n")
_JUDGED = frozenset({"connection", "content-length", "transfer-encoding"})
_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode()
    for status in HTTPStatus
    if status >= HTTPStatus.OK and status not in WITHOUT_BODY
}


def render_whole(status: int, headers: Sequence[tuple[str, str]], body: bytes, always: bytes) -> bytes | None:
    """The answer, with the header lines of `always`; None where it is not this plain. Raises UnicodeEncodeError where a header
    is not Latin-1."""
    status_line = _STATUS_LINES.get(status)
    names = [name.lower() for name, _ in headers]
    if status_line is None or not _JUDGED.isdisjoint(names):
        return None
    lines = [f"{name}: {pair[1]}\r\n" for name, pair in zip(names, headers, strict=True)]
    if not all(map(_PLAIN_LINE.fullmatch, lines)):
        return None
    length = f"content-length: {len(body)}\r\n\r\n"
    return b"".join((status_line, always, "".join((*lines, length)).encode("latin-1"), body))
