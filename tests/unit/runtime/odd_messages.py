"""Messages that a short reader must leave to the parser, and messages of all kinds to hold the two against each other."""

from collections.abc import Sequence

from hypothesis import strategies as st

ODD_FIELDS = [
    (b"x-a: d", odd)
    for odd in (
        b"x-a : d",
        b"x-a:d",
        b"x-a:  d",
        b"x-a: d ",
        b"x-a: \td",
        b"x-a: d\x00",
        b"x-a: d\n",
        b"x-a: d\r",
        b"x-a: d\nx-b: e",
        b"x-a: d\r\n e",
        b"x-a: d\r\n\te",
        b" x-a: d",
        b": d",
        b"x-a",
        b"connection: close",
        b"proxy-connection: close",
        b"transfer-encoding: chunked",
        b"transfer-encoding: identity",
        b"upgrade: x",
        b"content-length: 2",
        b"content-length: 3",
    )
]
"""What stands in the place of a plain field, `x-a: d`, of a message with a length of 2."""
ODD_LENGTHS = [b"+2", b"-2", b"0x2", b"2,2", b"2, 2", b"2 2", b"2;a", b"\xb2", b"", b"2222222222"]
"""What stands in the place of that length."""


def messages(
    lines: Sequence[bytes], names: Sequence[bytes], values: Sequence[bytes], bodies: Sequence[bytes]
) -> st.SearchStrategy[bytes]:
    """Any line with any fields and any body."""
    fields = st.lists(st.tuples(st.sampled_from(names), st.sampled_from(values)), max_size=3)
    return st.tuples(st.sampled_from(lines), fields, st.sampled_from(bodies)).map(_render)


def _render(message: tuple[bytes, list[tuple[bytes, bytes]], bytes]) -> bytes:
    line, fields, body = message
    return line + b"\r\n" + b"".join(b"%b: %b\r\n" % field for field in fields) + b"\r\n" + body


def in_two(data: bytes) -> tuple[bytes, bytes]:
    """A message as no short reader takes it."""
    return data[:1], data[1:]
