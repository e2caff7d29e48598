"""What all listeners have in common."""

from typing import NamedTuple

from innergate.compile.emit.envoy.addresses import socket_address
from innergate.compile.family import EnvoyBody
from innergate.primitives.json_value import JsonObject, JsonValue

BUFFER_BYTES = 64 * 1024
"""Edge checklist, item 3, says 32 KiB; large bodies then cost a third more CPU (docs/decisions/0021-request-path.md)."""


class Binding(NamedTuple):
    """Where a listener stands."""

    name: str
    address: str
    port: int
    namespace_path: str = ""


def listener_body(
    binding: Binding, filters: tuple[JsonObject, ...], transport_socket: JsonObject | None = None
) -> EnvoyBody:
    """A listener with one filter chain."""
    chain: dict[str, JsonValue] = {"filters": list(filters)}
    if transport_socket is not None:
        chain["transport_socket"] = transport_socket
        chain["transport_socket_connect_timeout"] = "10s"
    return EnvoyBody(
        "listeners",
        binding.name,
        {
            "name": binding.name,
            "stat_prefix": "eni",
            "address": socket_address(binding.address, binding.port, binding.namespace_path),
            "per_connection_buffer_limit_bytes": BUFFER_BYTES,
            "filter_chains": [chain],
        },
    )


def listener_name(interface_id: str, port: int) -> str:
    """An ENI's listener on a port."""
    return f"{interface_id}:{port}"
