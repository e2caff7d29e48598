"""What an Envoy plan names and does not have: clusters, routes, endpoints and secrets."""

from collections.abc import Iterator

from innergate.plans.envoy import EnvoyPlan
from innergate.primitives.json_value import JsonValue
from innergate.resources.certificates import Certificate
from innergate.resources.client_certificates import ClientCertificate
from innergate.store.state import State

ALWAYS_THERE = ("execute-api", "lambda-url")
"""Families of secrets that the platform makes itself."""
SLEEPING = ("listeners", "cluster", "runtime")
"""The filter of quotas is on every listener and asleep; the cluster is there when a route wakes it."""


def missing_names(plan: EnvoyPlan, state: State) -> list[str]:
    """Each as `<kind>/<name of the resource>: <what it names>`."""
    resources = plan.resources
    found = []
    for kind, of_kind in resources.items():
        for name, resource in of_kind.items():
            for what, target in _named(resource.body):
                if (kind, what, target) != SLEEPING and not _is_there(what, target, plan, state):
                    found.append(f"{kind}/{name}: {what} {target}")
            if kind == "clusters" and resource.body.get("type") == "EDS" and name not in resources["endpoints"]:
                found.append(f"{kind}/{name}: endpoints")
    return found


def _is_there(what: str, target: str, plan: EnvoyPlan, state: State) -> bool:
    if what == "cluster":
        return target in plan.resources["clusters"]
    if what == "route":
        return target in plan.resources["routes"]
    family, _, id = target.partition("/")
    if family == "certificate":
        return state.get(Certificate, id) is not None
    if family == "client-certificate":
        return state.get(ClientCertificate, id) is not None
    return family in ALWAYS_THERE


def _named(value: JsonValue) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for item in value:
            yield from _named(item)
    elif isinstance(value, dict):
        for name, member in value.items():
            if name == "cluster" and isinstance(member, str):
                yield "cluster", member
            elif name in ("route_configuration_name", "route_config_name") and isinstance(member, str):
                yield "route", member
            elif name == "sds_config":
                yield "secret", str(value["name"])
            elif name == "weighted_clusters" and isinstance(member, dict):
                shares = member.get("clusters")
                for share in shares if isinstance(shares, list) else ():
                    if isinstance(share, dict):
                        yield "cluster", str(share["name"])
            yield from _named(member)
