"""Listeners of application load balancers: HTTP and HTTPS on each node's address; their rules are a RouteConfiguration of their
own, so that a changed rule breaks no connection.

# AWS differs: HTTP desync mitigation has one mode, Envoy's own strict reading of requests.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from innergate.compile.emit.envoy.balancer_answers import local_answers
from innergate.compile.emit.envoy.balancer_facts import trace_filter, url_filter
from innergate.compile.emit.envoy.listener_tcp import certificate_secret
from innergate.compile.emit.envoy.listeners import Binding, listener_body, listener_name
from innergate.compile.emit.envoy.packed import ADS, extension, text_format
from innergate.compile.emit.envoy.rule_actions import STICKY_FILTER
from innergate.compile.emit.envoy.rule_matches import SOURCE
from innergate.compile.emit.envoy.scopes import OWN_PREFIX
from innergate.compile.emit.envoy.tls import downstream_tls
from innergate.compile.family import EnvoyBody
from innergate.compile.names import namespace_path
from innergate.compile.settings import CompileSettings
from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.resources.load_balancers import Listener, LoadBalancer
from innergate.resources.network_interfaces import NetworkInterface

MAX_HEADERS_KB = 60
"""Guide of Application Load Balancers, "HTTP headers": 60 KB for all headers of a request."""

MAX_STREAMS = 128
"""Guide of Application Load Balancers, "Listener configuration": requests in parallel on one HTTP/2 connection."""


class HttpSettings(NamedTuple):
    """Attributes of a load balancer and of a listener, as far as they shape traffic."""

    idle_timeout_s: int = 60
    keep_alive_s: int = 3600
    preserves_host: bool = False
    drops_invalid_headers: bool = False
    forwarded_for: str = "append"
    tells_client_port: bool = False
    tells_tls: bool = False
    speaks_http2: bool = True
    names_server: bool = True
    response_headers: tuple[tuple[str, str], ...] = ()
    tls_headers: tuple[str, str] = ("x-amzn-tls-version", "x-amzn-tls-cipher-suite")


_TOKEN = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")
_RESPONSE, _REQUEST = "routing.http.response.", "routing.http.request."


def read_settings(balancer: LoadBalancer, listener: Listener) -> HttpSettings:
    """What the attributes say; those that are not kept have AWS's defaults."""
    own, of_listener = balancer.attributes, listener.attributes
    added = {
        key.removeprefix(_RESPONSE).removesuffix(".header_value").replace("_", "-"): value
        for key, value in sorted(of_listener.items())
        if key.startswith(_RESPONSE) and key.endswith(".header_value") and value and value.isprintable()
    }
    return HttpSettings(
        idle_timeout_s=int(own.get("idle_timeout.timeout_seconds", "60")),
        keep_alive_s=int(own.get("client_keep_alive.seconds", "3600")),
        preserves_host=_is_on(own, "routing.http.preserve_host_header.enabled"),
        drops_invalid_headers=_is_on(own, "routing.http.drop_invalid_header_fields.enabled"),
        forwarded_for=own.get("routing.http.xff_header_processing.mode", "append"),
        tells_client_port=_is_on(own, "routing.http.xff_client_port.enabled"),
        tells_tls=_is_on(own, "routing.http.x_amzn_tls_version_and_cipher_suite.enabled"),
        speaks_http2=own.get("routing.http2.enabled", "true") == "true",
        names_server=of_listener.get(f"{_RESPONSE}server.enabled", "true") == "true",
        response_headers=tuple(added.items()),
        tls_headers=(
            _header_name(of_listener, "x_amzn_tls_version"),
            _header_name(of_listener, "x_amzn_tls_cipher_suite"),
        ),
    )


def _header_name(attributes: Mapping[str, str], attribute: str) -> str:
    """The name that a header is renamed to; its own where that is no name that a request may bear."""
    wanted = attributes.get(f"{_REQUEST}{attribute}.header_name", "").lower()
    return wanted if _TOKEN.fullmatch(wanted) and wanted != "host" else attribute.replace("_", "-")


