from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from innergate.primitives.fault import Fault
from innergate.primitives.secret import Secret
from innergate.testing.cpu_time import cpu_seconds
from innergate.wire import sigv4
from innergate.wire.canonical import canonical_path, canonical_query, canonical_request
from innergate.wire.http import HttpRequest, make_request

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
KEY = sigv4.Credentials("AKIDEXAMPLE", Secret("secret"))


def _signed(headers: tuple[tuple[str, str], ...] = (), now: datetime = NOW) -> HttpRequest:
    return sigv4.sign(make_request("GET", "/", "", [("Host", "h"), *headers], b""), KEY, "us-east-1", "sts", now)


def _refusal(request: HttpRequest, now: datetime = NOW, protocol: str = "query") -> Fault:
    with pytest.raises(Fault) as caught:
        claim = sigv4.parse_claim(request, protocol)
        assert claim is not None
        sigv4.verify(claim, request, Secret("secret"), now, protocol)
    return caught.value


def test_clock_skew_is_five_minutes_both_ways() -> None:
    request = _signed()
    claim = sigv4.parse_claim(request)
    assert claim is not None
    for drift in (timedelta(minutes=5), timedelta(minutes=-5)):
        sigv4.verify(claim, request, "secret", NOW + drift)
    fault = _refusal(request, NOW + timedelta(minutes=5, seconds=1))
    assert fault.code == "SignatureDoesNotMatch"
    assert fault.message == (
        "Signature expired: 20261122T080000Z is now earlier than 20261122T080001Z (20261122T080501Z - 5 min.)"
    )
    fault = _refusal(request, NOW - timedelta(minutes=5, seconds=1))
    assert fault.message.startswith("Signature not yet current: 20261122T080000Z is still later than")
    assert _refusal(request, NOW + timedelta(hours=1), "ec2").code == "RequestExpired"


def test_host_and_every_amz_header_must_be_signed() -> None:
    request = _signed()
    smuggled = request._replace(headers=(*request.headers, ("X-Amz-Target", "Logs_20140328.DeleteLogGroup")))
    assert "'X-Amz-Target' must be a 'SignedHeader'" in _refusal(smuggled).message
    bare = sigv4.sign(make_request("GET", "/", "", [], b""), KEY, "us-east-1", "sts", NOW)
    assert "'Host' or ':authority' must be a 'SignedHeader'" in _refusal(bare).message


@pytest.mark.parametrize(
    "declared", ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"]
)
def test_unsigned_bodies_are_refused_in_a_clear_sentence(declared: str) -> None:
    fault = _refusal(_signed((("X-Amz-Content-Sha256", declared),)))
    assert (
        fault.message
        == f"Innergate signs whole bodies only: x-amz-content-sha256 must be the SHA-256 of the body, not '{declared}'."
    )


def test_a_wrong_body_digest_is_refused() -> None:
    assert "does not match what was computed" in _refusal(_signed((("X-Amz-Content-Sha256", "0" * 64),))).message


@pytest.mark.parametrize(
    ("authorization", "words"),
    [
        ("AWS4-HMAC-SHA256 Credential=a/20261122/us-east-1/sts/aws4_request", "requires 'Signature' parameter"),
        ("AWS4-HMAC-SHA256 junk", "not a valid key=value pair"),
        ("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0", "exactly 5 slash-delimited elements"),
        (
            "AWS4-HMAC-SHA256 Credential=a/20261122/us-east-1/sts/aws3, SignedHeaders=host, Signature=0",
            "valid terminator",
        ),
        ("AWS4-HMAC-SHA256 Credential=a/20261122/../sts/aws4_request, SignedHeaders=host, Signature=0", "valid region"),
        (
            "AWS4-ECDSA-P256-SHA256 Credential=a/20261122/sts/aws4_request, SignedHeaders=host, Signature=0",
            "Unsupported AWS",
        ),
        ("AWS4-HMAC-SHA256", "not a valid key=value pair"),
    ],
)
def test_broken_claims(authorization: str, words: str) -> None:
    headers = [("Host", "h"), ("X-Amz-Date", "20261122T080000Z"), ("Authorization", authorization)]
    assert words in _refusal(make_request("GET", "/", "", headers, b"")).message


def test_other_authorisation_is_no_claim() -> None:
    assert sigv4.parse_claim(make_request("GET", "/", "a=b%20c", [("Authorization", "Bearer x")], b"")) is None


def test_two_claims_at_once_are_refused() -> None:
    request = _signed()._replace(raw_query="X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0")
    assert "Only one auth mechanism allowed" in _refusal(request).message


def test_presigned_lifetime() -> None:
    query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20261122%2Fus-east-1%2Fsts%2Faws4_request"
    query += "&X-Amz-Date=20261122T080000Z&X-Amz-SignedHeaders=host&X-Amz-Expires={}&X-Amz-Signature={}"

    def request(expires: Any, signature: str) -> HttpRequest:
        return make_request("GET", "/", query.format(expires, signature), [("Host", "h")], b"")

    for expires in (0, 604801, -1, "x"):
        assert "X-Amz-Expires must be between" in _refusal(request(expires, "0")).message
    assert "Signature expired" in _refusal(request(60, "0" * 64), NOW + timedelta(seconds=61)).message
    assert "does not match the signature you provided" in _refusal(request(60, "0" * 64)).message


def test_the_scope_date_is_the_date_signed_on() -> None:
    request = _signed()
    headers = tuple((n, v.replace("/20261122/", "/20261121/")) for n, v in request.headers)
    assert "Date in Credential scope does not match" in _refusal(request._replace(headers=headers)).message


def test_queries_that_sign_alike_mean_alike() -> None:
    assert canonical_query("b=2&a=x+y&a=x%2By") == "a=x%20y&a=x%2By&b=2"
    assert canonical_query("a=%2f") == "a=%2F"
    assert canonical_query("a=%ff") != canonical_query("a=%fe")


def test_paths_are_encoded_once_more() -> None:
    assert canonical_path("/tags/a%2Fb") == "/tags/a%252Fb"
    assert canonical_path("/a/./b/../c//d/") == "/a/c/d/"
    assert canonical_path("") == "/"


def test_cases_49_86_as_many_signed_headers_as_a_request_can_name_cost_little() -> None:
    headers = tuple((f"h{number}", "v") for number in range(4_000))
    request = make_request("GET", "/", "", headers, b"")
    names = tuple(f"h{number}" for number in range(20_000))
    texts: list[str] = []
    assert cpu_seconds(lambda: texts.append(canonical_request(request, names)), 2) < 2
    assert "\nh3999:v\nh4000:\n" in texts[0]
