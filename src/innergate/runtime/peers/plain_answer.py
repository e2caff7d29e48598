"""Answers as peers give nearly all of them: whole at once, nothing about their framing but a length. They need no parser."""

import re
from typing import NamedTuple

from innergate.runtime.head_bounds import MAX_HEAD_BYTES
from innergate.runtime.plain_fields import JUDGED, field_lines, is_length

_PLAIN = re.compile(rb"HTTP/1\.1 ([2-5][0-9][0-9]) [A-Za-z ]*\r\n(" + field_lines(b"A-Za-z") + rb")\r\n")
_WITHOUT_BODY = frozenset({b"204", b"304"})
_LENGTH = "content-length"


class PlainAnswer(NamedTuple):
    """A whole answer, which was not to HEAD."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def read_plain_answer(data: bytes) -> PlainAnswer | None:
    """The answer, if `data` is one and nothing else; None where a parser must say."""
    head = _PLAIN.match(data)
    if head is None or head.end() > MAX_HEAD_BYTES or head[1] in _WITHOUT_BODY:
        return None
    headers: list[tuple[str, str]] = []
    length = ""
    for line in head[2].decode("latin-1").split("\r\n")[:-1]:
        name, _, value = line.partition(": ")
        lowered = name.lower()
        if lowered in JUDGED:
            return None
        if lowered == _LENGTH:
            if length or not is_length(value):
                return None
            length = value
        headers.append((name, value))
    if not length or len(data) != head.end() + int(length):
        return None
    return PlainAnswer(int(head[1]), headers, data[head.end() :])
