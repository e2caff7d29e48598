"""Methods that the runtime executes: Envoy hands the request to a worker, and takes the worker's calls to backends.

A worker is told of the request in one header that only Envoy sets. Its own calls come back by the egress listener, a unix
socket, and name the cluster that compile chose; so namespaces, TLS and health are Envoy's here too.
"""

import re
from collections.abc import Mapping

from innergate.compile.emit.envoy.access_logs import KEPT_RUNTIME
from innergate.compile.emit.envoy.facts import ACCOUNT, REQUEST_ID, VPC, VPCE
from innergate.compile.emit.envoy.failure_lines import KEPT_REASON
from innergate.compile.emit.envoy.hcm import idle_fields
from innergate.compile.emit.envoy.http_filters import HEADER_TO_METADATA, INTERNET, RUNTIME_FACTS
from innergate.compile.emit.envoy.internet_addresses import dns_cache
from innergate.compile.emit.envoy.metric_lines import KEPT_CACHE
from innergate.compile.emit.envoy.packed import extension, overwrite, packed
from innergate.compile.family import EnvoyBody, Family, UnitOutput
from innergate.compile.resolve.api_blueprint import MethodPlan, RuntimeAction, StageBlueprint
from innergate.compile.settings import CompileSettings
from innergate.compile.view import View
from innergate.plans.runtime import (
    CACHE_HEADER,
    CALL_HEADER,
    CLUSTER_HEADER,
    DATE_HEADER,
    FACTS_HEADER,
    FAILURE_HEADER,
    REASON_HEADER,
)
from innergate.primitives.json_value import JsonObject, JsonValue

FAMILY = "envoy-runtime"
CLUSTER = "runtime"
LISTENER = "egress"

_SPARE_MS = 30_000
"""What a worker may take beside its integration: an authorizer's time and its own."""
_UNLIMITED = 1_000_000
_EGRESS_TIMEOUT_S = 960
"""Longer than any integration may take (15 minutes, where its answer is streamed); workers have the exact times."""

_FACTS = (
    f"%FILTER_STATE({REQUEST_ID}:PLAIN)%",
    "%START_TIME(%s%3f)%",
    "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
    f"%FILTER_STATE({VPCE}:PLAIN)%",
    f"%FILTER_STATE({VPC}:PLAIN)%",
    "%REQ(X-INNERGATE-KEY-ID)%",
    "%PROTOCOL%",
    "%DOWNSTREAM_TLS_VERSION%",
    "%DOWNSTREAM_TLS_CIPHER%",
    f"%FILTER_STATE({ACCOUNT}:PLAIN)%",
    "%DOWNSTREAM_LOCAL_PORT%",
    "%DOWNSTREAM_PEER_CERT%",
)
"""After the stage's document, the resource, the verb and where the path began, in the order in which `runtime.call_header`
reads them."""


_RETRIES: JsonObject = {
    "retry_on": "connect-failure,reset-before-request",
    "num_retries": 10,
    "retry_back_off": {"base_interval": "0.1s", "max_interval": "1s"},
    "retry_host_predicate": [
        extension(
            "envoy.retry_host_predicates.previous_hosts",
            "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
        )
    ],
    "host_selection_retry_max_attempts": 3,
}
"""Long enough for all workers to die and come back; only what no worker has begun is sent again."""


_NO_REWRITE: Mapping[str, JsonValue] = {}


def demand_runtime(view: View) -> None:
    """Makes sure of the workers' cluster and the egress listener."""
    view.demand(FAMILY, CLUSTER)


def runtime_fields(blueprint: StageBlueprint, method: MethodPlan, action: RuntimeAction) -> dict[str, JsonValue]:
    """The fields of a route whose method a worker executes. A worker sees the stage where the path begins, also under a base
    path."""
    mount = "-" if blueprint.base_path is None else f"={blueprint.mount}"
    target = ";".join((blueprint.document, method.resource_id, method.verb, mount))
    rewrite: dict[str, JsonValue] = {}
    if blueprint.base_path is not None:
        whole: JsonObject = {"regex": f"^{re.escape(blueprint.mount)}(/.*)?$"}
        rewrite["regex_rewrite"] = {"pattern": whole, "substitution": f"/{blueprint.stage}\\1"}
    return call_fields(target, (action.timeout_ms + _SPARE_MS) / 1000, action.idle_s, rewrite)


def call_fields(
    target: str, timeout_s: float, idle_s: int, rewrite: Mapping[str, JsonValue] = _NO_REWRITE
) -> dict[str, JsonValue]:
    """The fields of a route to the workers. `target` is what is called: document, resource, verb and where the path began. What
    was not sent to one worker may be sent to another."""
    route: dict[str, JsonValue] = {
        "cluster": CLUSTER,
        "timeout": f"{timeout_s:g}s",
        "retry_policy": _RETRIES,
        **idle_fields(idle_s),
        **rewrite,
    }
    return {
        "route": route,
        "request_headers_to_add": [overwrite(CALL_HEADER, ";".join((target, *_FACTS)))],
    }


