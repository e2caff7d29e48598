"""A leg of a path as a cluster: bound inside the last load balancer's VPC, as one of that load balancer's addresses.

The namespace is static, so no connection pool is ever shared between networks (envoy.md, section 10).
"""

from base64 import b64encode
from typing import NamedTuple

from innergate.compile.emit.envoy.addresses import socket_address
from innergate.compile.emit.envoy.endpoints import load_assignment
from innergate.compile.emit.envoy.health_checks import health_check
from innergate.compile.emit.envoy.packed import ADS, extension, packed
from innergate.compile.emit.envoy.tls import UpstreamTls, upstream_tls
from innergate.compile.family import EnvoyBody
from innergate.compile.names import namespace_path
from innergate.compile.resolve.legs import leg_cluster
from innergate.compile.resolve.path import Leg, cluster_name
from innergate.compile.settings import CompileSettings
from innergate.primitives.digest import digest_value
from innergate.primitives.json_value import JsonObject, JsonValue

_UNLIMITED = 1_000_000
_BUFFER_BYTES = 64 * 1024
_VPCE_TLV = 0xEA
"""PP2_TYPE_AWS; its value begins with the subtype 0x01, PP2_SUBTYPE_AWS_VPCE_ID (NLB guide, "Proxy protocol")."""


class LegCluster(NamedTuple):
    """A cluster's name and its weight among the clusters of the same path."""

    name: str
    weight: int


def name_cluster(leg: Leg, tls: UpstreamTls | None = None) -> str:
    """The leg's own cluster, or a variant of it that speaks TLS to its targets."""
    if tls is None:
        return leg_cluster(leg)
    return cluster_name(leg.target_group_arn, digest_value([leg_cluster(leg), list(tls)]))


def weigh_clusters(legs: tuple[Leg, ...], tls: UpstreamTls | None = None) -> tuple[LegCluster, ...]:
    """The clusters of a path's legs with their weights."""
    return tuple(LegCluster(name_cluster(leg, tls), leg.weight) for leg in legs)


def cluster_bodies(leg: Leg, settings: CompileSettings, tls: UpstreamTls | None = None) -> tuple[EnvoyBody, EnvoyBody]:
    """The cluster and its endpoints."""
    name = name_cluster(leg, tls)
    return (
        EnvoyBody("clusters", name, _cluster(name, leg, settings, tls)),
        EnvoyBody("endpoints", name, load_assignment(name, leg)),
    )


def _cluster(name: str, leg: Leg, settings: CompileSettings, tls: UpstreamTls | None) -> JsonObject:
    if tls is None and leg.uses_tls:
        tls = UpstreamTls("", verifies_authority=False, verifies_name=False)
    body: dict[str, JsonValue] = {
        "name": name,
        "type": "EDS",
        "eds_cluster_config": {"eds_config": ADS},
        "connect_timeout": "10s" if leg.http_version else "35s",
        "per_connection_buffer_limit_bytes": _BUFFER_BYTES,
        "upstream_bind_config": _bind(leg, namespace_path(settings, leg.network)),
        "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": _http(leg)},
        "upstream_connection_options": {"tcp_keepalive": {"keepalive_time": 60, "keepalive_interval": 15}},
        "circuit_breakers": {"thresholds": [_thresholds("DEFAULT"), _thresholds("HIGH")]},
        "common_lb_config": {"healthy_panic_threshold": {"value": 1}},
        "close_connections_on_host_health_failure": not leg.http_version,
        "ignore_health_on_host_removal": True,
    }
    if leg.algorithm:
        body["lb_policy"] = _POLICIES.get(leg.algorithm, "ROUND_ROBIN")
    if leg.health_check is not None:
        body["health_checks"] = [health_check(leg.health_check, settings.health_events_file, leg.http_version)]
    socket = upstream_tls(tls, settings.authorities_file) if tls is not None else _PLAIN
    if leg.sends_proxy_protocol:
        socket = _proxy_protocol(leg, socket)
    if tls is not None or leg.sends_proxy_protocol:
        body["transport_socket"] = socket
    if leg.health_check is not None and (leg.health_check.protocol != "TCP" or tls is not None):
        body["transport_socket_matches"] = _check_sockets(leg, leg.health_check.protocol, settings)
    return body


_PLAIN = extension("envoy.transport_sockets.raw_buffer", "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer")

_HTTP1 = packed(
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    {
        "explicit_http_config": {"http_protocol_options": {}},
        "common_http_protocol_options": {"idle_timeout": "60s", "max_headers_count": 1000},
    },
)


_POLICIES = {"least_outstanding_requests": "LEAST_REQUEST", "weighted_random": "RANDOM"}
"""load_balancing.algorithm.type (TargetGroupAttribute)."""


def _http(leg: Leg) -> JsonObject:
    if leg.http_version in ("", "HTTP1"):
        return _HTTP1
    options: JsonObject = {"explicit_http_config": {"http2_protocol_options": {}}}
    return {**_HTTP1, **options}


def _thresholds(priority: str) -> JsonObject:
    return {
        "priority": priority,
        "max_connections": _UNLIMITED,
        "max_pending_requests": _UNLIMITED,
        "max_requests": _UNLIMITED,
        "max_retries": _UNLIMITED,
    }


def _bind(leg: Leg, path: str) -> JsonObject:
    """Connections start at the first node's address: Envoy takes one source address an IP version."""
    source = leg.sources[0] if leg.sources else "0.0.0.0"
    return {"source_address": socket_address(source, 0, path)["socket_address"]}


def _proxy_protocol(leg: Leg, inner: JsonObject) -> JsonObject:
    """PROXY v2 in front of everything; AWS's TLV tells the endpoint by which the client came."""
    config: dict[str, JsonValue] = {"version": "V2"}
    if leg.endpoint_id:
        value = b64encode(b"\x01" + leg.endpoint_id.encode()).decode()
        config["added_tlvs"] = [{"type": _VPCE_TLV, "value": value}]
    return extension(
        "envoy.transport_sockets.upstream_proxy_protocol",
        "envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport",
        {"config": config, "transport_socket": inner},
    )


def _check_sockets(leg: Leg, protocol: str, settings: CompileSettings) -> list[JsonValue]:
    """Health checks speak their own protocol, whatever traffic speaks (a check by TCP ends before any TLS begins); targets'
    certificates are not checked. Where traffic begins with a PROXY header, so do they."""
    unchecked = UpstreamTls("", verifies_authority=False, verifies_name=False)
    chosen = upstream_tls(unchecked, settings.authorities_file) if protocol == "HTTPS" else _PLAIN
    if leg.sends_proxy_protocol:
        chosen = _proxy_protocol(leg, chosen)
    return [{"name": "health-check", "match": {"health_check": protocol}, "transport_socket": chosen}]
