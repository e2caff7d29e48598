"""The event of a Lambda proxy integration, beside what the goldens show."""

from typing import Any
from urllib.parse import quote

import pytest
from tests.unit.runtime.exchange.exchange_scripts import make_call, make_method, make_stage
from tests.unit.services.certificate_maker import issue

from innergate.plans.runtime import CALL_HEADER
from innergate.runtime.call_header import read_call
from innergate.runtime.exchange.exchange_state import Circumstances, Exchange
from innergate.runtime.exchange.proxy_event import make_event

CERTIFICATE = issue("clients.example.com").leaf.certificate


def event(**call: Any) -> dict[str, Any]:
    method = make_method({"path": "/{proxy+}", "integration": {"type": "AWS_PROXY"}})
    return make_event(Exchange(make_stage(), method, make_call(call), Circumstances()))


@pytest.mark.parametrize(
    ("mount", "path", "wanted", "wanted_context"),
    [
        (None, "/dev/a/b", "/a/b", "/dev/a/b"),
        ("/base", "/dev/a/b", "/base/a/b", "/base/a/b"),
        ("", "/dev/a/b", "/a/b", "/a/b"),
    ],
)
def test_paths_under_a_domain_name_of_ones_own(mount: str | None, path: str, wanted: str, wanted_context: str) -> None:
    made = event(path=path, mount=mount)
    assert (made["path"], made["requestContext"]["path"]) == (wanted, wanted_context)
    assert made["pathParameters"] == {"proxy": "a/b"}


def test_what_a_proxy_said_of_the_client_stays() -> None:
    headers = event(path="/dev/a", headers={"x-forwarded-for": "1.2.3.4", "x-amzn-trace-id": "Root=1-2-3"})["headers"]
    assert headers["x-forwarded-for"] == "1.2.3.4"
    assert headers["x-amzn-trace-id"] == "Root=1-2-3"
    assert "X-Forwarded-For" not in headers


def test_what_belongs_to_the_connection_or_to_a_signature_is_not_shown() -> None:
    headers = {
        "Connection": "close",
        "TE": "trailers",
        "Authorization": "AWS4-HMAC-SHA256 Credential=x",
        "X-Amz-Date": "d",
    }
    assert {"X-Amz-Date"} == {
        n for n in event(path="/dev/a", headers=headers)["headers"] if not n.startswith("X-F")
    } - {"X-Amzn-Trace-Id"}
    assert event(path="/dev/a", headers={"Authorization": "Bearer x"})["headers"]["Authorization"] == "Bearer x"


def test_a_key_is_in_the_identity() -> None:
    identity = event(path="/dev/a", api_key_id="k1", headers={"x-api-key": "v"})["requestContext"]["identity"]
    assert (identity["apiKeyId"], identity["apiKey"]) == ("k1", "v")
    assert identity["userAgent"] is None


THROUGH = {"vpce_id": "vpce-1", "vpc_id": "vpc-1", "tls_version": "TLSv1.3", "cipher_suite": "TLS_AES_128_GCM_SHA256"}


def test_a_private_api_tells_of_the_endpoint_and_its_client_cannot() -> None:
    forged = {"X-Amzn-Vpce-Id": "vpce-2", "x-amzn-tls-version": "TLSv9", "X-Own": "x"}
    made = event(path="/dev/a", headers=forged, **THROUGH)
    told = {
        name: value for name, value in made["headers"].items() if name.lower().startswith("x-amzn-") and name != TRACE
    }
    assert told == {
        "x-amzn-cipher-suite": "TLS_AES_128_GCM_SHA256",
        "x-amzn-tls-version": "TLSv1.3",
        "x-amzn-vpc-id": "vpc-1",
        "x-amzn-vpce-config": "1",
        "x-amzn-vpce-id": "vpce-1",
    }
    assert made["multiValueHeaders"]["x-amzn-vpce-id"] == ["vpce-1"]
    assert made["headers"]["X-Own"] == "x"


TRACE = "X-Amzn-Trace-Id"


def test_who_came_through_no_endpoint_is_told_of_none() -> None:
    assert not [name for name in event(path="/dev/a")["headers"] if name.startswith("x-amzn-")]


def test_names_are_spelled_as_aws_spells_them_through_a_worker() -> None:
    sent = [
        "host",
        "user-agent",
        "x-forwarded-for",
        "x-forwarded-port",
        "x-forwarded-proto",
        "x-amzn-trace-id",
        "x-own",
    ]
    facts = "doc;r;GET;-;id;1;10.0.0.9;-;-;-;HTTP/1.1;-;-;-;443"
    call = read_call("GET", "/dev/a", [*((name, "v") for name in sent), (CALL_HEADER, facts)], b"").call
    made = event(path="/dev/a", headers=dict(call.headers))
    wanted = ["Host", "User-Agent", "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto", TRACE, "x-own"]
    assert list(made["headers"]) == list(made["multiValueHeaders"]) == wanted


def test_a_client_that_proved_its_certificate_is_told_of_with_its_names() -> None:
    made = event(path="/dev/a", client_certificate=quote(CERTIFICATE, safe="-"))
    told = made["requestContext"]["identity"]["clientCert"]
    assert (told["clientCertPem"], told["subjectDN"]) == (CERTIFICATE, "CN=clients.example.com")
    assert set(told) == {"clientCertPem", "subjectDN", "issuerDN", "serialNumber", "validity"}
    assert "clientCert" not in event(path="/dev/a")["requestContext"]["identity"]
