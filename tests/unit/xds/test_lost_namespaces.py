"""What is taken away when namespaces were made anew: only what was inside them."""

import immutables

from innergate.plans.envoy import ENVOY_KINDS, EnvoyPlan, EnvoyResource
from innergate.primitives.json_value import JsonObject
from innergate.xds.lost_namespaces import take_away


def listener(namespace: str) -> JsonObject:
    path = f"/run/netns/{namespace}"
    return {"address": {"socket_address": {"address": "10.0.1.4", "network_namespace_filepath": path}}}


def cluster(namespace: str) -> JsonObject:
    path = f"/run/netns/{namespace}"
    return {"upstream_bind_config": {"source_address": {"address": "10.0.1.4", "network_namespace_filepath": path}}}


def plan(**resources: dict[str, JsonObject]) -> EnvoyPlan:
    kinds = {
        kind: immutables.Map({n: EnvoyResource(n, "1", body) for n, body in resources.get(kind, {}).items()})
        for kind in ENVOY_KINDS
    }
    return EnvoyPlan(7, immutables.Map(kinds))


WHOLE = plan(
    listeners={"lost": listener("ig-a"), "other": listener("ig-b"), "host": {"address": {"pipe": {"path": "x"}}}},
    clusters={"from-lost": cluster("ig-a"), "from-other": cluster("ig-b"), "plain": {}},
    endpoints={n: {"cluster_name": n, "endpoints": [{}]} for n in ("from-lost", "from-other", "plain")},
)


def test_listeners_and_endpoints_of_lost_namespaces_go_and_others_stay() -> None:
    away = take_away(WHOLE, frozenset({"ig-a"}))
    assert away.changed == {"listeners": frozenset({"lost"}), "endpoints": frozenset({"from-lost"})}
    assert set(away.plan.resources["listeners"]) == {"other", "host"}
    endpoints = away.plan.resources["endpoints"]
    assert endpoints["from-lost"].body == {"cluster_name": "from-lost"}
    assert endpoints["from-lost"].version != WHOLE.resources["endpoints"]["from-lost"].version
    assert endpoints["from-other"] == WHOLE.resources["endpoints"]["from-other"]
    assert away.plan.resources["clusters"] == WHOLE.resources["clusters"]
    assert away.plan.revision == WHOLE.revision


def test_nothing_changes_where_nothing_was_inside() -> None:
    away = take_away(WHOLE, frozenset({"ig-c"}))
    assert away.changed == {}
    assert away.plan == WHOLE
