"""Calls to services as they go out: what is signed is what is sent, and nothing of a tenant's leaves the endpoint."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from yarl import URL

from innergate.plans.functions import RoleCredentials
from innergate.primitives.fault import Fault
from innergate.runtime.exchange.effects import CallService
from innergate.runtime.signing import SignedCall, sign_call
from innergate.wire.http import HttpRequest
from innergate.wire.sigv4 import parse_claim, verify

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
KEY = RoleCredentials(access_key_id="ASIA0000000000000001", secret_access_key="secret", session_token="token")


def call(**fields: Any) -> CallService:
    plain: dict[str, Any] = {
        "service": "sqs",
        "region": "us-east-1",
        "endpoint": "http://127.0.0.1:9324",
        "verb": "POST",
        "target": "/1/queue",
        "credentials": KEY,
        "body": b"Action=SendMessage",
        "headers": (("Content-Type", "application/x-www-form-urlencoded"), ("User-Agent", "AmazonAPIGateway_abc")),
    }
    return CallService(**{**plain, **fields})


def sign(**fields: Any) -> SignedCall:
    signed = sign_call(call(**fields), NOW)
    assert signed is not None
    return signed


def as_received(signed: SignedCall, verb: str, body: bytes) -> HttpRequest:
    path, _, query = signed.url.removeprefix("http://127.0.0.1:9324").partition("?")
    return HttpRequest(verb, path, query, signed.headers, body)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"verb": "GET", "target": "/?Action=Publish&Message=hello%20you&a=", "body": b""},
        {"target": "/a%2Fb/../c//d/", "headers": (("X-Amz-Target", "Logs_20140328.PutLogEvents"),)},
        {"headers": (("X-Two", "a"), ("X-Two", "b  c"), ("X-Amzn-Trace-Id", "Root=1-2"), ("Accept", "*/*"))},
    ],
)
def test_a_verifier_takes_it(fields: dict[str, Any]) -> None:
    signed = sign(**fields)
    request = as_received(signed, fields.get("verb", "POST"), fields.get("body", b"Action=SendMessage"))
    claim = parse_claim(request)
    assert claim is not None
    assert (claim.access_key_id, claim.token, claim.region, claim.service) == (
        "ASIA0000000000000001",
        "token",
        "us-east-1",
        "sqs",
    )
    verify(claim, request, "secret", NOW)
    with pytest.raises(Fault):
        verify(claim, request._replace(body=b"other"), "secret", NOW)
    with pytest.raises(Fault):
        verify(claim, request, "secret", NOW + timedelta(minutes=6))


@pytest.mark.parametrize("target", ["/bucket/a%20b/c%2Cd%21e", "/bucket/a//b/../c?list-type=2&prefix=x%2Fy"])
@pytest.mark.parametrize("service", ["s3", "dynamodb"])
def test_botocore_signs_alike(service: str, target: str) -> None:
    signed = dict(sign(service=service, target=target, verb="PUT", body=b"x", headers=()).headers)
    request: Any = AWSRequest(
        method="PUT", url=f"http://127.0.0.1:9324{target}", data=b"x", headers={"Host": "127.0.0.1:9324"}
    )
    kind = S3SigV4Auth if service == "s3" else SigV4Auth
    auth: Any = kind(Credentials("ASIA0000000000000001", "secret", "token"), service, "us-east-1")
    request.context["timestamp"] = signed["X-Amz-Date"]
    request.headers["X-Amz-Date"] = signed["X-Amz-Date"]
    request.headers["X-Amz-Security-Token"] = "token"
    if service == "s3":
        request.headers["X-Amz-Content-SHA256"] = auth.payload(request)
    signature = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    assert signed["Authorization"].endswith(f"Signature={signature}")


def test_a_service_signs_under_its_own_name() -> None:
    assert "/us-east-1/ses/aws4_request" in dict(sign(service="email").headers)["Authorization"]


def test_what_proxies_change_is_sent_but_not_signed() -> None:
    headers = dict(sign().headers)
    assert headers["User-Agent"] == "AmazonAPIGateway_abc"
    assert "user-agent" not in headers["Authorization"]
    assert "content-type" in headers["Authorization"]


def test_a_tenant_signs_nothing_itself() -> None:
    own = ("Host", "Authorization", "X-Amz-Date", "x-amz-security-token", "Content-Length", "X-Amz-Content-Sha256")
    headers = sign(headers=tuple((name, "mine") for name in own)).headers
    assert "mine" not in [value for _, value in headers]
    assert len({name.lower() for name, _ in headers}) == len(headers)


@pytest.mark.parametrize(
    "target", ["", "@evil.example/", "evil", "/a b", "/a\r\nHost: evil", "/a#b", "/\x7f", "/ä", "?x=1"]
)
def test_paths_that_http_has_no_place_for_are_not_sent(target: str) -> None:
    assert sign_call(call(target=target), NOW) is None


@pytest.mark.parametrize("target", ["//evil.example/x", "/@evil.example", "/:80/", "/..//evil.example/", "/\\evil"])
def test_no_path_leaves_the_endpoint(target: str) -> None:
    url = sign(target=target).url
    assert urlsplit(url).netloc == "127.0.0.1:9324"
    assert URL(url, encoded=True).authority == "127.0.0.1:9324"


def test_a_subdomain_is_a_part_of_the_name_and_not_of_the_way() -> None:
    signed = sign(subdomain="bucket")
    assert dict(signed.headers)["Host"] == "bucket.127.0.0.1:9324"
    assert urlsplit(signed.url).netloc == "127.0.0.1:9324"
    own = sign(subdomain="bucket", endpoint="https://bucket.s3.us-east-1.amazonaws.com")
    assert dict(own.headers)["Host"] == "bucket.s3.us-east-1.amazonaws.com"
