"""A signed request with one byte changed is refused, whatever the byte; and what botocore signs is accepted."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.compat import get_current_datetime
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.fuzzing import fuzzed

from innergate.primitives.fault import Fault
from innergate.primitives.secret import Secret
from innergate.wire import sigv4
from innergate.wire.canonical import canonical_query
from innergate.wire.http import HttpRequest, make_request

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
CREDENTIALS = sigv4.Credentials("AKIDEXAMPLE", Secret(SECRET), "session/token+1")

REQUEST = make_request(
    "POST",
    "/restapis/abc%2Fdef/stages/dev",
    "mode=import&name=a%20b&flag",
    [
        ("Host", "127.0.0.1:4566"),
        ("Content-Type", "application/json"),
        ("X-Amz-Target", "Logs_20140328.DescribeLogGroups"),
    ],
    b'{"name":"value"}',
)
SIGNED = sigv4.sign(REQUEST, CREDENTIALS, "us-east-1", "apigateway", NOW)


def _verify(request: HttpRequest) -> None:
    claim = sigv4.parse_claim(request)
    if claim is None:
        raise Fault("MissingAuthenticationToken", "no claim", 403)
    if claim.access_key_id != CREDENTIALS.access_key_id:
        raise Fault("InvalidClientTokenId", "no such key", 403)
    if claim.token != CREDENTIALS.token:
        raise Fault("InvalidClientTokenId", "not the key's token", 403)
    sigv4.verify(claim, request, SECRET, NOW)


def _replace(text: str, index: int, char: str) -> str:
    position = index % len(text)
    assume(text[position] != char)
    return text[:position] + char + text[position + 1 :]


def test_own_signature_holds() -> None:
    _verify(SIGNED)


bytes_ = st.integers(0, 255).map(chr)
indices = st.integers(0, 10_000)


@fuzzed(settings(max_examples=150, derandomize=True, database=None, deadline=None))
@given(st.sampled_from(["method", "raw_path", "raw_query", "body"]), indices, bytes_)
def test_any_changed_byte_of_the_message_is_refused(part: str, index: int, char: str) -> None:
    changed: Any
    if part == "body":
        changed = _replace(SIGNED.body.decode("latin-1"), index, char).encode("latin-1")
    else:
        changed = _replace(getattr(SIGNED, part), index, char)
    if part == "raw_query":
        assume(canonical_query(changed) != canonical_query(SIGNED.raw_query))
    with pytest.raises(Fault):
        _verify(SIGNED._replace(**{part: changed}))


@fuzzed(settings(max_examples=200, derandomize=True, database=None, deadline=None))
@given(st.sampled_from(SIGNED.headers), indices, bytes_)
def test_any_changed_byte_of_a_header_is_refused(header: tuple[str, str], index: int, char: str) -> None:
    assume(not char.isspace())
    name, value = header
    changed = _replace(value, index, char)
    assume(changed.split() != value.split())
    headers = tuple((key, changed if key == name else item) for key, item in SIGNED.headers)
    with pytest.raises(Fault):
        _verify(SIGNED._replace(headers=headers))


@pytest.mark.parametrize("gone", [name for name, _ in SIGNED.headers])
def test_a_removed_header_is_refused(gone: str) -> None:
    with pytest.raises(Fault):
        _verify(SIGNED._replace(headers=tuple(pair for pair in SIGNED.headers if pair[0] != gone)))


@pytest.mark.parametrize("presigned", [False, True])
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:4566/",
        "http://127.0.0.1:4566/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fabc?tagKeys=a%20b&tagKeys=c%2Bd",
        "http://127.0.0.1:4566/restapis?mode=import&empty=",
    ],
)
def test_what_botocore_signs_is_accepted(url: str, presigned: bool) -> None:
    credentials = BotoCredentials("AKIDEXAMPLE", SECRET, "token/1+=")
    request = AWSRequest(method="GET" if presigned else "POST", url=url, data=b"" if presigned else b"body")
    signer = SigV4QueryAuth if presigned else SigV4Auth
    signer(credentials, "apigateway", "us-east-1").add_auth(request)
    prepared = request.prepare()
    target = prepared.url.removeprefix("http://127.0.0.1:4566")
    path, _, query = target.partition("?")
    headers = [*prepared.headers.items(), ("Host", "127.0.0.1:4566")]
    body: Any = prepared.body or b""
    seen = make_request(prepared.method, path, query, headers, bytes(body))
    claim = sigv4.parse_claim(seen)
    assert claim is not None
    assert claim.token == "token/1+="
    sigv4.verify(claim, seen, SECRET, get_current_datetime().replace(tzinfo=UTC))
    with pytest.raises(Fault, match="does not match"):
        sigv4.verify(claim, seen, SECRET + "x", get_current_datetime().replace(tzinfo=UTC))
