"""Requests as they go to peers: framed by the client alone, and with nothing in them that breaks a line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from innergate.runtime.peers.request_head import PeerRequest, render_head


def render(verb: str = "GET", target: str = "/a?b=c", body: bytes = b"", **headers: str) -> bytes:
    return render_head(PeerRequest(verb, target, [("Host", "h"), *headers.items()], body))


def test_a_head_is_as_it_was_given() -> None:
    assert render(Accept="*/*") == b"GET /a?b=c HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n"


@pytest.mark.parametrize(
    ("verb", "body", "length"),
    [
        ("GET", b"", None),
        ("HEAD", b"", None),
        ("OPTIONS", b"", None),
        ("GET", b"ab", b"2"),
        ("POST", b"", b"0"),
        ("DELETE", b"", b"0"),
        ("PATCH", b"abc", b"3"),
    ],
)
def test_a_length_is_there_where_one_is_expected(verb: str, body: bytes, length: bytes | None) -> None:
    lines = render(verb, body=body).split(b"\r\n")
    assert [line for line in lines if line.startswith(b"content-length")] == (
        [b"content-length: " + length] if length is not None else []
    )


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding", "CONNECTION"])
def test_framing_is_nobody_elses_matter(name: str) -> None:
    assert render(body=b"xy", **{name: "chunked"}) == b"GET /a?b=c HTTP/1.1\r\nHost: h\r\ncontent-length: 2\r\n\r\n"


def test_texts_go_out_in_utf_8() -> None:
    assert "X: é\u2028\xa0ß".encode() in render(X="é\u2028\xa0ß")


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(min_size=1), st.sampled_from(["verb", "target", "name", "value"]))
def test_nothing_breaks_a_line(text: str, place: str) -> None:
    said = {"verb": "GET", "target": "/", "name": "X", "value": "v"} | {place: text}
    request = PeerRequest(said["verb"], said["target"], [(said["name"], said["value"])], b"x")
    try:
        head = render_head(request)
    except ValueError:
        assert any(sign < " " or sign == "\x7f" or "\ud800" <= sign <= "\udfff" for sign in text)
        return
    assert head.count(b"\r\n") == head.count(b"\n") == head.count(b"\r") <= 4
    assert head.endswith(b"\r\n\r\n")
