"""The faithful chain of AWS's hops as one Envoy with a hand-written configuration, over real sockets:

endpoint (L4, PROXY v2 to the service) -> gateway (TLS, L7: policy, throttle, routes) -> the link's NLB (L4) -> endpoint (L4)
-> the service's NLB (L4) -> target. One worker, as everywhere; each hop stands in the network where AWS has it.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.load import on_core
from bench.peers import Peer, running_peer, socket_address
from bench.rig import ENTRY_ADDRESS, NODE_ADDRESS, ORIGIN_ADDRESS, PROXY_CORE, Rig
from innergate.nets.envoy_process import find_envoy
from innergate.testing.live_envoy import free_ports

CHAIN_PORT = 8446
LINK_PORT, LINK_ENDPOINT_PORT, SERVICE_PORT = 8447, 8448, 8449
_TYPES = "type.googleapis.com/envoy.extensions"
_NETWORK = f"{_TYPES}.filters.network"
_HTTP = f"{_TYPES}.filters.http"
_LOOPBACK = "127.0.0.1"

Config = dict[str, object]


@contextmanager
def faithful_chain(rig: Rig, folder: Path) -> Iterator[Peer]:
    """Runs it; its URL leads to the origin as the private path's stage does."""
    path = folder / "chain.json"
    (gateway_port,) = free_ports(1)
    path.write_text(json.dumps(chain_configuration(rig, gateway_port)))
    command = [str(find_envoy()), "-c", str(path), "--concurrency", "1", "--use-dynamic-base-id", "-l", "warning"]
    with running_peer(on_core(PROXY_CORE, tuple(command)), rig.entry_namespace, CHAIN_PORT, folder) as pid:
        yield Peer(rig.client_namespace, f"https://{ENTRY_ADDRESS}:{CHAIN_PORT}/test", pid)


def chain_configuration(rig: Rig, gateway_port: int) -> Config:
    """The bootstrap. The gateway itself is nobody's VPC: it stands on the machine's own loopback."""
    link, application = rig.gateway_namespace, rig.application_namespace
    listeners = [
        _l4("endpoint", socket_address(ENTRY_ADDRESS, CHAIN_PORT, rig.entry_namespace), "gateway"),
        _gateway(rig, gateway_port),
        _l4("link-nlb", socket_address(_LOOPBACK, LINK_PORT, link), "link-endpoint"),
        _l4("link-endpoint", socket_address(_LOOPBACK, LINK_ENDPOINT_PORT, link), "service-nlb"),
        _l4("service-nlb", socket_address(_LOOPBACK, SERVICE_PORT, application), "target"),
    ]
    clusters = [
        _cluster("gateway", _LOOPBACK, gateway_port, says_client=True),
        _cluster("link-nlb", _LOOPBACK, LINK_PORT, source=socket_address(_LOOPBACK, 0, link)),
        _cluster("link-endpoint", _LOOPBACK, LINK_ENDPOINT_PORT, source=socket_address(_LOOPBACK, 0, link)),
        _cluster("service-nlb", _LOOPBACK, SERVICE_PORT, source=socket_address(_LOOPBACK, 0, application)),
        _cluster("target", ORIGIN_ADDRESS, 80, source=socket_address(NODE_ADDRESS, 0, application)),
    ]
    return {"static_resources": {"listeners": listeners, "clusters": clusters}}


def _l4(name: str, address: Mapping[str, object], cluster: str) -> Config:
    proxy = {"@type": f"{_NETWORK}.tcp_proxy.v3.TcpProxy", "stat_prefix": name, "cluster": cluster}
    filters = [{"name": "envoy.filters.network.tcp_proxy", "typed_config": proxy}]
    return {"name": name, "address": address, "filter_chains": [{"filters": filters}]}


def _cluster(
    name: str, address: str, port: int, source: Mapping[str, object] | None = None, says_client: bool = False
) -> Config:
    endpoint = {"endpoint": {"address": socket_address(address, port)}}
    cluster: Config = {
        "name": name,
        "type": "STATIC",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
        "circuit_breakers": {"thresholds": [{"max_connections": 100_000, "max_pending_requests": 100_000}]},
    }
    if source is not None:
        cluster["upstream_bind_config"] = {"source_address": source["socket_address"]}
    if says_client:
        raw = {"@type": f"{_TYPES}.transport_sockets.raw_buffer.v3.RawBuffer"}
        proxied = {
            "@type": f"{_TYPES}.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport",
            "config": {"version": "V2"},
            "transport_socket": {"name": "envoy.transport_sockets.raw_buffer", "typed_config": raw},
        }
        cluster["transport_socket"] = {
            "name": "envoy.transport_sockets.upstream_proxy_protocol",
            "typed_config": proxied,
        }
    return cluster


def _gateway(rig: Rig, port: int) -> Config:
    manager = {
        "@type": f"{_NETWORK}.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "gateway",
        "use_remote_address": True,
        "normalize_path": True,
        "route_config": {"virtual_hosts": [_api(rig)]},
        "http_filters": [_policy(), _throttle(), _filter("router", f"{_HTTP}.router.v3.Router", {})],
    }
    files = {"certificate_chain": {"filename": str(rig.certificate)}, "private_key": {"filename": str(rig.key)}}
    tls = {
        "@type": f"{_TYPES}.transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": {"tls_certificates": [files]},
    }
    proxied = {"@type": f"{_TYPES}.filters.listener.proxy_protocol.v3.ProxyProtocol"}
    return {
        "name": "gateway",
        "address": socket_address(_LOOPBACK, port),
        "listener_filters": [{"name": "envoy.filters.listener.proxy_protocol", "typed_config": proxied}],
        "filter_chains": [
            {
                "filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}],
                "transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": tls},
            }
        ],
    }


def _api(rig: Rig) -> Config:
    request_id = {"header": {"key": "x-amzn-requestid", "value": "%STREAM_ID%"}}
    root = {
        "match": {"safe_regex": {"regex": "/test/?"}},
        "route": {"cluster": "link-nlb", "regex_rewrite": {"pattern": {"regex": "/test/?"}, "substitution": "/"}},
    }
    proxy = {"match": {"prefix": "/test/"}, "route": {"cluster": "link-nlb", "prefix_rewrite": "/", "timeout": "29s"}}
    return {
        "name": "api",
        "domains": [rig.api_host],
        "routes": [root, proxy],
        "request_headers_to_remove": ["x-amzn-vpce-id"],
        "response_headers_to_add": [request_id],
        "response_headers_to_remove": ["server"],
    }


def _filter(name: str, kind: str, config: Config) -> Config:
    return {"name": f"envoy.filters.http.{name}", "typed_config": {"@type": kind, **config}}


def _policy() -> Config:
    inside = {"remote_ip": {"address_prefix": "10.0.0.0", "prefix_len": 8}}
    rules = {"policies": {"vpc": {"permissions": [{"any": True}], "principals": [inside]}}}
    return _filter("rbac", f"{_HTTP}.rbac.v3.RBAC", {"rules": rules})


def _throttle() -> Config:
    everything = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    bucket = {"max_tokens": 4_000_000_000, "tokens_per_fill": 4_000_000_000, "fill_interval": "1s"}
    config: Config = {
        "stat_prefix": "stage",
        "token_bucket": bucket,
        "filter_enabled": everything,
        "filter_enforced": everything,
    }
    return _filter("local_ratelimit", f"{_HTTP}.local_ratelimit.v3.LocalRateLimit", config)
