"""Envoy's first configuration: who it is, where its control plane and its admin are, what it may use up.

All else comes over delta ADS.
"""

from innergate.nets.state_folder import StateFolder
from innergate.plans.name_caches import name_cache
from innergate.primitives.json_value import JsonObject, JsonValue

XDS_CLUSTER = "xds"
HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
MAX_HEAP_BYTES = 2 << 30
MAX_DOWNSTREAM_CONNECTIONS = 50_000
RESOLVER_THREADS = 10
"""So many names are looked up at a time, the most that Envoy 1.40 takes; the threads sleep otherwise."""

KEPT_PREFIXES = (
    *("server.", "listener_manager.", "cluster_manager.", "listener.", "overload.", "filesystem.", "runtime.", "sds."),
    *("connection_limit.", "tcp.", "dns_cache.", f"cluster.{XDS_CLUSTER}.", "http.api.scoped_rds."),
)
KEPT_OF_REQUESTS = (
    "(cx|rq)_(total|active|overload_close|protocol_error)|cx_(idle_timeout|destroy_remote|tx_bytes_total|rx_bytes_total)|"
    "rq_([1-5]xx|timeout|max_duration_reached|too_large|rx_reset|tx_reset|too_many_premature_resets)"
)
KEPT_OF_CLUSTERS = (
    "membership_(total|healthy)|upstream_(cx|rq)_(total|active)|upstream_cx_(connect_fail|connect_timeout|destroy_remote)|"
    "upstream_rq_(timeout|pending_overflow|rx_reset|tx_reset)"
)
"""Which of Envoy's statistics are kept (docs/operations.md); of the others it makes neither names nor counters. Times and
counts of an API are metrics of the product's own (docs/decisions/0025-what-calls-leave-behind.md)."""


def _kept_statistics() -> list[JsonValue]:
    requests = rf"http\.(api|balancer|egress)\.downstream_({KEPT_OF_REQUESTS})"
    clusters = rf"cluster\..+\.({KEPT_OF_CLUSTERS})"
    prefixes: list[JsonValue] = [{"prefix": prefix} for prefix in KEPT_PREFIXES]
    return [*prefixes, *({"safe_regex": {"regex": regex}} for regex in (requests, clusters))]


def _typed(name: str, fields: JsonObject) -> JsonObject:
    return {"@type": f"type.googleapis.com/{name}", **fields}


def compose_bootstrap(folder: StateFolder, node: str) -> JsonObject:
    """The bootstrap in JSON (envoy.config.bootstrap.v3.Bootstrap)."""
    ads: JsonObject = {
        "api_type": "DELTA_GRPC",
        "transport_api_version": "V3",
        "set_node_on_first_message_only": True,
        "grpc_services": [
            {
                "envoy_grpc": {
                    "cluster_name": XDS_CLUSTER,
                    "retry_policy": {"retry_back_off": {"base_interval": "0.05s", "max_interval": "0.5s"}},
                    "max_receive_message_length": 256 << 20,
                }
            }
        ],
    }
    from_ads: JsonObject = {"ads": {}, "resource_api_version": "V3", "initial_fetch_timeout": "0s"}
    return {
        "node": {"id": node, "cluster": "innergate"},
        "admin": {"address": {"pipe": {"path": str(folder.envoy_admin_socket), "mode": 0o600}}},
        "dynamic_resources": {"ads_config": ads, "lds_config": from_ads, "cds_config": from_ads},
        "typed_dns_resolver_config": _compose_resolver(),
        "static_resources": {
            "clusters": [_compose_xds_cluster(folder), *(_compose_name_cache(loops) for loops in (False, True))]
        },
        "stats_config": {"stats_matcher": {"inclusion_list": {"patterns": _kept_statistics()}}},
        "overload_manager": _compose_overload_manager(),
        "layered_runtime": {
            "layers": [
                {
                    "name": "static",
                    "static_layer": {
                        "overload.premature_reset_total_stream_count": 500,
                    },
                }
            ]
        },
    }


