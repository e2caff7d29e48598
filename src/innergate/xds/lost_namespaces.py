"""What an Envoy must let go of when namespaces were made anew under their old names.

Envoy keeps a listening socket as long as address and namespace path stay the same, and pooled connections as long as their
hosts are there: both would stay in the namespace that is gone.
"""

from innergate.plans.envoy import EnvoyChange, EnvoyKind, EnvoyPlan, EnvoyResource, EnvoyResources
from innergate.primitives.json_value import JsonObject, JsonValue

NOBODY = "no endpoints: their namespace was lost"


def take_away(plan: EnvoyPlan, namespaces: frozenset[str]) -> EnvoyChange:
    """The plan without the listeners inside these namespaces, and without endpoints for the clusters that connect from them.

    Publish it, wait until it is taken, then publish the plan itself with the same names.
    """
    listeners, endpoints = plan.resources["listeners"], plan.resources["endpoints"]
    lost = frozenset(n for n, r in listeners.items() if _name(_at(r.body, "address")) in namespaces)
    dry = frozenset(
        n
        for n, r in plan.resources["clusters"].items()
        if n in endpoints and _name(_at(r.body, "upstream_bind_config", "source_address")) in namespaces
    )
    for name in lost:
        listeners = listeners.delete(name)
    for name in dry:
        endpoints = endpoints.set(name, EnvoyResource(name, NOBODY, {"cluster_name": name}))
    changed: dict[EnvoyKind, frozenset[str]] = {"listeners": lost, "endpoints": dry}
    return EnvoyChange(_with(plan, listeners, endpoints), {kind: names for kind, names in changed.items() if names})


def _with(plan: EnvoyPlan, listeners: EnvoyResources, endpoints: EnvoyResources) -> EnvoyPlan:
    return plan._replace(resources=plan.resources.set("listeners", listeners).set("endpoints", endpoints))


def _at(body: JsonObject, *path: str) -> JsonObject:
    """The socket address at a path of members, empty where there is none."""
    value: JsonValue = body
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    if not isinstance(value, dict):
        return {}
    inner = value.get("socket_address", value)
    return inner if isinstance(inner, dict) else {}


def _name(socket_address: JsonObject) -> str:
    """The namespace's name in a socket address, "" where it has none."""
    path = socket_address.get("network_namespace_filepath")
    return path.rpartition("/")[2] if isinstance(path, str) else ""
