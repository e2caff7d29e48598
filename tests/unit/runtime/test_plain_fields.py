"""Whatever letter stands in a field: who reads it without a parser reads what the parser reads, or leaves it to it."""

from typing import final

import httptools
import pytest

from innergate.runtime.peers.plain_answer import read_plain_answer
from innergate.runtime.plain_fields import is_length
from innergate.runtime.plain_request import read_plain

REQUEST = b"GET /a?b HTTP/1.1\r\nhost: x\r\n%b\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n%b\r\n\r\n"
LETTERS = [bytes([letter]) for letter in range(256)]
PLACES = [b"x%ba: d", b"%ba: d", b"x-a%b: d", b"x-a: d%be", b"x-a: d%b", b"x-a: %bd", b"x-a: %b", b"x-a:%bd"]


@final
class _Fields:
    """What the parser finds."""

    def __init__(self) -> None:
        self.found: list[tuple[bytes, bytes]] = []
        self.is_whole = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.found.append((name, value))

    def on_message_complete(self) -> None:
        self.is_whole = True


@pytest.mark.parametrize("place", PLACES)
def test_fields_of_requests(place: bytes) -> None:
    plain = 0
    for letter in LETTERS:
        data = REQUEST % place.replace(b"%b", letter)
        read = read_plain(data)
        if read is not None:
            fields = _Fields()
            httptools.HttpRequestParser(fields).feed_data(data)
            assert (fields.is_whole, fields.found) == (True, read.headers), data
            plain += 1
    assert 0 < plain < 256


@pytest.mark.parametrize("place", PLACES)
def test_fields_of_answers(place: bytes) -> None:
    plain = 0
    for letter in LETTERS:
        data = ANSWER % place.replace(b"%b", letter)
        read = read_plain_answer(data)
        if read is not None:
            fields = _Fields()
            httptools.HttpResponseParser(fields).feed_data(data)
            found = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in fields.found]
            assert (fields.is_whole, found) == (True, read.headers), data
            plain += 1
    assert 0 < plain < 256


@pytest.mark.parametrize("place", [b"/%b", b"/a%b", b"/a?%b", b"/a?b%b"])
def test_targets_of_requests(place: bytes) -> None:
    plain = 0
    for letter in LETTERS:
        target = place.replace(b"%b", letter)
        read = read_plain((REQUEST % b"x: y").replace(b"/a?b", target))
        if read is not None:
            url = httptools.parse_url(target)
            assert (url.path, url.query or b"") == (read.path, read.query), letter
            assert not url.host
            assert not url.fragment
            plain += 1
    assert 0 < plain < 256


@pytest.mark.parametrize("value", ["", "-1", "+1", "1,1", " 1", "²", "٣", "1" * 10])
def test_what_is_no_length_for_certain(value: str) -> None:
    assert not is_length(value)
    assert is_length("1" * 9)
    assert is_length(b"0")
