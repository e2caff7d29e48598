"""Integrations with URLs: three clusters for all, and addresses that are never called."""

from typing import Any

import pytest

from innergate.compile.compilation import Compilation
from innergate.compile.emit.envoy.internet_addresses import dns_cache, refuse_host
from innergate.compile.emit.envoy.units import ENVOY_FAMILIES
from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.testing.blog_scenarios import cross_account
from innergate.testing.scenario import Scenario, proxy_method

DEFAULT = CompileSettings()
LOOSE = CompileSettings(allows_loopback_backends=True)


def plan_of(*uris: str, settings: CompileSettings = DEFAULT) -> Compilation:
    """The plan of a regional API with a GET for each URI."""
    s = Scenario()
    methods = {(f"/{index}", "GET"): proxy_method("", uri, "GET") for index, uri in enumerate(uris)}
    s.private_api(None, policy="{}", types=("REGIONAL",), methods=methods)
    return Compiler(ENVOY_FAMILIES, settings, strict=True).compile(s.state)


def test_urls_share_a_cluster_a_kind() -> None:
    plan = plan_of("http://a.example/x", "http://b.example:8080/", "https://c.example/")
    clusters = plan.envoy.plan.resources["clusters"]
    assert sorted(clusters) == ["internet/http", "internet/https"]
    (routes,) = plan.envoy.plan.resources["routes"].values()
    text = str(routes.body)
    assert "'host_rewrite_literal': 'b.example:8080'" in text
    assert not plan.diagnostics


def test_a_chain_to_no_authority_is_another_cluster() -> None:
    plan = plan_of("https://c.example/")
    body = plan.envoy.plan.resources["clusters"]["internet/https"].body
    assert DEFAULT.authorities_file in str(body["transport_socket"])
    assert "ACCEPT_UNTRUSTED" not in str(body)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.8.9.1:8080",
        "localhost",
        "LOCALHOST.:80",
        "[::1]:80",
        "169.254.169.254",
        "0.0.0.0",
        "[::ffff:127.0.0.1]",
        "[fe80::1]",
        "239.1.1.1",
    ],
)
def test_literal_addresses_that_nobody_may_call(host: str) -> None:
    assert refuse_host(host, DEFAULT) != ""
    plan = plan_of(f"http://{host}/")
    assert [d.code for d in plan.diagnostics] == ["Unreachable"]
    assert not plan.envoy.plan.resources["clusters"]


def test_a_way_that_nobody_has_accepted_is_told_with_what_to_do() -> None:
    s = Scenario()
    cross_account(s, state="pendingAcceptance")
    found = Compiler(ENVOY_FAMILIES, DEFAULT, strict=True).compile(s.state).diagnostics
    assert {d.code for d in found} == {"Unreachable"}
    assert all("accept-vpc-endpoint-connections" in d.fix for d in found)


def test_the_operator_may_allow_loopback_and_nothing_more() -> None:
    assert refuse_host("127.0.0.1:8080", LOOSE) == refuse_host("localhost", LOOSE) == refuse_host("[::1]", LOOSE) == ""
    assert refuse_host("169.254.169.254", LOOSE) != ""
    assert "--allow-loopback-backends" in refuse_host("127.0.0.1", DEFAULT)


@pytest.mark.parametrize("host", ["example.com", "example.com:8080", "10.1.2.3", "192.0.2.1:99", "[2001:db8::1]:80"])
def test_other_hosts_are_called(host: str) -> None:
    assert refuse_host(host, DEFAULT) == ""


def test_what_names_lead_to_is_filtered_too() -> None:
    strict = {r["address_prefix"] for r in ranges(DEFAULT)}
    loose = {r["address_prefix"] for r in ranges(LOOSE)}
    assert {"169.254.0.0", "127.0.0.0", "::1"} <= strict
    assert strict - loose == {"127.0.0.0", "::1"}


def ranges(settings: CompileSettings) -> list[Any]:
    """The refused ranges of the DNS cache."""
    matcher: Any = dns_cache(settings)["resolved_address_filter"]
    return list(matcher["ranges"])


def test_without_root_there_is_no_way() -> None:
    plan = plan_of("http://a.example/", settings=CompileSettings(has_no_internet=True))
    (diagnostic,) = plan.diagnostics
    assert "without root" in diagnostic.message
