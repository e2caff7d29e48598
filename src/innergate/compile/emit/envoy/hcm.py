"""The HTTP connection manager of every HTTP listener.

Choices with their sources: the edge checklist of abuse-cases.md; escaped slashes are refused since a path must have one
reading for routes, policies, logs and backends (design, rule 1; CVE-2021-29492), where AWS would match the raw path.
"""

from innergate.compile.emit.envoy.access_logs import access_log
from innergate.compile.emit.envoy.failure_lines import failure_log
from innergate.compile.emit.envoy.http_filters import http_filters
from innergate.compile.emit.envoy.local_replies import PATH_AFTER_BASE, local_reply_config
from innergate.compile.emit.envoy.metric_lines import metric_log
from innergate.compile.emit.envoy.packed import extension
from innergate.compile.emit.envoy.scopes import DomainEntry, Entry, early_mutations, scoped_routes
from innergate.compile.settings import CompileSettings
from innergate.primitives.json_value import JsonObject, JsonValue

MAX_HEADERS_KB = 10
"""10,240 bytes (API Gateway quotas, "Total combined size of request line and header values")."""


IDLE_S = 300
"""How long nothing may move in a request or its answer: what AWS lets a streamed answer rest, too."""


def idle_fields(idle_s: int) -> dict[str, JsonValue]:
    """Of a route whose answers may rest for another time than others'; 504 where none has begun, else they break off."""
    return {} if idle_s == IDLE_S else {"idle_timeout": f"{idle_s}s"}


def connection_manager(entry: Entry | DomainEntry, settings: CompileSettings) -> JsonObject:
    """The network filter. HTTP/1.1 only: AWS speaks HTTP/1.1 on private APIs, and forces it where HTTP/2 is asked for."""
    return extension(
        "envoy.filters.network.http_connection_manager",
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        {
            "stat_prefix": "api",
            "codec_type": "HTTP1",
            "scoped_routes": scoped_routes(entry),
            "early_header_mutation_extensions": early_mutations(entry),
            "http_filters": http_filters(settings),
            "local_reply_config": (
                local_reply_config(PATH_AFTER_BASE, entry.by_rules)
                if isinstance(entry, DomainEntry)
                else local_reply_config()
            ),
            "access_log": [
                *access_log(settings, isinstance(entry, DomainEntry) and entry.asks_clients),
                *metric_log(settings),
                *failure_log(settings),
            ],
            "use_remote_address": True,
            "xff_num_trusted_hops": 0,
            "append_x_forwarded_port": True,
            "internal_address_config": {"cidr_ranges": [{"address_prefix": "255.255.255.255", "prefix_len": 32}]},
            "normalize_path": True,
            "merge_slashes": True,
            "path_with_escaped_slashes_action": "REJECT_REQUEST",
            "strip_any_host_port": True,
            "strip_trailing_host_dot": True,
            "generate_request_id": False,
            "server_header_transformation": "PASS_THROUGH",
            "max_request_headers_kb": MAX_HEADERS_KB,
            "stream_idle_timeout": f"{IDLE_S}s",
            "request_timeout": "300s",
            "request_headers_timeout": "60s",
            "common_http_protocol_options": {
                "idle_timeout": "350s",
                "max_headers_count": 200,
                "headers_with_underscores_action": "REJECT_REQUEST",
            },
            "http_protocol_options": {
                "accept_http_10": True,
                "ignore_http_11_upgrade": [{"safe_regex": {"regex": ".*"}}],
            },
            "add_proxy_protocol_connection_state": False,
        },
    )
