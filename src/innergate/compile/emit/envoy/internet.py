"""The upstreams of integrations without a VPC link: URLs that are reached from the host's own network.

Envoy's dynamic forward proxy resolves the name when it is called, so three clusters serve every such integration, and two more
for each client certificate.
"""

import msgspec

from innergate.compile.emit.envoy.addresses import socket_address
from innergate.compile.emit.envoy.clusters import LegCluster
from innergate.compile.emit.envoy.gateway_answers import UNREACHABLE
from innergate.compile.emit.envoy.http_filters import INTERNET
from innergate.compile.emit.envoy.internet_addresses import dns_cache, refuse_host
from innergate.compile.emit.envoy.packed import extension, packed
from innergate.compile.emit.envoy.tls import UpstreamTls, upstream_tls
from innergate.compile.emit.envoy.upstreams import Upstream
from innergate.compile.family import EnvoyBody, Family, UnitOutput
from innergate.compile.names import host_namespace_path
from innergate.compile.resolve.api_blueprint import ProxyAction
from innergate.compile.settings import CompileSettings
from innergate.compile.view import View
from innergate.primitives.json_value import JsonObject, JsonValue

FAMILY = "envoy-internet"

_UNLIMITED = 1_000_000


def demand_internet(view: View, action: ProxyAction, settings: CompileSettings, client_certificate: str) -> Upstream:
    """The upstream of an integration that names a URL and no VPC link."""
    refusal = refuse_host(action.host, settings)
    if not refusal and settings.has_no_internet:
        refusal = "a node without root has no way to the host's network; run `innergate up` as root, or use a VPC link"
    if not refusal and any(h.name.lower() == "host" for h in action.headers):
        refusal = "a Host header other than the URL's own is served over VPC links only"
    if refusal:
        return Upstream((), (), UNREACHABLE, refusal)
    name = _variant(action, client_certificate)
    view.demand(FAMILY, name)
    rewrite: JsonObject = {"host_rewrite_literal": action.host}
    wake = packed("envoy.extensions.filters.http.dynamic_forward_proxy.v3.PerRouteConfig", rewrite)
    return Upstream((LegCluster(name, 1),), (), filters={INTERNET: wake})


def demand_issuers(view: View, settings: CompileSettings) -> None:
    """Makes sure of the way to issuers of tokens: Amazon's by https, an operator's own by what its URL says."""
    schemes = {"https", *(url.partition(":")[0] for url in settings.token_issuers.values())}
    for scheme in sorted(schemes) if not settings.has_no_internet else ():
        view.demand(FAMILY, f"internet/{scheme}")


def _variant(action: ProxyAction, client_certificate: str) -> str:
    if action.scheme == "http":
        return "internet/http"
    name = "internet/https-untrusted" if action.skips_verification else "internet/https"
    return f"{name}/{client_certificate}" if client_certificate else name


def emit_internet(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """One of these clusters."""
    body: dict[str, JsonValue] = {
        "name": id,
        "lb_policy": "CLUSTER_PROVIDED",
        "cluster_type": extension(
            "envoy.clusters.dynamic_forward_proxy",
            "envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig",
            {"dns_cache_config": dns_cache(settings)},
        ),
        "upstream_bind_config": _bind(host_namespace_path(settings)),
        "connect_timeout": "35s",
        "per_connection_buffer_limit_bytes": 64 * 1024,
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": packed(
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                {
                    "explicit_http_config": {"http_protocol_options": {}},
                    "common_http_protocol_options": {"idle_timeout": "60s", "max_headers_count": 1000},
                    "upstream_http_protocol_options": {"auto_sni": True, "auto_san_validation": True},
                },
            )
        },
        "circuit_breakers": {
            "thresholds": [
                {
                    "max_connections": _UNLIMITED,
                    "max_pending_requests": _UNLIMITED,
                    "max_requests": _UNLIMITED,
                    "max_retries": _UNLIMITED,
                }
            ]
        },
    }
    if id != "internet/http":
        _, trust, certificate = f"{id}/".split("/", 2)
        tls = UpstreamTls("", verifies_authority=trust == "https", client_certificate=certificate.rstrip("/"))
        body["transport_socket"] = upstream_tls(tls, settings.authorities_file)
    return UnitOutput(envoy=(EnvoyBody("clusters", id, body),), value=msgspec.json.encode(id).decode())


def _bind(path: str) -> JsonObject:
    """Any address of the host's network, of either IP version: one that has no source here would not be connected to."""
    return {
        "source_address": socket_address("0.0.0.0", 0, path)["socket_address"],
        "extra_source_addresses": [{"address": socket_address("::", 0, path)["socket_address"]}],
    }


INTERNET_CLUSTERS = Family(FAMILY, (), emit_internet)
