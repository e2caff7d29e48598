"""A plain answer means what the parser would have said of it; everything else is the parser's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.runtime.odd_messages import ODD_FIELDS, ODD_LENGTHS, in_two, messages

from innergate.runtime.head_bounds import MAX_HEAD_BYTES
from innergate.runtime.peers.answer_parser import AnswerParser, BadAnswer
from innergate.runtime.peers.plain_answer import read_plain_answer

PLAIN = b"HTTP/1.1 200 OK\r\nX-A: b; c=\xfc\r\nx-empty: \r\nContent-Length: 2\r\nx-a: d\r\n\r\nok"


def test_the_parts_of_a_plain_answer() -> None:
    headers = [("X-A", "b; c=\xfc"), ("x-empty", ""), ("Content-Length", "2"), ("x-a", "d")]
    assert read_plain_answer(PLAIN) == (200, headers, b"ok")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"ok", b"o"),
        (b"ok", b"okH"),
        (b"HTTP/1.1", b"HTTP/1.0"),
        (b"200", b"100"),
        (b"200", b"204"),
        (b"200", b"304"),
        (b"200", b"2000"),
        (b"OK", b"O\x00K"),
        *ODD_FIELDS,
        *((b"Length: 2", b"Length: " + odd) for odd in ODD_LENGTHS),
        (b"x-a: d", b"Connection: close"),
        (b"x-a: d", b"x-a: " + b"d" * MAX_HEAD_BYTES),
        (b"Content-Length: 2\r\n", b""),
        (PLAIN, b""),
    ],
)
def test_all_else_is_left_to_the_parser(old: bytes, new: bytes) -> None:
    assert old in PLAIN
    assert read_plain_answer(PLAIN.replace(old, new, 1)) is None


_LINES = (
    b"HTTP/1.1 200 OK",
    b"HTTP/1.1 404 Not Found",
    b"HTTP/1.1 204 No Content",
    b"HTTP/1.0 200 OK",
    b"HTTP/1.1 100 x",
)
_NAMES = (b"Content-Length", b"content-length", b"connection", b"transfer-encoding", b"upgrade", b"x-a", b"Keep-Alive")
_VALUES = (b"a", b"3", b"0", b"close", b"chunked", b"", b" b ", b"03")
_BODIES = (b"", b"abc", b"abcd", b"1\r\na\r\n0\r\n\r\n")
_ANSWERS = messages(_LINES, _NAMES, _VALUES, _BODIES)


@given(st.lists(st.tuples(_ANSWERS, st.booleans()), min_size=1, max_size=3), st.booleans())
def test_answers_mean_the_same_as_to_the_parser_alone(said: list[tuple[bytes, bool]], has_more: bool) -> None:
    """What arrives at once may be read without the parser; what arrives in two pieces never is."""
    assert _read(said, has_more, in_pieces=False) == _read(said, has_more, in_pieces=True)


def _read(said: list[tuple[bytes, bool]], has_more: bool, *, in_pieces: bool) -> list[object]:
    """What a connection makes of its answers, as long as it may be asked again."""
    parser, found = AnswerParser(), list[object]()
    for data, is_head in said:
        parser.begin(is_head=is_head)
        try:
            for piece in in_two(data) if in_pieces else (data,):
                parser.feed(piece)
            if has_more:
                parser.feed(b"HTTP/1.1 200 OK\r\n")
        except BadAnswer:
            found.append((parser.status, parser.is_whole))
            break
        found.append((parser.status, parser.headers, b"".join(parser.parts), parser.is_whole, parser.may_follow))
        if not parser.may_follow:
            break
    return found
