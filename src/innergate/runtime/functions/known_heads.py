"""Requests that come whole, under fields that the parser has read before: what meant something once means the same again.

A runtime, or a worker, sends the same fields with each request; only the request's line and the length at the end differ.
Reading such a request costs a look-up. Everything else is left to the parser.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple, final

MOST_HEADS = 8
"""Of one connection. Who changes them with each request is served by the parser."""
MAX_HEAD_BYTES = 2048
_LINE = re.compile(rb"(GET|POST) (/[!-~]*) HTTP/1\.1")
_LENGTH = b"\r\ncontent-length: "
_PLAIN = frozenset(
    {
        "accept",
        "content-length",
        "content-type",
        "host",
        "lambda-runtime-function-error-type",
        "user-agent",
        "x-amz-invocation-type",
        "x-amz-log-type",
    }
)
"""Fields that say nothing about how the message is framed or its connection used."""


class KnownRequest(NamedTuple):
    """A whole request; `headers` are those of the one that had the same fields, without the length."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class _Parts(NamedTuple):
    line_end: int
    fields: bytes
    body_at: int


@final
class KnownHeads:
    """Of one connection."""

    __slots__ = ("_heads",)

    def __init__(self) -> None:
        self._heads: dict[bytes, Mapping[str, str]] = {}

    def read(self, data: bytes) -> KnownRequest | None:
        """The request, if `data` is exactly one whose fields are known; it must begin where a request may."""
        parts = _take_apart(data)
        headers = self._heads.get(parts.fields) if parts is not None else None
        if parts is None or headers is None:
            return None
        line = _LINE.fullmatch(data, 0, parts.line_end)
        if line is None:
            return None
        return KnownRequest(line[1].decode(), line[2].decode(), headers, data[parts.body_at :])

    def learn(self, data: bytes, headers: Mapping[str, str]) -> None:
        """`data` began with a request whose headers the parser found to be these."""
        if len(self._heads) >= MOST_HEADS or not _PLAIN.issuperset(headers):
            return
        parts = _take_apart(data)
        if parts is None or _LINE.fullmatch(data, 0, parts.line_end) is None:
            return  # the fields would not begin where they seem to: a parser skips an empty line before a request
        if len(parts.fields) <= MAX_HEAD_BYTES and b"content-length" not in parts.fields.lower():
            self._heads[parts.fields] = {name: value for name, value in headers.items() if name != "content-length"}


def _take_apart(data: bytes) -> _Parts | None:
    """The parts of one whole request, its fields without the length; None where it is not whole, or is more."""
    end = data.find(b"\r\n\r\n")
    line_end = data.find(b"\r\n")
    if end <= line_end:
        return None
    fields, has_length, digits = data[line_end:end].rpartition(_LENGTH)
    length = 0
    if not has_length:
        fields = digits
    elif digits.isdigit() and len(digits) < 10:
        length = int(digits)
    else:
        return None
    return _Parts(line_end, fields, end + 4) if len(data) == end + 4 + length else None
