"""Where a method's requests go: the path's clusters, or the answer that stands for a refusal."""

from collections.abc import Mapping
from typing import NamedTuple

from innergate.compile.emit.envoy.clusters import LegCluster, cluster_bodies, weigh_clusters
from innergate.compile.emit.envoy.gateway_answers import BROKEN, TIMED_OUT, UNREACHABLE, RouteAnswer
from innergate.compile.emit.envoy.tls import UpstreamTls
from innergate.compile.family import EnvoyBody
from innergate.compile.resolve.api_blueprint import ProxyAction
from innergate.compile.resolve.listener_tls import refuse_tls
from innergate.compile.resolve.path import Path
from innergate.compile.settings import CompileSettings
from innergate.compile.view import Reader
from innergate.primitives.json_value import JsonObject, JsonValue


class Upstream(NamedTuple):
    """Clusters to route to with their bodies, or an `answer` where nothing is reached; `reason` says why. `filters` are HTTP
    filters that its routes must wake."""

    clusters: tuple[LegCluster, ...]
    bodies: tuple[EnvoyBody, ...]
    answer: RouteAnswer | None = None
    reason: str = ""
    filters: Mapping[str, JsonObject] = {}
    fix: str = ""
    """What to do about the reason, if anybody can."""


def reach_path(
    reader: Reader, path: Path, action: ProxyAction, settings: CompileSettings, client_certificate: str = ""
) -> Upstream:
    """The upstream of a private integration over `path`."""
    if not path.legs:
        hop = path.refusal
        slow = hop is not None and hop.outward in ("time-out", "504")
        reason = f"{hop.kind} {hop.id}: {hop.reason}" if hop is not None else "no target is left"
        answer = TIMED_OUT if slow else UNREACHABLE
        return Upstream((), (), answer, reason, fix=hop.fix if hop is not None else "")
    refusals = {leg: refuse_tls(reader, leg, action, settings.authorities_file) for leg in path.legs}
    legs = [leg for leg, refusal in refusals.items() if not refusal]
    if not legs:
        return Upstream((), (), BROKEN, f"Execution failed due to configuration error: {refusals[path.legs[0]]}")
    tls = backend_tls(action, client_certificate)
    bodies = tuple(
        body for leg in legs for body in cluster_bodies(leg, settings, tls if not leg.terminates_tls else None)
    )
    clusters = tuple(
        cluster for leg in legs for cluster in weigh_clusters((leg,), tls if not leg.terminates_tls else None)
    )
    return Upstream(clusters, bodies)


def backend_tls(action: ProxyAction, client_certificate: str) -> UpstreamTls | None:
    """TLS to the backend where the URI says https: SNI and the certificate's name are the URI's host."""
    if action.scheme != "https":
        return None
    return UpstreamTls(
        action.host.partition(":")[0],
        verifies_authority=not action.skips_verification,
        client_certificate=client_certificate,
    )


def cluster_fields(clusters: tuple[LegCluster, ...]) -> dict[str, JsonValue]:
    """The fields of a route action that choose among the clusters."""
    if len(clusters) == 1:
        return {"cluster": clusters[0].name}
    return {"weighted_clusters": {"clusters": [{"name": c.name, "weight": c.weight} for c in clusters]}}
