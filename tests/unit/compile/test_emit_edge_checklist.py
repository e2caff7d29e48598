"""The edge checklist of the abuse cases, asserted over every listener and cluster that the golden cases emit."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.compile.envoy_cases import plan_case, read_case

from innergate.compile.emit.envoy.header_rules import DROPPED_FROM_REQUESTS
from innergate.compile.emit.envoy.scopes import BASE_HEADER
from innergate.compile.emit.envoy.units import ENVOY_FAMILIES
from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.plans.envoy import EnvoyPlan
from innergate.resources.deployments import Deployment
from innergate.testing.blog_scenarios import cross_account
from innergate.testing.scenario import Scenario

GOLDEN = Path(__file__).parents[2] / "golden" / "envoy"
CASES = sorted(folder.name for folder in GOLDEN.iterdir() if folder.is_dir())
HCM = "envoy.filters.network.http_connection_manager"


@pytest.fixture(params=CASES)
def plan(request: pytest.FixtureRequest) -> EnvoyPlan:
    return plan_case(read_case(GOLDEN / request.param))


def bodies(plan: EnvoyPlan, kind: Any) -> Iterator[dict[str, Any]]:
    for _, resource in sorted(plan.resources[kind].items()):
        yield json.loads(json.dumps(resource.body))


def entrances(plan: EnvoyPlan) -> Iterator[dict[str, Any]]:
    """The listeners that clients reach."""
    return (listener for listener in bodies(plan, "listeners") if listener["name"] != "egress")


def managers(plan: EnvoyPlan, of: str = "api") -> Iterator[dict[str, Any]]:
    """Those of the gateway ("api") or of application load balancers ("balancer")."""
    for listener in entrances(plan):
        for chain in listener["filter_chains"]:
            found = (f["typed_config"] for f in chain["filters"] if f["name"] == HCM)
            yield from (manager for manager in found if manager["stat_prefix"] == of)


def test_buffers_are_small(plan: EnvoyPlan) -> None:
    for kind in ("listeners", "clusters"):
        assert all(body["per_connection_buffer_limit_bytes"] == 64 * 1024 for body in bodies(plan, kind))


def test_client_addresses_cannot_be_claimed(plan: EnvoyPlan) -> None:
    for manager in (*managers(plan), *managers(plan, "balancer")):
        assert manager["use_remote_address"] is True
        assert manager["xff_num_trusted_hops"] == 0
        assert "original_ip_detection_extensions" not in manager
        assert manager["internal_address_config"]["cidr_ranges"] == [
            {"address_prefix": "255.255.255.255", "prefix_len": 32}
        ]


def test_time_outs_are_set(plan: EnvoyPlan) -> None:
    for manager in managers(plan):
        for name in ("stream_idle_timeout", "request_timeout", "request_headers_timeout"):
            assert 0 < float(manager[name].rstrip("s")) <= 300
        assert manager["common_http_protocol_options"]["idle_timeout"] == "350s"


def test_time_outs_of_application_load_balancers_are_theirs(plan: EnvoyPlan) -> None:
    for manager in managers(plan, "balancer"):
        options = manager["common_http_protocol_options"]
        names = ("stream_idle_timeout", "request_headers_timeout")
        assert [manager[name] for name in names] == ["30s", "30s"]
        assert (options["idle_timeout"], options["max_connection_duration"]) == ("30s", "3600s")


def test_one_reading_of_paths_and_headers(plan: EnvoyPlan) -> None:
    for manager in managers(plan):
        assert manager["codec_type"] == "HTTP1"
        assert manager["normalize_path"] is True
        assert manager["merge_slashes"] is True
        assert manager["path_with_escaped_slashes_action"] == "REJECT_REQUEST"
        assert manager["strip_any_host_port"] is True
        assert manager["strip_trailing_host_dot"] is True
        assert manager["common_http_protocol_options"]["headers_with_underscores_action"] == "REJECT_REQUEST"
        assert manager["max_request_headers_kb"] == 10
        assert "upgrade_configs" not in manager


def test_our_headers_are_stripped_before_they_are_set(plan: EnvoyPlan) -> None:
    for manager in (*managers(plan), *managers(plan, "balancer")):
        (extension,) = manager["early_header_mutation_extensions"]
        mutations = extension["typed_config"]["mutations"]
        stripped = [m["remove_on_match"]["key_matcher"]["prefix"] for m in mutations if "remove_on_match" in m]
        assert stripped == ["x-innergate-", "x-envoy-"]
        first_set = next((i for i, m in enumerate(mutations) if "append" in m), len(mutations))
        assert all("append" in m for m in mutations[first_set:])
        ours = {m["append"]["header"]["key"] for m in mutations if "append" in m}
        assert ours <= {*DROPPED_FROM_REQUESTS, BASE_HEADER}


def test_nothing_of_ours_reaches_backends(plan: EnvoyPlan) -> None:
    for routes in bodies(plan, "routes"):
        removed = set(routes["request_headers_to_remove"])
        assert "x-envoy-external-address" in removed
        assert "x-innergate-key-id" in removed or routes["name"].startswith("rules/")
        assert BASE_HEADER in removed or not routes["name"].startswith("domain/")


def test_http_listeners_speak_tls_and_http_1_1_only(plan: EnvoyPlan) -> None:
    for listener in entrances(plan):
        for chain in listener["filter_chains"]:
            if not any(f["typed_config"].get("stat_prefix") == "api" for f in chain["filters"]):
                continue
            tls = chain["transport_socket"]["typed_config"]["common_tls_context"]
            assert tls["tls_params"]["tls_minimum_protocol_version"] == "TLSv1_2"
            assert tls["alpn_protocols"] == ["http/1.1"]


def test_every_reference_resolves(plan: EnvoyPlan) -> None:
    clusters = set(plan.resources["clusters"])
    elsewhere = {body["name"] for body in bodies(plan, "clusters") if body.get("type") == "EDS"}
    assert elsewhere == set(plan.resources["endpoints"])
    for scope in bodies(plan, "scopes"):
        assert scope["route_configuration_name"] in plan.resources["routes"]
    for kind in ("routes", "listeners"):
        for body in bodies(plan, kind):
            assert set(_clusters_in(body)) <= clusters


def test_a_private_api_without_a_policy_admits_nobody() -> None:
    s = Scenario()
    x = cross_account(s)
    s.put(msgspec.structs.replace(x.api, policy=""))
    deployment = s.state.get(Deployment, f"{x.api.id}/{x.stage.deployment_id}")
    assert deployment is not None
    s.put(msgspec.structs.replace(deployment, definition=msgspec.structs.replace(deployment.definition, policy="")))
    plan = Compiler(ENVOY_FAMILIES, CompileSettings(), strict=True).compile(s.state).envoy.plan
    (routes,) = bodies(plan, "routes")
    filters = routes["virtual_hosts"][0]["typed_per_filter_config"]
    assert filters["innergate.policy.allow"]["rbac"]["rules"] == {"action": "ALLOW", "policies": {}}


def test_the_policy_that_counts_is_the_deployed_one() -> None:
    s = Scenario()
    x = cross_account(s)
    before = Compiler(ENVOY_FAMILIES, CompileSettings(), strict=True).compile(s.state).envoy.plan
    s.put(msgspec.structs.replace(x.api, policy='{"Version":"2012-10-17","Statement":[]}'))
    after = Compiler(ENVOY_FAMILIES, CompileSettings(), strict=True).compile(s.state).envoy.plan
    assert before.resources["routes"] == after.resources["routes"]


def test_only_workers_reach_egress(plan: EnvoyPlan) -> None:
    for listener in bodies(plan, "listeners"):
        if listener["name"] == "egress":
            assert listener["address"]["pipe"]["mode"] == 0o600


def test_upstreams_are_bound_inside_one_namespace(plan: EnvoyPlan) -> None:
    for cluster in bodies(plan, "clusters"):
        if cluster["name"] == "runtime":
            continue
        bind = cluster["upstream_bind_config"]
        addresses = [bind["source_address"], *(a["address"] for a in bind.get("extra_source_addresses", []))]
        assert len({a["network_namespace_filepath"] for a in addresses}) == 1
        assert "local_address_selector" not in bind


def _clusters_in(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _clusters_in(item)
    if isinstance(value, dict) and not value.get("disabled"):
        if isinstance(value.get("cluster"), str) and "%" not in value["cluster"]:
            yield value["cluster"]
        weighted = value.get("weighted_clusters")
        if weighted:
            yield from (c["name"] for c in weighted["clusters"])
        for item in value.values():
            yield from _clusters_in(item)
