"""A plain answer means what the parser would have said of it; everything else is the parser's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from innergate.runtime.peers.answer_parser import AnswerParser, BadAnswer
from innergate.runtime.peers.plain_answer import MAX_HEAD_BYTES, read_plain_answer

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
        (b"x-a: d", b"x-a : d"),
        (b"x-a: d", b"x-a:  d"),
        (b"x-a: d", b"x-a: d "),
        (b"x-a: d", b"x-a: d\x00"),
        (b"x-a: d", b"x-a: d\n"),
        (b"x-a: d", b"x-a: d\r\n e"),
        (b"x-a: d", b"Connection: close"),
        (b"x-a: d", b"transfer-encoding: chunked"),
        (b"x-a: d", b"Upgrade: x"),
        (b"x-a: d", b"content-length: 2"),
        (b"x-a: d", b"x-a: " + b"d" * MAX_HEAD_BYTES),
        (b"Length: 2", b"Length: +2"),
        (b"Length: 2", b"Length: \xb2"),
        (b"Length: 2", b"Length: 2222222222"),
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
_FIELDS = st.lists(st.tuples(st.sampled_from(_NAMES), st.sampled_from(_VALUES)), max_size=3)
_ANSWERS = st.tuples(st.sampled_from(_LINES), _FIELDS, st.sampled_from((b"", b"abc", b"abcd", b"1\r\na\r\n0\r\n\r\n")))


def _render(answer: tuple[bytes, list[tuple[bytes, bytes]], bytes]) -> bytes:
    line, fields, body = answer
    return line + b"\r\n" + b"".join(b"%b: %b\r\n" % field for field in fields) + b"\r\n" + body


@given(st.lists(st.tuples(_ANSWERS.map(_render), st.booleans()), min_size=1, max_size=3), st.booleans())
def test_answers_mean_the_same_as_to_the_parser_alone(said: list[tuple[bytes, bool]], has_more: bool) -> None:
    """What arrives at once may be read without the parser; what arrives in two pieces never is."""
    assert _read(said, has_more, in_pieces=False) == _read(said, has_more, in_pieces=True)


def _read(said: list[tuple[bytes, bool]], has_more: bool, *, in_pieces: bool) -> list[object]:
    """What a connection makes of its answers, as long as it may be asked again."""
    parser, found = AnswerParser(), list[object]()
    for data, is_head in said:
        parser.begin(is_head=is_head)
        try:
            for piece in (data[:1], data[1:]) if in_pieces else (data,):
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