def runtime_filters(asks_cache: bool = False) -> dict[str, JsonValue]:
    """The filters that such a route wakes: what a worker says of its answer goes to the logs, not to the client."""
    rules: list[JsonValue] = [
        _keep(FACTS_HEADER, KEPT_RUNTIME, "runtime"),
        _keep(REASON_HEADER, KEPT_REASON, "reason"),
    ]
    if asks_cache:
        rules.append(_keep(CACHE_HEADER, KEPT_CACHE, "cache"))
    return {RUNTIME_FACTS: packed(HEADER_TO_METADATA, {"response_rules": rules})}


def _keep(header: str, namespace: str, key: str) -> JsonObject:
    return {"header": header, "on_header_present": {"metadata_namespace": namespace, "key": key}, "remove": True}


def emit_runtime(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """The cluster of workers and the egress listener."""
    return UnitOutput(
        envoy=(
            EnvoyBody("clusters", CLUSTER, _cluster(settings)),
            EnvoyBody("listeners", LISTENER, _egress(settings)),
        ),
        value=True,
    )


def _cluster(settings: CompileSettings) -> JsonObject:
    endpoints: list[JsonValue] = [
        {"endpoint": {"address": {"pipe": {"path": path}}}} for path in settings.worker_sockets
    ]
    limits: JsonObject = {
        "max_connections": _UNLIMITED,
        "max_pending_requests": _UNLIMITED,
        "max_requests": _UNLIMITED,
        "max_retries": _UNLIMITED,
    }
    return {
        "name": CLUSTER,
        "type": "STATIC",
        "lb_policy": "LEAST_REQUEST",
        "connect_timeout": "2s",
        "per_connection_buffer_limit_bytes": 64 * 1024,
        "load_assignment": {"cluster_name": CLUSTER, "endpoints": [{"lb_endpoints": endpoints}]},
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": packed(
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                {
                    "explicit_http_config": {"http_protocol_options": {}},
                    "common_http_protocol_options": {"idle_timeout": "30s", "max_headers_count": 1000},
                },
            )
        },
        "circuit_breakers": {"thresholds": [limits]},
    }


def _egress(settings: CompileSettings) -> JsonObject:
    manager = extension(
        "envoy.filters.network.http_connection_manager",
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        {
            "stat_prefix": "egress",
            "codec_type": "HTTP1",
            "route_config": {
                "name": LISTENER,
                "request_headers_to_remove": [CLUSTER_HEADER],
                "response_headers_to_remove": [FAILURE_HEADER],
                "response_headers_to_add": [overwrite(DATE_HEADER, "%RESP(DATE)%")],
                "virtual_hosts": [{"name": LISTENER, "domains": ["*"], "routes": _egress_routes()}],
            },
            "http_filters": [
                {
                    **extension(
                        INTERNET,
                        "envoy.extensions.filters.http.dynamic_forward_proxy.v3.FilterConfig",
                        {"dns_cache_config": dns_cache(settings)},
                    ),
                    "disabled": True,
                },
                extension(
                    "envoy.filters.http.router",
                    "envoy.extensions.filters.http.router.v3.Router",
                    {"dynamic_stats": False, "suppress_envoy_headers": True},
                ),
            ],
            "local_reply_config": {"mappers": [_failure_mapper()]},
            "use_remote_address": False,
            "internal_address_config": {"cidr_ranges": [{"address_prefix": "255.255.255.255", "prefix_len": 32}]},
            "skip_xff_append": True,
            "generate_request_id": False,
            "server_header_transformation": "PASS_THROUGH",
            "max_request_headers_kb": 96,
            "stream_idle_timeout": "0s",
            "common_http_protocol_options": {"idle_timeout": "300s", "max_headers_count": 1000},
        },
    )
    return {
        "name": LISTENER,
        "stat_prefix": "egress",
        "address": {"pipe": {"path": settings.egress_socket, "mode": 0o600}},
        "per_connection_buffer_limit_bytes": 64 * 1024,
        "filter_chains": [{"filters": [manager]}],
    }


def _egress_routes() -> list[JsonValue]:
    """The cluster is what the worker's header says; names of the internet are resolved on the way."""
    action: JsonObject = {"cluster_header": CLUSTER_HEADER, "timeout": f"{_EGRESS_TIMEOUT_S}s"}
    wake = packed("envoy.extensions.filters.http.dynamic_forward_proxy.v3.PerRouteConfig")
    return [
        {
            "match": {
                "prefix": "/",
                "headers": [{"name": CLUSTER_HEADER, "string_match": {"prefix": "internet/"}}],
            },
            "route": action,
            "typed_per_filter_config": {INTERNET: wake},
        },
        {"match": {"prefix": "/"}, "route": action},
    ]


def _failure_mapper() -> JsonObject:
    """Tells a worker that the answer is Envoy's own, and why."""
    return {
        "filter": {
            "status_code_filter": {
                "comparison": {"op": "GE", "value": {"default_value": 100, "runtime_key": "innergate.egress"}}
            }
        },
        "headers_to_add": [overwrite(FAILURE_HEADER, "%RESPONSE_CODE_DETAILS%")],
    }


RUNTIME_FAMILY = Family(FAMILY, (), emit_runtime)
