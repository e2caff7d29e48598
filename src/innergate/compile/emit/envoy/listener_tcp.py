"""TCP listeners for clients inside a VPC: network load balancers' nodes and endpoints to endpoint services.

A refused path gets no listener: its address then answers as the kernel and the packet filter say.
"""

from typing import NamedTuple

from innergate.compile.emit.envoy.clusters import LegCluster, weigh_clusters
from innergate.compile.emit.envoy.facts import ConnectionFacts, facts_filter
from innergate.compile.emit.envoy.listeners import Binding, listener_body, listener_name
from innergate.compile.emit.envoy.packed import extension
from innergate.compile.emit.envoy.tls import downstream_tls
from innergate.compile.family import EnvoyBody
from innergate.compile.names import namespace_path
from innergate.compile.resolve.path import Path
from innergate.compile.settings import CompileSettings
from innergate.compile.view import Reader
from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.resources.load_balancers import Listener
from innergate.resources.network_interfaces import NetworkInterface

DEFAULT_IDLE_TIMEOUT_S = 350
"""tcp.idle_timeout.seconds (NLB guide, "Connection idle timeout")."""


class TcpEntry(NamedTuple):
    """A port of an interface, and the facts about connections to it."""

    interface: NetworkInterface
    port: int
    facts: ConnectionFacts


def certificate_secret(certificate_arn: str) -> str:
    """The secret that holds a user's certificate."""
    return f"certificate/{certificate_arn}"


def tcp_listener(reader: Reader, entry: TcpEntry, path: Path, settings: CompileSettings) -> EnvoyBody | None:
    """The listener that leads to the path's legs; None where it has none, or a TLS listener has no certificate."""
    if not path.legs:
        return None
    listeners = _listeners_of(reader, path)
    socket: JsonObject | None = None
    if any(leg.terminates_tls for leg in path.legs):
        secure = next((x for x in listeners if x.protocol == "TLS" and x.certificates), None)
        if secure is None:
            return None
        socket = downstream_tls([certificate_secret(arn) for arn in secure.certificates], _alpn(secure))
    idle_s = _idle_timeout_s(listeners[0]) if listeners else DEFAULT_IDLE_TIMEOUT_S
    interface = entry.interface
    return listener_body(
        Binding(
            listener_name(interface.id, entry.port),
            interface.private_ip_address,
            entry.port,
            namespace_path(settings, interface.vpc_id),
        ),
        (facts_filter(entry.facts), _tcp_proxy(weigh_clusters(path.legs), idle_s)),
        socket,
    )


def _tcp_proxy(clusters: tuple[LegCluster, ...], idle_timeout_s: int) -> JsonObject:
    fields: dict[str, JsonValue] = {"stat_prefix": "tcp", "idle_timeout": f"{idle_timeout_s}s"}
    if len(clusters) == 1:
        fields["cluster"] = clusters[0].name
    else:
        fields["weighted_clusters"] = {"clusters": [{"name": c.name, "weight": c.weight} for c in clusters]}
    return extension(
        "envoy.filters.network.tcp_proxy", "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", fields
    )


def _listeners_of(reader: Reader, path: Path) -> list[Listener]:
    """The load balancers' listeners on the way, in order."""
    found = (reader.get(Listener, hop.id) for hop in path.hops if hop.kind == "listener")
    return [listener for listener in found if listener is not None]


def _idle_timeout_s(listener: Listener) -> int:
    text = listener.attributes.get("tcp.idle_timeout.seconds", "")
    return int(text) if text.isdigit() else DEFAULT_IDLE_TIMEOUT_S


_ALPN = {
    "HTTP1Only": ("http/1.1", "http/1.0"),
    "HTTP2Only": ("h2",),
    "HTTP2Optional": ("http/1.1", "http/1.0", "h2"),
    "HTTP2Preferred": ("h2", "http/1.1", "http/1.0"),
}
"""NLB guide, "ALPN policies"."""


def _alpn(listener: Listener) -> tuple[str, ...]:
    return _ALPN.get(listener.alpn_policy[0], ()) if listener.alpn_policy else ()
