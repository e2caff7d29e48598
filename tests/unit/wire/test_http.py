import gzip

import pytest

from innergate.wire.http import inflate, make_request


def test_headers_of_one_name_are_joined_as_they_are_signed() -> None:
    request = make_request("GET", b"/caf\xc3\xa9", "", [("X-A", " 1 "), (b"x-a", b"2")], b"")
    assert request.header("X-a") == "1,2"
    assert request.header("other") is None
    assert request.raw_path == "/caf\xc3\xa9"


def test_a_gzip_body_is_unpacked_within_the_limit() -> None:
    packed = make_request("POST", "/", "", [("Content-Encoding", "custom, gzip")], gzip.compress(b"x" * 100))
    assert inflate(packed, 100).body == b"x" * 100
    with pytest.raises(OverflowError):
        inflate(packed, 99)
    with pytest.raises(ValueError, match="no gzip"):
        inflate(packed._replace(body=b"plain"), 100)
    with pytest.raises(ValueError, match="cut off"):
        inflate(packed._replace(body=packed.body[:-9]), 100)
    plain = packed._replace(headers=())
    assert inflate(plain, 1) is plain