def _is_on(attributes: Mapping[str, str], name: str) -> bool:
    return attributes.get(name) == "true"


def rules_name(listener: Listener) -> str:
    """The RouteConfiguration with the listener's rules."""
    return f"rules/{listener.id}"


def http_listener(
    listener: Listener, node: NetworkInterface, http: HttpSettings, settings: CompileSettings
) -> EnvoyBody | None:
    """The listener on one node; None for HTTPS without a certificate."""
    tls: JsonObject | None = None
    if listener.protocol == "HTTPS":
        if not listener.certificates:
            return None
        alpn = ("h2", "http/1.1") if http.speaks_http2 else ("http/1.1",)
        tls = downstream_tls([certificate_secret(arn) for arn in listener.certificates], alpn)
    place = namespace_path(settings, node.vpc_id)
    return listener_body(
        Binding(listener_name(node.id, listener.port), node.private_ip_address, listener.port, place),
        (_source_filter(), _connection_manager(listener, http)),
        tls,
    )


def _source_filter() -> JsonObject:
    return extension(
        "innergate.facts",
        "envoy.extensions.filters.network.set_filter_state.v3.Config",
        {
            "on_new_connection": [
                {
                    "object_key": SOURCE,
                    "factory_key": "envoy.network.ip",
                    "format_string": text_format("%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%"),
                }
            ]
        },
    )


def _connection_manager(listener: Listener, http: HttpSettings) -> JsonObject:
    secure = listener.protocol == "HTTPS"
    filters: list[JsonValue] = [
        trace_filter(),
        url_filter(),
        {
            **extension(STICKY_FILTER, "envoy.extensions.filters.http.stateful_session.v3.StatefulSession", {}),
            "disabled": True,
        },
        extension(
            "envoy.filters.http.router",
            "envoy.extensions.filters.http.router.v3.Router",
            {"dynamic_stats": False, "suppress_envoy_headers": True},
        ),
    ]
    return extension(
        "envoy.filters.network.http_connection_manager",
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        {
            "stat_prefix": "balancer",
            "codec_type": "AUTO" if secure and http.speaks_http2 else "HTTP1",
            "rds": {"config_source": ADS, "route_config_name": rules_name(listener)},
            "early_header_mutation_extensions": [_stripped()],
            "http_filters": filters,
            "local_reply_config": local_answers(http.names_server),
            "use_remote_address": True,
            "xff_num_trusted_hops": 0,
            "skip_xff_append": http.forwarded_for != "append" or http.tells_client_port,
            "internal_address_config": {"cidr_ranges": [{"address_prefix": "255.255.255.255", "prefix_len": 32}]},
            "strip_any_host_port": not http.preserves_host,
            "generate_request_id": False,
            "server_header_transformation": "PASS_THROUGH",
            "max_request_headers_kb": MAX_HEADERS_KB,
            "stream_idle_timeout": f"{http.idle_timeout_s}s",
            "request_headers_timeout": f"{http.idle_timeout_s}s",
            "common_http_protocol_options": {
                "idle_timeout": f"{http.idle_timeout_s}s",
                "max_connection_duration": f"{http.keep_alive_s}s",
                "max_headers_count": 1000,
                "headers_with_underscores_action": "DROP_HEADER" if http.drops_invalid_headers else "ALLOW",
            },
            "http_protocol_options": {"accept_http_10": True},
            "http2_protocol_options": {
                "max_concurrent_streams": MAX_STREAMS,
                "initial_stream_window_size": 64 * 1024,
                "initial_connection_window_size": 1024 * 1024,
            },
            "upgrade_configs": [{"upgrade_type": "websocket"}],
        },
    )


def _stripped() -> JsonObject:
    return extension(
        "envoy.http.early_header_mutation.header_mutation",
        "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
        {
            "mutations": [
                {"remove_on_match": {"key_matcher": {"prefix": OWN_PREFIX}}},
                {"remove_on_match": {"key_matcher": {"prefix": "x-envoy-"}}},
            ]
        },
    )
