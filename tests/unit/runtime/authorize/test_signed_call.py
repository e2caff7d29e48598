"""AWS_IAM: signatures of callers."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta

import msgspec
import pytest
from tests.unit.runtime.authorize.questions import (
    ACCOUNT,
    NOW_MS,
    with_headers,
)
from tests.unit.runtime.authorize.signed_callers import (
    IAM,
    MISMATCH,
    NOW,
    SESSION,
    USER,
    At,
    ask,
    refusal,
    sign,
)

from innergate.plans.principals import RuntimePrincipal
from innergate.runtime.authorize.verdict import (
    Authorized,
    Denied,
    drops_authorization,
)

pytestmark = pytest.mark.usefixtures("clock")


@pytest.mark.parametrize("in_query", [False, True], ids=["header", "query"])
@pytest.mark.parametrize("principal", [USER, SESSION], ids=["key", "session"])
def test_what_botocore_signs_is_known(principal: RuntimePrincipal, in_query: bool) -> None:
    found = ask(sign(principal, in_query=in_query, query="b=2&a=1&c=%2F%20x"))
    assert isinstance(found, Authorized)
    assert found.identity == {
        "accountId": ACCOUNT,
        "accessKey": principal.access_key_id,
        "caller": principal.user_id,
        "user": principal.user_id,
        "userArn": principal.arn,
    }
    assert found.facts["identity.userArn"] == principal.arn


@pytest.mark.parametrize("path", ["/prod/pets/a%20b", "/prod/pets/a%2Fb", "/prod/pets/%C3%A9", "/prod/pets/a+b=c@d"])
def test_paths_are_signed_as_they_are_sent(path: str) -> None:
    assert isinstance(ask(sign(path=path)), Authorized)


def test_under_a_base_path_the_path_that_was_sent_is_signed() -> None:
    call = msgspec.structs.replace(sign(path="/v1/pets/7"), path="/prod/pets/7")
    assert isinstance(ask(msgspec.structs.replace(call, mount="/v1")), Authorized)
    assert refusal(ask(call))[2] == MISMATCH


def test_a_body_is_signed() -> None:
    call = sign(verb="POST", body=b'{"a": 1}', headers={"Content-Type": "application/json"})
    assert isinstance(ask(call), Authorized)
    assert refusal(ask(msgspec.structs.replace(call, body=b'{"a": 2}'))) == (
        "INVALID_SIGNATURE",
        "InvalidSignatureException",
        MISMATCH,
    )


@pytest.mark.parametrize("in_query", [False, True], ids=["header", "query"])
def test_the_port_that_a_client_names_in_host_is_signed(in_query: bool) -> None:
    call = sign(in_query=in_query, port="4568", query="a=1")
    assert isinstance(ask(msgspec.structs.replace(call, port="4568")), Authorized)
    for other in ("", "443", "4569", "x"):
        assert refusal(ask(msgspec.structs.replace(call, port=other)))[2] == MISMATCH
    assert refusal(ask(msgspec.structs.replace(call, port="4568", path="/prod/pets/8")))[2] == MISMATCH
    bare = sign(in_query=in_query, query="a=1")
    assert isinstance(ask(msgspec.structs.replace(bare, port="4568")), Authorized)
    moved = (("Host", "other.execute-api.us-east-1.amazonaws.com"), *call.headers[1:])
    assert refusal(ask(msgspec.structs.replace(call, port="4568", headers=moved)))[2] == MISMATCH


def test_a_stale_signature_over_a_port_is_stale() -> None:
    call = msgspec.structs.replace(sign(port="4568"), port="4568", received_ms=NOW_MS + 600_000)
    assert "Signature expired" in str(refusal(ask(call))[2])


def test_a_signed_content_length_is_known_from_the_body() -> None:
    call = sign(verb="POST", body=b"12345", headers={"Content-Length": "5"})
    assert "content-length" in (call.header("authorization") or "")
    assert isinstance(ask(call), Authorized)


@pytest.mark.parametrize(
    "changes",
    [
        {"verb": "DELETE"},
        {"path": "/prod/pets/8"},
        {"path": "/dev/pets/7"},
        {"query": "admin=1"},
    ],
)
def test_anything_else_is_another_request(changes: Mapping[str, str]) -> None:
    assert refusal(ask(msgspec.structs.replace(sign(), **changes)))[2] == MISMATCH
    assert refusal(ask(msgspec.structs.replace(sign(in_query=True), **changes)))[2] is not None


def test_another_host_is_another_request() -> None:
    call = sign()
    moved = msgspec.structs.replace(
        call, headers=(("Host", "other67890.execute-api.us-east-1.amazonaws.com"), *call.headers[1:])
    )
    assert refusal(ask(moved))[2] == MISMATCH


@pytest.mark.parametrize("value", ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "0" * 64])
def test_the_body_cannot_stay_unsigned(value: str) -> None:
    call = sign(verb="POST", body=b"x", headers={"X-Amz-Content-SHA256": value})
    assert refusal(ask(call))[:2] == ("INVALID_SIGNATURE", "InvalidSignatureException")


def test_a_content_digest_may_be_declared() -> None:
    digest = hashlib.sha256(b"x").hexdigest()
    assert isinstance(ask(sign(verb="POST", body=b"x", headers={"X-Amz-Content-SHA256": digest})), Authorized)


def test_no_signature_is_a_missing_token() -> None:
    assert refusal(ask(with_headers())) == (
        "MISSING_AUTHENTICATION_TOKEN",
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    )


def test_another_scheme_is_an_incomplete_signature() -> None:
    assert refusal(ask(with_headers(("Authorization", "Bearer abc")))) == (
        "INVALID_SIGNATURE",
        "IncompleteSignatureException",
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. "
        "Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a "
        "'X-Amz-Date' or a 'Date' header. Authorization=Bearer",
    )


def test_an_unknown_key_is_told_apart() -> None:
    unknown = (
        "INVALID_SIGNATURE",
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )
    assert refusal(ask(sign(), SESSION)) == unknown
    for key_id in ("../../secret", "akiaiosfodnn7example", "AKIA\x00", "A" * 4096):
        strange = msgspec.structs.replace(USER, access_key_id=key_id)
        verdict = ask(sign(strange), strange)
        assert isinstance(verdict, Denied)
        assert verdict.status == 403


@pytest.mark.parametrize("token", ["", "another"])
def test_a_session_needs_its_own_token(token: str) -> None:
    forged = msgspec.structs.replace(SESSION, token=token)
    assert refusal(ask(sign(forged)))[1] == "UnrecognizedClientException"


def test_a_long_term_key_has_no_token() -> None:
    assert refusal(ask(sign(msgspec.structs.replace(USER, token="x"))))[1] == "UnrecognizedClientException"


def test_a_session_ends() -> None:
    ended = msgspec.structs.replace(SESSION, expires_at_ms=NOW_MS)
    assert refusal(ask(sign(ended), ended)) == (
        "EXPIRED_TOKEN",
        "ExpiredTokenException",
        "The security token included in the request is expired",
    )


def test_a_wrong_secret() -> None:
    forged = msgspec.structs.replace(USER, secret_access_key="guess")
    assert refusal(ask(sign(forged)))[2] == MISMATCH


def test_an_old_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(At, "moment", NOW - timedelta(minutes=5, seconds=1))
    signed_at = (NOW - timedelta(minutes=5, seconds=1)).strftime("%Y%m%dT%H%M%SZ")
    kind, error_type, message = refusal(ask(sign()))
    assert (kind, error_type) == ("INVALID_SIGNATURE", "InvalidSignatureException")
    earliest, now = NOW - timedelta(minutes=5), NOW
    assert message == (
        f"Signature expired: {signed_at} is now earlier than {earliest:%Y%m%dT%H%M%SZ} ({now:%Y%m%dT%H%M%SZ} - 5 min.)"
    )


def test_a_signature_of_the_future(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(At, "moment", NOW + timedelta(minutes=6))
    assert (refusal(ask(sign()))[2] or "").startswith("Signature not yet current: ")


@pytest.mark.parametrize(
    ("service", "region", "text"),
    [
        ("apigateway", "us-east-1", "Credential should be scoped to correct service: 'execute-api'. "),
        ("s3", "us-east-1", "Credential should be scoped to correct service: 'execute-api'. "),
        ("execute-api", "eu-west-1", "Credential should be scoped to a valid region. "),
    ],
)
def test_the_scope_is_this_apis(service: str, region: str, text: str) -> None:
    signed = sign(service=service, region=region)
    assert refusal(ask(signed)) == ("INVALID_SIGNATURE", "InvalidSignatureException", text)


def test_credentials_in_both_places_are_refused() -> None:
    call = sign(in_query=True)
    both = msgspec.structs.replace(call, headers=(*call.headers, *sign().headers[1:]))
    assert refusal(ask(both))[1] == "IncompleteSignatureException"


def test_host_must_be_signed() -> None:
    call = sign()
    loose = tuple((name, value.replace("host;", "")) for name, value in call.headers)
    assert refusal(ask(msgspec.structs.replace(call, headers=loose)))[0] == "INVALID_SIGNATURE"


def test_what_chooses_the_api_must_be_signed() -> None:
    call = sign()
    vpce = "vpce-1-abcdefgh.execute-api.us-east-1.vpce.amazonaws.com"
    added = (("Host", vpce), *call.headers[1:], ("x-apigw-api-id", "api1234567"))
    assert "x-apigw-api-id" in (refusal(ask(msgspec.structs.replace(call, headers=added)))[2] or "")
    assert isinstance(
        ask(msgspec.structs.replace(call, headers=(*call.headers, ("x-apigw-api-id", "api1234567")))), Authorized
    )


def test_an_unknown_algorithm_is_refused() -> None:
    call = sign()
    other = tuple((name, value.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")) for name, value in call.headers)
    assert refusal(ask(msgspec.structs.replace(call, headers=other)))[1] == "IncompleteSignatureException"


def test_signatures_do_not_reach_backends() -> None:
    open_method = msgspec.structs.replace(IAM, authorization="NONE")
    bearer = with_headers(("Authorization", "Bearer x"))
    assert drops_authorization(open_method, sign())
    assert drops_authorization(IAM, bearer)
    assert not drops_authorization(open_method, bearer)
    assert not drops_authorization(IAM, with_headers())
