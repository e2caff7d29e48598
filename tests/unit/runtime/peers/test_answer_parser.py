"""Answers out of bytes: the same however these are cut, and never one that is taken for another."""

from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fuzzing import fuzzed

from innergate.runtime.head_bounds import MAX_HEAD_BYTES
from innergate.runtime.peers.answer_parser import AnswerParser, BadAnswer

QUICK = fuzzed(settings(max_examples=60, deadline=None, derandomize=True))
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
OTHERS = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret"


class Seen(NamedTuple):
    """What came out of a parser."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    is_whole: bool
    may_follow: bool


def parse(*pieces: bytes, is_head: bool = False, parser: AnswerParser | None = None) -> Seen:
    parser = parser or AnswerParser()
    parser.begin(is_head=is_head)
    for piece in pieces:
        parser.feed(piece)
    return Seen(parser.status, parser.headers, b"".join(parser.parts), parser.is_whole, parser.may_follow)


@st.composite
def answers(draw: st.DrawFn) -> tuple[bytes, Seen]:
    """An answer's bytes, and what is to be seen of it."""
    body = draw(st.binary(max_size=40))
    status = draw(st.sampled_from([200, 201, 204, 304, 404, 500, 599]))
    closes = draw(st.booleans())
    names = st.sampled_from(["x-a", "X-B", "set-cookie"])
    headers = draw(st.lists(st.tuples(names, st.text("ab é,=", max_size=6).map(str.strip)), max_size=3))
    if closes:
        headers.append(("connection", "close"))
    framed = body
    if status in (204, 304):
        body = framed = b""
        headers += draw(st.sampled_from([[], [("content-length", "7")]]))
    elif draw(st.booleans()):
        headers.append(("Content-Length", str(len(body))))
    else:
        headers.append(("Transfer-Encoding", "chunked"))
        cuts = sorted(draw(st.sets(st.integers(1, max(len(body) - 1, 1)), max_size=3)) | {0, len(body)})
        chunks = [body[first:last] for first, last in pairwise(cuts) if body[first:last]]
        trailer = draw(st.sampled_from([b"", b"x-trailer: v\r\n"]))
        framed = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n" + trailer + b"\r\n"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers).encode("latin-1")
    interim = draw(
        st.sampled_from([b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early\r\nlink: a\r\n\r\n" * 2])
    )
    whole = interim + b"HTTP/1.1 %d Some Thing\r\n" % status + lines + b"\r\n" + framed
    return whole, Seen(status, headers, body, True, not closes)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[first:last] for first, last in pairwise(ends)]


@QUICK
@given(answers(), st.lists(st.integers(0, 500), max_size=12))
def test_an_answer_is_the_same_however_it_is_cut(answer: tuple[bytes, Seen], places: list[int]) -> None:
    data, expected = answer
    assert parse(*cut(data, places)) == expected
    assert parse(*(data[at : at + 1] for at in range(len(data)))) == expected


@QUICK
@given(st.lists(answers().filter(lambda answer: answer[1].may_follow), max_size=4), st.lists(st.integers(0, 99)))
def test_one_answer_after_the_other(all_answers: list[tuple[bytes, Seen]], places: list[int]) -> None:
    parser = AnswerParser()
    for data, expected in all_answers:
        assert parse(*cut(data, places), parser=parser) == expected


@QUICK
@given(answers(), st.integers(1, 500))
def test_a_beginning_is_never_whole(answer: tuple[bytes, Seen], missing: int) -> None:
    data, expected = answer
    assert not parse(data[: -min(missing, len(data))]).is_whole or not expected.body


@QUICK
@given(answers(), st.sampled_from([OTHERS, b"H", b"hello", b"0\r\n\r\n", b"\0"]))
def test_after_a_byte_too_many_nothing_may_follow(answer: tuple[bytes, Seen], extra: bytes) -> None:
    data, expected = answer
    assert parse(data + extra) == expected._replace(may_follow=False)


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize("framing", [b"content-length: 85\r\n", b"transfer-encoding: chunked\r\n", b""])
def test_a_body_where_there_is_none_is_not_the_next_answer(status: int, framing: bytes) -> None:
    """Else what a tenant's backend put there would answer another's request."""
    data = b"HTTP/1.1 %d x\r\n%b\r\n" % (status, framing)
    assert parse(data).may_follow
    for extra in (b"hello", OTHERS, b"5\r\nhello\r\n0\r\n\r\n"):
        seen = parse(data + extra)
        assert (seen.status, seen.body, seen.is_whole, seen.may_follow) == (status, b"", True, False)


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
        OK,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        OK + OTHERS,
    ],
)
def test_an_answer_to_head_has_no_body_and_no_successor(data: bytes) -> None:
    for pieces in ([data], [data[at : at + 1] for at in range(len(data))]):
        seen = parse(*pieces[:60], is_head=True)
        assert (seen.is_whole, seen.body, seen.may_follow) == (True, b"", False)
        assert seen.status in (200, 404)


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense",
        b"HTTP/1.1 99 x\r\n\r\n",
        b"HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 101 x\r\n\r\n",
        b"HTTP/1.1 150 x\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 x\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 x\r\nName : v\r\n\r\n",
        b"HTTP/1.1 200 x\nContent-Length: 0\n\n",
    ],
)
def test_what_is_no_answer(data: bytes) -> None:
    with pytest.raises(BadAnswer):
        parse(data)
    with pytest.raises(BadAnswer):
        parse(*(data[at : at + 1] for at in range(len(data))))


@pytest.mark.parametrize("framing", [b"", b"Transfer-Encoding: gzip\r\n", b"Transfer-Encoding: chunked, identity\r\n"])
def test_a_body_without_an_end_of_its_own_is_never_whole(framing: bytes) -> None:
    assert not parse(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\nall there is").is_whole


@pytest.mark.parametrize(
    "line",
    [b"x: " + b"v" * MAX_HEAD_BYTES + b"\r\n", b"x: y\r\n" * (MAX_HEAD_BYTES // 6 + 1)],
    ids=["one line", "many lines"],
)
def test_a_head_has_its_bounds(line: bytes) -> None:
    with pytest.raises(BadAnswer, match="too large"):
        parse(b"HTTP/1.1 200 OK\r\n", line, b"\r\n")
    with pytest.raises(BadAnswer, match="too large"):
        parse(b"HTTP/1.1 103 Early\r\n" + line + b"\r\n")
    with pytest.raises(BadAnswer, match="too large"):
        parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n" + line + b"\r\n")


@pytest.mark.parametrize("first", [b"HTTP/1.1 200 ", b"HTTP/1.1 200 OK\r\nx: ", b"HTTP/1.1 103 E\r\n\r\n" * 10])
def test_a_head_without_an_end_is_not_waited_for(first: bytes) -> None:
    parser = AnswerParser()
    parser.begin(is_head=False)
    parser.feed(first)
    with pytest.raises(BadAnswer, match="too large"):
        for _ in range(3000):
            parser.feed(b"v" * 1024 if not first.endswith(b"\n") else first)


def test_many_small_parts_of_a_body_are_no_head() -> None:
    pieces = [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"1\r\na\r\n"] * 100_000, b"0\r\n\r\n"]
    seen = parse(*pieces)
    assert (len(seen.body), seen.may_follow) == (100_000, True)
