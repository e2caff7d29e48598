"""The edge checklist of the abuse cases, asserted over every listener, connection manager and cluster that the golden cases and
drawn histories emit, and over Envoy's first configuration.

`CHECKLIST` says which test holds which line of it.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.compile.envoy_cases import plan_case, read_case
from tests.unit.compile.histories import History

from innergate.compile.emit.envoy.header_rules import DROPPED_FROM_REQUESTS
from innergate.compile.emit.envoy.scopes import BASE_HEADER
from innergate.compile.emit.envoy.units import ENVOY_FAMILIES
from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.compile.units import FAMILIES
from innergate.nets.envoy_bootstrap import MAX_DOWNSTREAM_CONNECTIONS, compose_bootstrap
from innergate.nets.state_folder import StateFolder
from innergate.plans.envoy import EnvoyPlan
from innergate.resources.deployments import Deployment
from innergate.testing.blog_scenarios import cross_account
from innergate.testing.scenario import Scenario

GOLDEN = Path(__file__).parents[2] / "golden" / "envoy"
CASES = sorted(folder.name for folder in GOLDEN.iterdir() if folder.is_dir())
HCM = "envoy.filters.network.http_connection_manager"
LIMIT = "envoy.filters.network.connection_limit"
DRAWN = range(3, 9)

CHECKLIST: Mapping[int, tuple[str, ...]] = {
    1: ("test_no_door_but_for_clients",),
    2: ("test_memory_runs_out_for_nobody_at_once",),
    3: ("test_buffers_are_small",),
    4: ("test_client_addresses_cannot_be_claimed",),
    5: ("test_time_outs_are_set",),
    6: ("test_http_listeners_speak_tls_and_http_1_1_only", "test_streams_of_http_2_are_few_and_small"),
    7: ("test_one_reading_of_paths_and_headers",),
    8: ("test_connections_are_counted",),
    9: ("test_one_reading_of_paths_and_headers",),
    10: ("test_one_reading_of_paths_and_headers",),
    11: (
        "test_one_reading_of_paths_and_headers",
        "test_our_headers_are_stripped_before_they_are_set",
        "test_memory_runs_out_for_nobody_at_once",
        "test_http_listeners_speak_tls_and_http_1_1_only",
        "test_no_tls_is_older_than_1_2",
        "test_every_worker_of_envoy_accepts",
    ),
}
"""Line of the list -> tests. `max_requests_per_connection` is against HTTP/2, which the gateway's entrances do not speak."""


@pytest.fixture(scope="module", params=[*CASES, *(f"drawn {seed}" for seed in DRAWN)])
def plan(request: pytest.FixtureRequest) -> EnvoyPlan:
    word, _, seed = request.param.partition(" ")
    if not seed:
        return plan_case(read_case(GOLDEN / word))
    history = History(int(seed))
    for _ in range(20 * int(seed)):
        history.step()
    settings = CompileSettings(public_addresses=("127.0.0.1",))
    return Compiler(FAMILIES, settings, strict=True).compile(history.scenario.state).envoy.plan


def test_each_line_of_the_list_has_its_tests() -> None:
    assert sorted(CHECKLIST) == list(range(1, 12))
    assert {name for names in CHECKLIST.values() for name in names} <= globals().keys()


def test_drawn_plans_have_something_in_them(plan: EnvoyPlan) -> None:
    assert list(entrances(plan))
    assert list(managers(plan))


def bootstrap() -> dict[str, Any]:
    first: dict[str, Any] = json.loads(json.dumps(compose_bootstrap(StateFolder(Path("/state")), "local")))
    return first


