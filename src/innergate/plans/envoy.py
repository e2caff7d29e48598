"""What one Envoy must serve."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias, cast

import immutables

from innergate.primitives.json_value import JsonObject

EnvoyKind: TypeAlias = Literal["clusters", "endpoints", "listeners", "scopes", "routes"]

ENVOY_KINDS: tuple[EnvoyKind, ...] = ("clusters", "endpoints", "listeners", "scopes", "routes")
"""In the order of making; removals go the other way round."""

TYPE_URLS: Mapping[EnvoyKind, str] = {
    "clusters": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
    "endpoints": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
    "listeners": "type.googleapis.com/envoy.config.listener.v3.Listener",
    "scopes": "type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration",
    "routes": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
}


class EnvoyResource(NamedTuple):
    """One xDS resource. `version` is a digest of `body`; `body` is its JSON form (`@type` inside Any values)."""

    name: str
    version: str
    body: JsonObject


EnvoyResources: TypeAlias = "immutables.Map[str, EnvoyResource]"


class EnvoyPlan(NamedTuple):
    """Every resource of every kind at a revision of the store."""

    revision: int
    resources: "immutables.Map[EnvoyKind, EnvoyResources]"

    def of_kind(self, kind: str) -> EnvoyResources:
        """Everything of a kind. Raises KeyError for what is none."""
        return self.resources[cast("EnvoyKind", kind)]


class EnvoyChange(NamedTuple):
    """A plan, and the names that differ from the plan before it (made, changed or gone), by kind."""

    plan: EnvoyPlan
    changed: Mapping[EnvoyKind, frozenset[str]]


EMPTY_ENVOY_PLAN = EnvoyPlan(0, immutables.Map({kind: immutables.Map() for kind in ENVOY_KINDS}))
