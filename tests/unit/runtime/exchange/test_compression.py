"""Bodies that clients have compressed."""

import gzip
import zlib

import pytest

from innergate.runtime.exchange.call import Call
from innergate.runtime.exchange.compression import MAX_PAYLOAD_BYTES, decompress_call
from innergate.runtime.exchange.gateway_failures import GatewayFailure
from innergate.testing.cpu_time import cpu_seconds

HELLO = gzip.compress(b"hello", mtime=0)


def opened(body: bytes, coding: str = "gzip") -> bytes:
    headers = (("content-encoding", coding),)
    sent = Call(verb="POST", path="/", headers=headers, body=body, request_id="1", received_ms=0)
    call = decompress_call(sent)
    assert call.header("content-encoding") in (None, "")
    return call.body


def refusal(body: bytes, coding: str = "gzip") -> str:
    with pytest.raises(GatewayFailure) as refused:
        opened(body, coding)
    return refused.value.response_type


@pytest.mark.parametrize(
    ("body", "coding", "seen"),
    [
        (HELLO, "gzip", b"hello"),
        (HELLO, "GZIP", b"hello"),
        (zlib.compress(b"hello"), "deflate", b"hello"),
        (b"", "gzip", b""),
        (HELLO + HELLO, "gzip", b"hellohello"),
        (HELLO + gzip.compress(b"", mtime=0) + HELLO, "gzip", b"hellohello"),
        (HELLO + bytes(512), "gzip", b"hello"),
        (gzip.compress(bytes(MAX_PAYLOAD_BYTES), mtime=0), "gzip", bytes(MAX_PAYLOAD_BYTES)),
    ],
)
def test_all_members_are_opened(body: bytes, coding: str, seen: bytes) -> None:
    """RFC 1952, section 2.2: a gzip file is a series of members."""
    assert opened(body, coding) == seen


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (HELLO[:-5], "gzip"),
        (HELLO + b"junk", "gzip"),
        (HELLO + HELLO[:-5], "gzip"),
        (zlib.compress(b"hello") * 2, "deflate"),
        (b"xx", "gzip"),
    ],
)
def test_nothing_of_a_body_is_lost_in_silence(body: bytes, coding: str) -> None:
    assert refusal(body, coding) == "BAD_REQUEST_BODY"


def test_an_unknown_coding() -> None:
    assert refusal(HELLO, "br") == "UNSUPPORTED_MEDIA_TYPE"


def test_members_count_together() -> None:
    half = gzip.compress(bytes(MAX_PAYLOAD_BYTES // 2 + 1), mtime=0)
    assert refusal(half + half) == "REQUEST_TOO_LARGE"


def test_many_members_cost_little() -> None:
    """Each copies what follows it: half a million of nothing would hold a worker for minutes."""
    empty = gzip.compress(b"", mtime=0)
    body = empty * (MAX_PAYLOAD_BYTES // len(empty))
    assert cpu_seconds(lambda: refusal(body)) < 1
