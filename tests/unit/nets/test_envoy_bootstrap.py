import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from innergate.compile.emit.envoy.internet_addresses import dns_cache
from innergate.compile.settings import CompileSettings
from innergate.nets.envoy_bootstrap import compose_bootstrap
from innergate.nets.envoy_process import find_envoy
from innergate.nets.state_folder import StateFolder


def test_envoy_takes_the_bootstrap(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    folder.prepare()
    path = folder.envoy_bootstrap
    path.write_text(json.dumps(compose_bootstrap(folder, "local")))
    command = [str(find_envoy()), "--mode", "validate", "-c", str(path), "--log-level", "warning"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "deprecated" not in done.stderr.lower()


def test_admin_is_only_a_unix_socket(tmp_path: Path) -> None:
    bootstrap = compose_bootstrap(StateFolder(tmp_path), "n1")
    assert bootstrap["admin"] == {"address": {"pipe": {"path": f"{tmp_path}/run/envoy-admin.sock", "mode": 0o600}}}
    assert bootstrap["node"] == {"id": "n1", "cluster": "innergate"}
    assert "socket_address" not in json.dumps(bootstrap)


@pytest.mark.parametrize("allows_loopback", [False, True])
def test_caches_of_names_are_there_before_any_plan(tmp_path: Path, allows_loopback: bool) -> None:
    """Of the very words that plans use: another description under the same name would be refused."""
    bootstrap: Any = compose_bootstrap(StateFolder(tmp_path), "n1")
    planned = dns_cache(CompileSettings(allows_loopback_backends=allows_loopback))
    configs = [c["cluster_type"]["typed_config"] for c in bootstrap["static_resources"]["clusters"][1:]]
    assert [c["dns_cache_config"] for c in configs if c["dns_cache_config"]["name"] == planned["name"]] == [planned]
    assert len({c["dns_cache_config"]["name"] for c in configs}) == 2
    assert "getaddrinfo" in bootstrap["typed_dns_resolver_config"]["name"]


@pytest.mark.parametrize(
    ("name", "is_kept"),
    [
        ("server.memory_allocated", True),
        ("listener_manager.lds.update_success", True),
        ("http.api.downstream_rq_5xx", True),
        ("http.balancer.downstream_rq_timeout", True),
        ("connection_limit.connections.limited_connections", True),
        ("http.api.scoped_rds.stages.update_rejected", True),
        ("cluster.0a/arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/t/0.membership_healthy", True),
        ("cluster.0a/arn:aws:x.upstream_cx_connect_fail", True),
        ("http.api.downstream_rq_time", False),
        ("http.api.rds.abc/test.version", False),
        ("cluster.0a/arn:aws:x.upstream_rq_time", False),
        ("cluster.0a/arn:aws:x.upstream_rq_200", False),
        ("cluster.0a/arn:aws:x.circuit_breakers.default.rq_open", False),
    ],
)
def test_statistics_are_of_the_whole_not_of_each_api(tmp_path: Path, name: str, is_kept: bool) -> None:
    bootstrap: Any = compose_bootstrap(StateFolder(tmp_path), "n1")
    patterns = bootstrap["stats_config"]["stats_matcher"]["inclusion_list"]["patterns"]
    begins = any(name.startswith(p["prefix"]) for p in patterns if "prefix" in p)
    fits = any(re.fullmatch(p["safe_regex"]["regex"], name) for p in patterns if "safe_regex" in p)
    assert (begins or fits) is is_kept
