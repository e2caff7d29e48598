"""Answers as peers give nearly all of them: whole at once, nothing about their framing but a length. They need no parser."""

import re
from typing import NamedTuple

MAX_HEAD_BYTES = 16 * 1024
_PLAIN = re.compile(
    rb"HTTP/1\.1 ([2-5][0-9][0-9]) [A-Za-z ]*\r\n"
    rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: (?:[!-~\x80-\xff](?:[ -~\x80-\xff]*[!-~\x80-\xff])?)?\r\n)+)\r\n"
)
"""Fields whose values neither begin nor end with a space."""
_WITHOUT_BODY = frozenset({b"204", b"304"})
_LENGTH = "content-length"
_JUDGED = frozenset({"connection", "proxy-connection", "transfer-encoding", "upgrade"})
"""Fields that change what a message or its connection means."""


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
        if lowered in _JUDGED:
            return None
        if lowered == _LENGTH:
            if length or not (value.isascii() and value.isdigit()) or len(value) > 9:
                return None
            length = value
        headers.append((name, value))
    if not length or len(data) != head.end() + int(length):
        return None
    return PlainAnswer(int(head[1]), headers, data[head.end() :])
