"""An Envoy plan as one static bootstrap, for `envoy --mode validate` and for live tests without a control plane.

Everything that Envoy would ask ADS for stands inline. Namespaces can be taken away, so that a plan runs on loopback.
"""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from innergate.plans.envoy import EnvoyPlan

Body = dict[str, Any]


class StaticSecret(NamedTuple):
    """A certificate chain and its key, both PEM files; without a key the authorities that clients need."""

    chain_file: str
    key_file: str = ""


class Placement(NamedTuple):
    """How a plan is bent to where it runs. `listener_address` maps (name, address, port) to where it shall listen instead;
    `endpoint_address` does so for targets. Namespaces and source addresses go unless `keeps_namespaces`."""

    keeps_namespaces: bool = False
    listener_address: Callable[[str, str, int], tuple[str, int]] = lambda name, address, port: (address, port)
    endpoint_address: Callable[[str, int], tuple[str, int]] = lambda address, port: (address, port)
    plain_listeners: bool = False
    """Without TLS towards clients."""


def listeners_apart(plan: EnvoyPlan) -> Placement:
    """A placement for validation: every listener has a port of its own on loopback, since without namespaces the same
    address may come twice."""
    ports = {name: port for port, name in enumerate(sorted(plan.resources["listeners"]), start=20_000)}
    return Placement(listener_address=lambda name, address, port: ("127.0.0.1", ports[name]))


def static_bootstrap(plan: EnvoyPlan, secrets: Mapping[str, StaticSecret], placement: Placement | None = None) -> Body:
    """The bootstrap. Every SDS name in the plan must be in `secrets`; raises KeyError."""
    placement = placement or Placement()
    clusters = [
        _static_cluster(json.loads(json.dumps(r.body)), plan, placement)
        for _, r in sorted(plan.resources["clusters"].items())
    ]
    scopes = [_static_scope(json.loads(json.dumps(r.body)), plan) for _, r in sorted(plan.resources["scopes"].items())]
    shown: set[str] = set()
    for cluster in clusters:
        _make_static(cluster, [], shown)
    used: set[str] = set()
    listeners = []
    for name, resource in sorted(plan.resources["listeners"].items()):
        listener = json.loads(json.dumps(resource.body))
        _make_static(listener, scopes, used)
        _inline_rules(listener, plan)
        _place_listener(name, listener, placement)
        listeners.append(listener)
    if placement.plain_listeners:
        used = set()
    return {
        "static_resources": {
            "listeners": listeners,
            "clusters": clusters,
            "secrets": [_static_secret(name, secrets[name]) for name in sorted(used | shown)],
        },
    }


def validate_static(envoy: Path, file: Path) -> str:
    """What `envoy --mode validate` complains of; "" where it is content."""
    done = subprocess.run(
        [str(envoy), "--mode", "validate", "-c", str(file), "-l", "warning", "--use-dynamic-base-id"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return "" if done.returncode == 0 else done.stderr + done.stdout


def _static_cluster(cluster: Body, plan: EnvoyPlan, placement: Placement) -> Body:
    if cluster.get("type") == "EDS":
        cluster["type"] = "STATIC"
        del cluster["eds_cluster_config"]
        assignment = json.loads(json.dumps(plan.resources["endpoints"][cluster["name"]].body))
        for group in assignment["endpoints"]:
            for endpoint in group["lb_endpoints"]:
                socket = endpoint["endpoint"]["address"]["socket_address"]
                socket["address"], socket["port_value"] = placement.endpoint_address(
                    socket["address"], socket["port_value"]
                )
        cluster["load_assignment"] = assignment
    if not placement.keeps_namespaces:
        cluster.pop("upstream_bind_config", None)
    return cluster


def _static_scope(scope: Body, plan: EnvoyPlan) -> Body:
    routes = json.loads(json.dumps(plan.resources["routes"][scope.pop("route_configuration_name")].body))
    scope["route_configuration"] = routes
    return scope


def _make_static(value: Any, scopes: list[Body], secrets: set[str]) -> None:
    """Replaces what would come over ADS, in place."""
    if isinstance(value, list):
        for item in value:
            _make_static(item, scopes, secrets)
    if not isinstance(value, dict):
        return
    if "scoped_routes" in value:
        routes = value["scoped_routes"]
        del routes["scoped_rds"], routes["rds_config_source"]
        if scopes:
            routes["scoped_route_configurations_list"] = {"scoped_route_configurations": scopes}
        else:
            del value["scoped_routes"]
            value["route_config"] = {"name": "none"}
    for config in value.get("tls_certificate_sds_secret_configs", []):
        secrets.add(config["name"])
        config.pop("sds_config", None)
    trusted = value.get("validation_context_sds_secret_config")
    if trusted is not None:
        secrets.add(trusted["name"])
        trusted.pop("sds_config", None)
    for item in value.values():
        _make_static(item, scopes, secrets)


def _inline_rules(listener: Body, plan: EnvoyPlan) -> None:
    """Puts the routes that an HTTP connection manager asks for by name into it."""
    for chain in listener["filter_chains"]:
        for filter in chain["filters"]:
            rds = filter["typed_config"].pop("rds", None)
            if rds is not None:
                body = plan.resources["routes"][rds["route_config_name"]].body
                filter["typed_config"]["route_config"] = json.loads(json.dumps(body))


def _place_listener(name: str, listener: Body, placement: Placement) -> None:
    if "pipe" in listener["address"]:
        return
    socket = listener["address"]["socket_address"]
    if not placement.keeps_namespaces:
        socket.pop("network_namespace_filepath", None)
    socket["address"], socket["port_value"] = placement.listener_address(name, socket["address"], socket["port_value"])
    if placement.plain_listeners:
        for chain in listener["filter_chains"]:
            chain.pop("transport_socket", None)


def _static_secret(name: str, secret: StaticSecret) -> Body:
    if not secret.key_file:
        return {"name": name, "validation_context": {"trusted_ca": {"filename": secret.chain_file}}}
    return {
        "name": name,
        "tls_certificate": {
            "certificate_chain": {"filename": secret.chain_file},
            "private_key": {"filename": secret.key_file},
        },
    }
