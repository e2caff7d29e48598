"""What makes the fields of a message plain, for those who read them without a parser (`plain_request`, `peers.plain_answer`):
each has a line of its own and a value without spaces around it, and none but one length says how the message is framed or how
its connection is used."""

from typing import AnyStr

JUDGED = frozenset({"connection", "expect", "proxy-connection", "transfer-encoding", "upgrade"})
"""Fields that change what a message or its connection means, in small letters."""
_MAX_DIGITS = 9


def field_lines(letters: bytes) -> bytes:
    """A pattern of one line or more, in names of which are these letters."""
    return rb"(?:[!#$%&'*+.^_`|~0-9" + letters + rb"-]+: (?:(?! )[ -~\x80-\xff]+(?<! ))?\r\n)+"


def is_length(value: AnyStr) -> bool:
    """Whether the value of a Content-Length is one for certain."""
    return value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS
