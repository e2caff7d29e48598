"""What all listeners have in common."""

from typing import NamedTuple

from innergate.compile.emit.envoy.addresses import socket_address
from innergate.compile.emit.envoy.packed import extension
from innergate.compile.family import EnvoyBody
from innergate.primitives.json_value import JsonObject, JsonValue

BUFFER_BYTES = 64 * 1024
"""Edge checklist, item 3, says 32 KiB; large bodies then cost a third more CPU (docs/decisions/0021-request-path.md)."""


MAX_CONNECTIONS = 10_000
"""Of one listener (edge checklist, item 8): a fifth of what a node takes, so no network's clients use up all of it."""

_TLS_INSPECTOR = "envoy.filters.listener.tls_inspector"
_TLS_INSPECTOR_TYPE = "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"

_CONNECTION_LIMIT = extension(
    "envoy.filters.network.connection_limit",
    "envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit",
    {"stat_prefix": "connections", "max_connections": MAX_CONNECTIONS},
)


class Binding(NamedTuple):
    """Where a listener stands."""

    name: str
    address: str
    port: int
    namespace_path: str = ""


class NamedChain(NamedTuple):
    """What connections get that ask for `server_name` by SNI."""

    server_name: str
    filters: tuple[JsonObject, ...]
    transport_socket: JsonObject


def listener_body(
    binding: Binding,
    filters: tuple[JsonObject, ...],
    transport_socket: JsonObject | None,
    named: tuple[NamedChain, ...] = (),
    may_be_named: bool = False,
) -> EnvoyBody:
    """A listener with one filter chain, and one more for each name that has its own: Envoy changes those one by one, the first
    too where the listener `may_be_named` (SNI is read from the beginning)."""
    chains: list[JsonValue] = [
        {
            "name": chain.server_name,
            "filter_chain_match": {"server_names": [chain.server_name]},
            **_chain(chain.filters, chain.transport_socket),
        }
        for chain in named
    ]
    return EnvoyBody(
        "listeners",
        binding.name,
        {
            "name": binding.name,
            "stat_prefix": "eni",
            "address": socket_address(binding.address, binding.port, binding.namespace_path),
            "per_connection_buffer_limit_bytes": BUFFER_BYTES,
            **({"listener_filters": [extension(_TLS_INSPECTOR, _TLS_INSPECTOR_TYPE)]} if named or may_be_named else {}),
            "filter_chains": [*chains, _chain(filters, transport_socket)],
        },
    )


def _chain(filters: tuple[JsonObject, ...], transport_socket: JsonObject | None) -> dict[str, JsonValue]:
    chain: dict[str, JsonValue] = {"filters": [_CONNECTION_LIMIT, *filters]}
    if transport_socket is not None:
        chain["transport_socket"] = transport_socket
        chain["transport_socket_connect_timeout"] = "10s"
    return chain


def listener_name(interface_id: str, port: int) -> str:
    """An ENI's listener on a port."""
    return f"{interface_id}:{port}"
