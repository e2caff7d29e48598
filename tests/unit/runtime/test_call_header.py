"""What Envoy says of a request -> a call."""

import pytest

from innergate.plans.runtime import CALL_HEADER
from innergate.runtime.call_header import BadCall, read_call

FACTS = (
    "req-1",
    "1795341600000",
    "10.0.0.7",
    "vpce-1",
    "vpc-1",
    "key1",
    "HTTP/1.1",
    "TLSv1.3",
    "AES",
    "111122223333",
    "4568",
    "-----BEGIN%20CERTIFICATE-----",
)


def header(*fields: str) -> tuple[str, str]:
    return CALL_HEADER, ";".join(fields)


def test_facts_come_from_envoy_alone() -> None:
    sent = [
        ("host", "api.example.com"),
        ("x-innergate-key-id", "forged"),
        ("x-a", "1"),
        ("authorization", "t"),
        header("api.prod", "r1", "ANY", "-", *FACTS),
    ]
    addressed = read_call("POST", "/prod/pets?a=b", sent, b"body")
    call = addressed.call
    assert (addressed.document, addressed.method) == ("api.prod", "r1/ANY")
    assert (call.verb, call.path, call.query, call.body) == ("POST", "/prod/pets", "a=b", b"body")
    assert call.headers == (("Host", "api.example.com"), ("x-a", "1"), ("Authorization", "t"))
    assert (call.request_id, call.received_ms, call.source_ip) == ("req-1", 1795341600000, "10.0.0.7")
    assert (call.vpce_id, call.vpc_id, call.vpce_account) == ("vpce-1", "vpc-1", "111122223333")
    assert (call.api_key_id, call.protocol, call.tls_version, call.cipher_suite) == (
        "key1",
        "HTTP/1.1",
        "TLSv1.3",
        "AES",
    )
    assert call.port == "4568"
    assert call.client_certificate == "-----BEGIN%20CERTIFICATE-----"
    assert (call.mount, call.sent_path, call.domain_name) == (None, "/prod/pets", "api.example.com")


@pytest.mark.parametrize(
    ("mount", "path", "sent"),
    [
        ("=/v1", "/prod/pets/7", "/v1/pets/7"),
        ("=/a/b", "/prod/pets/", "/a/b/pets/"),
        ("=", "/prod/pets", "/pets"),
        ("=", "/prod/", "/"),
        ("=", "/prod", "/"),
        ("=/v1", "/prod", "/v1"),
        ("-", "/prod", "/prod"),
    ],
)
def test_a_path_under_a_base_path_is_known_as_it_was_sent(mount: str, path: str, sent: str) -> None:
    call = read_call("GET", path, [header("api.prod", "r1", "GET", mount, *FACTS)], b"").call
    assert (call.path, call.sent_path) == (path, sent)


@pytest.mark.parametrize("facts", [FACTS[:-1], (*FACTS[:-1], "-")], ids=["an older route", "no certificate"])
def test_most_clients_show_no_certificate(facts: tuple[str, ...]) -> None:
    assert read_call("GET", "/prod", [header("api.prod", "r1", "GET", "-", *facts)], b"").call.client_certificate == ""


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [header("api.prod")],
        [header("api.prod", "r1", "GET", "-", *FACTS, "more")],
        [header("api.prod", "r1", "GET", "-", "req", "not a time", *FACTS[2:])],
        [header("api.prod", "r1", "GET", "-", *FACTS)] * 2,
    ],
)
def test_a_request_that_is_not_envoys_is_none(headers: list[tuple[str, str]]) -> None:
    with pytest.raises(BadCall):
        read_call("GET", "/prod", headers, b"")
