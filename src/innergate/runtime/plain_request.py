"""Requests as Envoy sends nearly all of them: whole at once, names in small letters, nothing about their framing but a length.

Such a request needs no parser, which would call back for each header. Whatever is not exactly so is left to it.
"""

import re
from typing import NamedTuple

from innergate.runtime.plain_fields import JUDGED, field_lines, is_length

_PLAIN = re.compile(
    rb"(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (/(?!/)[A-Za-z0-9/._~%!$&'()*+,;=:@?-]*) HTTP/1\.1\r\n"
    rb"(" + field_lines(b"a-z") + rb")\r\n"
)
"""A target whose path and query begin where they seem to."""
_LENGTH = b"content-length"
_JUDGED = frozenset(name.encode() for name in JUDGED)


class PlainRequest(NamedTuple):
    """A whole request."""

    method: str
    path: bytes
    query: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes


def read_plain(data: bytes) -> PlainRequest | None:
    """The request, if `data` is one and nothing else; None where a parser must say."""
    head = _PLAIN.match(data)
    if head is None:
        return None
    method, target, fields = head.groups()
    headers: list[tuple[bytes, bytes]] = []
    length = -1
    for line in fields.split(b"\r\n")[:-1]:
        name, _, value = line.partition(b": ")
        if name in _JUDGED:
            return None
        if name == _LENGTH:
            if length >= 0 or not is_length(value):
                return None
            length = int(value)
        headers.append((name, value))
    if len(data) != head.end() + max(length, 0):
        return None
    path, _, query = target.partition(b"?")
    return PlainRequest(method.decode(), path, query, headers, data[head.end() :])