def _compose_xds_cluster(folder: StateFolder) -> JsonObject:
    endpoint: JsonObject = {"address": {"pipe": {"path": str(folder.xds_socket)}}}
    options = _typed(
        HTTP_OPTIONS,
        {
            "explicit_http_config": {
                "http2_protocol_options": {"connection_keepalive": {"interval": "30s", "timeout": "5s"}}
            }
        },
    )
    return {
        "name": XDS_CLUSTER,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {
            "cluster_name": XDS_CLUSTER,
            "endpoints": [{"lb_endpoints": [{"endpoint": endpoint}]}],
        },
        "typed_extension_protocol_options": {HTTP_OPTIONS: options},
    }


def _compose_resolver() -> JsonObject:
    """getaddrinfo(3) in threads of its own: they stay in the network in which they began, while c-ares asks from the one that
    the main thread is in just then (docs/decisions/0022)."""
    kind = "envoy.extensions.network.dns_resolver.getaddrinfo.v3.GetAddrInfoDnsResolverConfig"
    return {
        "name": "envoy.network.dns_resolver.getaddrinfo",
        "typed_config": _typed(kind, {"num_retries": 0, "num_resolver_threads": RESOLVER_THREADS}),
    }


def _compose_name_cache(allows_loopback: bool) -> JsonObject:
    """A cluster that nothing is routed to: it makes a cache of names at the start, with its threads, and keeps it."""
    cache = name_cache(allows_loopback)
    config = _typed("envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig", {"dns_cache_config": cache})
    return {
        "name": f"names/{cache['name']}",
        "lb_policy": "CLUSTER_PROVIDED",
        "cluster_type": {"name": "envoy.clusters.dynamic_forward_proxy", "typed_config": config},
    }


def _compose_overload_manager() -> JsonObject:
    """Envoy's edge advice: give memory back at 95 % of the heap, take nothing new at 98 %; before that, from 80 % on, those who
    do nothing have less and less time."""
    heap = "envoy.resource_monitors.fixed_heap"
    connections = "envoy.resource_monitors.global_downstream_max_connections"
    extensions = "envoy.extensions.resource_monitors"
    monitors: list[JsonValue] = [
        {
            "name": heap,
            "typed_config": _typed(
                f"{extensions}.fixed_heap.v3.FixedHeapConfig", {"max_heap_size_bytes": MAX_HEAP_BYTES}
            ),
        },
        {
            "name": connections,
            "typed_config": _typed(
                f"{extensions}.downstream_connections.v3.DownstreamConnectionsConfig",
                {"max_active_downstream_connections": MAX_DOWNSTREAM_CONNECTIONS},
            ),
        },
    ]

    def act(name: str, share: float) -> JsonObject:
        return {"name": f"envoy.overload_actions.{name}", "triggers": [{"name": heap, "threshold": {"value": share}}]}

    idle: list[JsonValue] = [
        {"timer": timer, "min_scale": {"value": 2}}
        for timer in ("HTTP_DOWNSTREAM_CONNECTION_IDLE", "HTTP_DOWNSTREAM_STREAM_IDLE", "TRANSPORT_SOCKET_CONNECT")
    ]
    hurry: JsonObject = {
        "name": "envoy.overload_actions.reduce_timeouts",
        "triggers": [{"name": heap, "scaled": {"scaling_threshold": 0.8, "saturation_threshold": 0.95}}],
        "typed_config": _typed(
            "envoy.config.overload.v3.ScaleTimersOverloadActionConfig", {"timer_scale_factors": idle}
        ),
    }
    actions: list[JsonValue] = [hurry, act("shrink_heap", 0.95), act("stop_accepting_requests", 0.98)]
    return {"refresh_interval": "0.25s", "resource_monitors": monitors, "actions": actions}
