"""Envoy's first configuration: who it is, where its control plane and its admin are, what it may use up.

All else comes over delta ADS.
"""

from innergate.nets.state_folder import StateFolder
from innergate.primitives.json_value import JsonObject, JsonValue

XDS_CLUSTER = "xds"
HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
MAX_HEAP_BYTES = 2 << 30
MAX_DOWNSTREAM_CONNECTIONS = 50_000


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
        "static_resources": {"clusters": [_compose_xds_cluster(folder)]},
        "stats_config": {
            "histogram_bucket_settings": [
                {
                    "match": {"safe_regex": {"regex": ".*"}},
                    "buckets": [1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000],
                }
            ]
        },
        "overload_manager": _compose_overload_manager(),
        "layered_runtime": {
            "layers": [
                {
                    "name": "static",
                    "static_layer": {
                        "envoy.features.enable_all_deprecated_features": True,
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


def _compose_overload_manager() -> JsonObject:
    """Envoy's edge advice: give memory back at 95 % of the heap, take nothing new at 98 %."""
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

    actions: list[JsonValue] = [act("shrink_heap", 0.95), act("stop_accepting_requests", 0.98)]
    return {"refresh_interval": "0.25s", "resource_monitors": monitors, "actions": actions}
