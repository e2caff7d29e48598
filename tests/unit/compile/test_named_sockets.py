"""Every TCP socket of Envoy's says which network it belongs to: after a refused bind its main thread is in a stranger's."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.unit.compile.envoy_cases import plan_case, read_case
from tests.unit.compile.test_emit_envoy_golden import CASES, GOLDEN

from innergate.compile.emit.envoy.units import ENVOY_FAMILIES
from innergate.compile.engine import Compiler
from innergate.compile.names import host_namespace_path
from innergate.compile.settings import CompileSettings
from innergate.plans.envoy import EnvoyPlan
from innergate.testing.scenario import Scenario, proxy_method

SETTINGS = CompileSettings(public_addresses=("192.0.2.1",), host_namespace="host-here")
HOST = host_namespace_path(SETTINGS)
URLS = ("http://a.example/", "https://b.example/", "http://[2001:db8::1]/")


def plan_of_urls() -> EnvoyPlan:
    """A public API whose methods call URLs."""
    s = Scenario()
    methods = {(f"/{index}", "GET"): proxy_method("", uri, "GET") for index, uri in enumerate(URLS)}
    s.private_api(None, policy="{}", types=("REGIONAL",), methods=methods)
    return Compiler(ENVOY_FAMILIES, SETTINGS, strict=True).compile(s.state).envoy.plan


def addresses_bound(plan: EnvoyPlan) -> Iterator[tuple[str, dict[str, Any]]]:
    """What listeners and clusters bind to, each with its owner's name; {} for a cluster that binds to nothing."""
    for resource in plan.resources["listeners"].values():
        listener: Any = resource.body
        if "pipe" not in listener["address"]:
            yield resource.name, listener["address"]["socket_address"]
    for resource in plan.resources["clusters"].values():
        cluster: Any = resource.body
        if cluster["name"] == "runtime":
            continue
        bind = cluster.get("upstream_bind_config", {})
        yield resource.name, bind.get("source_address", {})
        for extra in bind.get("extra_source_addresses", ()):
            yield resource.name, extra["address"]


@pytest.mark.parametrize("name", CASES)
def test_no_socket_is_without_a_namespace(name: str) -> None:
    bound = list(addresses_bound(plan_case(read_case(GOLDEN / name))))
    assert bound
    assert [owner for owner, address in bound if not address.get("network_namespace_filepath")] == []


def test_public_entry_and_urls_belong_to_the_host() -> None:
    bound = list(addresses_bound(plan_of_urls()))
    assert {owner for owner, _ in bound} == {"public:192.0.2.1:443", "internet/http", "internet/https"}
    assert {address.get("network_namespace_filepath") for _, address in bound} == {HOST}


def test_urls_are_reached_by_either_ip_version() -> None:
    """Envoy connects to no address of a version for which a cluster with a source has none."""
    sources: dict[str, set[str]] = {}
    for owner, address in addresses_bound(plan_of_urls()):
        sources.setdefault(owner, set()).add(address["address"])
    assert sources["internet/http"] == sources["internet/https"] == {"0.0.0.0", "::"}