def test_no_door_but_for_clients(plan: EnvoyPlan) -> None:
    """Admin and control plane are unix sockets, as is every listener that is no entrance; no entrance has all addresses."""
    first = bootstrap()
    assert first["admin"]["address"]["pipe"]["mode"] == 0o600
    assert "socket_address" not in json.dumps(first)
    assert "listeners" not in first["static_resources"]
    for listener in bodies(plan, "listeners"):
        address = listener["address"].get("socket_address")
        if address is None:
            assert listener["address"]["pipe"]["mode"] == 0o600
        else:
            assert address["address"] not in ("0.0.0.0", "::", "")
            assert address.get("network_namespace_filepath") or address["address"] == "127.0.0.1"


def test_memory_runs_out_for_nobody_at_once() -> None:
    manager = bootstrap()["overload_manager"]
    monitors = {monitor["name"] for monitor in manager["resource_monitors"]}
    assert {
        "envoy.resource_monitors.fixed_heap",
        "envoy.resource_monitors.global_downstream_max_connections",
    } <= monitors
    shares = {
        action["name"].removeprefix("envoy.overload_actions."): action["triggers"][0].get("threshold", {}).get("value")
        for action in manager["actions"]
    }
    assert shares == {"reduce_timeouts": None, "shrink_heap": 0.95, "stop_accepting_requests": 0.98}
    runtime = bootstrap()["layered_runtime"]["layers"][0]["static_layer"]
    assert runtime["overload.premature_reset_total_stream_count"] == 500


def test_connections_are_counted(plan: EnvoyPlan) -> None:
    """Those of one listener are a part of what the node takes."""
    for listener in entrances(plan):
        for chain in listener["filter_chains"]:
            first = chain["filters"][0]
            assert first["name"] == LIMIT
            assert 0 < first["typed_config"]["max_connections"] <= MAX_DOWNSTREAM_CONNECTIONS // 5


def test_streams_of_http_2_are_few_and_small(plan: EnvoyPlan) -> None:
    """Where it is spoken: by application load balancers."""
    for manager in managers(plan, "balancer"):
        options = manager["http2_protocol_options"]
        assert options["max_concurrent_streams"] <= 128
        assert options["initial_stream_window_size"] <= 64 * 1024
        assert options["initial_connection_window_size"] <= 1024 * 1024


def test_no_tls_is_older_than_1_2(plan: EnvoyPlan) -> None:
    for kind in ("listeners", "clusters"):
        for body in bodies(plan, kind):
            for context in tls_contexts(body):
                assert context["tls_params"]["tls_minimum_protocol_version"] in ("TLSv1_2", "TLSv1_3")
                assert "tls_maximum_protocol_version" not in context["tls_params"]


def test_every_worker_of_envoy_accepts(plan: EnvoyPlan) -> None:
    for listener in entrances(plan):
        assert listener.get("enable_reuse_port", True) is True


def tls_contexts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from tls_contexts(item)
    if isinstance(value, dict):
        if "common_tls_context" in value:
            yield value["common_tls_context"]
        for item in value.values():
            yield from tls_contexts(item)


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
        idle = options["idle_timeout"]
        assert idle in ("30s", "60s")
        assert (manager["stream_idle_timeout"], manager["request_headers_timeout"]) == (idle, idle)
        assert options["max_connection_duration"] == "3600s"


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
        assert stripped == ["x-innergate-", "x-envoy-", *(["x-amzn-vpc"] if manager["stat_prefix"] == "api" else [])]
        first_set = next((i for i, m in enumerate(mutations) if "append" in m), len(mutations))
        assert all("append" in m for m in mutations[first_set:])
        ours = {m["append"]["header"]["key"] for m in mutations if "append" in m}
        assert ours <= {*DROPPED_FROM_REQUESTS, BASE_HEADER}


def test_nothing_of_ours_reaches_backends(plan: EnvoyPlan) -> None:
    for routes in bodies(plan, "routes"):
        removed = set(routes["request_headers_to_remove"])
        assert "x-envoy-external-address" in removed
        named = "x-innergate-key-id" in str({**routes, "request_headers_to_remove": []})
        assert "x-innergate-key-id" in removed or not named
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
