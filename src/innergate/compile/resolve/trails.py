"""How connections come to a load balancer, and what lies behind them."""

from typing import Literal, NamedTuple, TypeAlias

from innergate.compile.resolve.security import Peer
from innergate.resources.load_balancers import Listener
from innergate.resources.target_groups import TargetGroup

MAX_BALANCERS = 6
"""Load balancers in a row before a path is taken for a loop."""

ArrivalKind: TypeAlias = Literal["vpc-link", "endpoint", "network"]


class Arrival(NamedTuple):
    """How connections come to a load balancer. `vpc-link` and `endpoint` come through PrivateLink, `network` from a host of
    the VPC (or one that routes lead from). `peers` are the senders that security groups see; None where they are not known
    until run time (then the packet filter decides, not the path)."""

    kind: ArrivalKind
    peers: tuple[Peer, ...] | None = None
    zone_id: str = ""
    """Only nodes of this zone are used ("" for all)."""
    node_id: str = ""
    """Only this node is used ("" for all)."""


BY_ANYONE = Arrival("network")
"""Hosts of the VPC, told apart by the packet filter at run time."""


class Trail(NamedTuple):
    """What lies behind a connection on its way."""

    balancers: tuple[tuple[str, int], ...] = ()
    endpoint_id: str = ""
    sends_proxy_protocol: bool = False
    tls_layers: int = 0
    tls_listener: str = ""
    """The TLS listener at which the client's TLS ends, "" for none."""


def behind_listener(trail: Trail, listener: Listener) -> Trail:
    """The trail of what a listener passes on."""
    trail = trail._replace(balancers=(*trail.balancers, (listener.load_balancer_arn, listener.port)))
    if listener.protocol != "TLS":
        return trail
    if trail.tls_layers > 0:
        return trail._replace(tls_layers=trail.tls_layers - 1)
    return trail._replace(tls_listener=trail.tls_listener or listener.id)


def behind_group(trail: Trail, group: TargetGroup) -> Trail:
    """The trail of what goes to a target group."""
    if group.attributes.get("proxy_protocol_v2.enabled") == "true":
        trail = trail._replace(sends_proxy_protocol=True)
    if group.protocol in ("TLS", "HTTPS"):
        trail = trail._replace(tls_layers=trail.tls_layers + 1)
    return trail
