"""The private path from each kind of entry, resolved once for everybody: emit, explain, target health.

Every function takes a reader (a compile `View`, the store's `State` or `Transaction`) and gives a `Path`: hops with verdicts,
and legs where something gets through.
"""

from collections.abc import Sequence

import msgspec

from innergate.compile.resolve.path import Hop, Path
from innergate.compile.resolve.security import Peer
from innergate.compile.resolve.strands import Strand, legs_of, share_out
from innergate.compile.resolve.trails import BY_ANYONE, Arrival, Trail
from innergate.compile.resolve.walk import Walk
from innergate.compile.view import Reader
from innergate.resources.load_balancers import Forward, Listener, ListenerRule, LoadBalancer
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.target_groups import Target, TargetGroup
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.resources.vpc_links import VpcLink

BY_VPC_LINK = Arrival("vpc-link", (Peer("0.0.0.0"),))
"""A VPC link is none of the user's addresses: only a rule for everybody admits it, or enforcement that is off."""


def resolve_load_balancer(reader: Reader, load_balancer_arn: str, port: int, via: Arrival = BY_VPC_LINK) -> Path:
    """From a load balancer's port to the final targets."""
    walk = Walk(reader)
    return path_of(walk, walk.balancer(load_balancer_arn, port, via, Trail()))


def resolve_vpc_link(reader: Reader, vpc_link_id: str, port: int) -> Path:
    """From a VPC link (version 1) to the final targets; `port` is that of the integration's URI."""
    walk = Walk(reader)
    link = reader.get(VpcLink, vpc_link_id)
    if link is None or link.failure or not link.target_arns:
        reason = link.failure if link is not None and link.failure else "the VPC link does not exist"
        return path_of(walk, walk.refuse("vpc-link", vpc_link_id, str(link.account) if link else "", reason, "500"))
    walk.note(Hop(kind="vpc-link", id=link.id, where=str(link.account), reason=link.name))
    path = path_of(walk, walk.balancer(link.target_arns[0], port, BY_VPC_LINK, Trail()))
    scope = f"vpc-link/{link.id}/{port}"
    return Path(hops=path.hops, legs=tuple(msgspec.structs.replace(leg, scope=scope) for leg in path.legs))


def resolve_listener(reader: Reader, listener_arn: str, node_id: str) -> Path:
    """What a host of the VPC reaches that connects to a listener at one node (the id of its ENI), or at any ("")."""
    walk = Walk(reader)
    listener = reader.get(Listener, listener_arn)
    balancer = reader.get(LoadBalancer, listener.load_balancer_arn) if listener is not None else None
    if listener is None or balancer is None:
        return path_of(walk, walk.refuse("listener", listener_arn, "", "the listener does not exist", "refused"))
    return path_of(walk, walk.listener(balancer, listener, BY_ANYONE._replace(node_id=node_id), Trail()))


def resolve_forward(reader: Reader, balancer: LoadBalancer, port: int, forwards: Sequence[Forward]) -> Path:
    """From an application load balancer to the targets of a forward action, whichever of its nodes a request came to."""
    walk = Walk(reader)
    nodes = walk.nodes(balancer, BY_ANYONE)
    return path_of(walk, walk.forward(balancer, nodes, forwards, Trail(balancers=((balancer.id, port),))))


def resolve_endpoint(reader: Reader, vpc_endpoint_id: str, eni_id: str, port: int) -> Path:
    """What a host of the VPC reaches that connects to a port of an interface of an endpoint to an endpoint service."""
    walk = Walk(reader)
    endpoint = reader.get(VpcEndpoint, vpc_endpoint_id)
    interface = reader.get(NetworkInterface, eni_id)
    if endpoint is None or interface is None or not endpoint.service_id:
        return path_of(
            walk, walk.refuse("endpoint", vpc_endpoint_id, "", "no endpoint to an endpoint service", "refused")
        )
    return path_of(walk, walk.endpoint(endpoint, interface, port, None, Trail()))


def endpoint_ports(reader: Reader, vpc_endpoint_id: str, eni_id: str) -> tuple[int, ...]:
    """The ports on which an interface of an endpoint to an endpoint service answers: those of its load balancer's listeners."""
    walk = Walk(reader)
    endpoint = reader.get(VpcEndpoint, vpc_endpoint_id)
    interface = reader.get(NetworkInterface, eni_id)
    if endpoint is None or interface is None or endpoint.state != "available":
        return ()
    arn = walk.provider_of(endpoint, interface)
    return tuple(sorted(x.port for x in reader.find(Listener, "load-balancer", arn))) if arn else ()


def final_targets(reader: Reader, target_group: TargetGroup, target: Target) -> Path:
    """Where connections to one target of a group end up: the target itself, or what stands behind an endpoint or a load
    balancer. Refused where no listener uses the group, or no node of its load balancer may send there."""
    walk = Walk(reader)
    where = f"{target_group.account}/{target_group.vpc_id}"
    listeners = _listeners_that_forward(reader, target_group)
    balancer = reader.get(LoadBalancer, listeners[0].load_balancer_arn) if listeners else None
    if balancer is None:
        reason = "Target group is not configured to receive traffic from the load balancer"
        return path_of(walk, walk.refuse("target-group", target_group.id, where, reason, "none"))
    nodes = [n for n in walk.nodes(balancer, BY_ANYONE) if walk.uses(balancer, n, target_group, target)]
    if not nodes:
        reason = "Target is in an Availability Zone that is not enabled for the load balancer"
        return path_of(walk, walk.refuse("target", target.target_id, where, reason, "none"))
    trail = Trail(balancers=((balancer.id, listeners[0].port),))
    return path_of(walk, share_out((1, walk.target(balancer, n, target_group, target, trail)) for n in nodes))


def _listeners_that_forward(reader: Reader, target_group: TargetGroup) -> tuple[Listener, ...]:
    """By their default actions, or else by a rule."""
    by_default = reader.find(Listener, "target-group", target_group.id)
    if by_default:
        return by_default
    rules = reader.find(ListenerRule, "target-group", target_group.id)
    found = (reader.get(Listener, rule.listener_arn) for rule in rules)
    return tuple(listener for listener in found if listener is not None)


def path_of(walk: Walk, strands: tuple[Strand, ...]) -> Path:
    """What a walk has found: refusals count as warnings where something else gets through."""
    legs = legs_of(strands) if not walk.has_given_up else ()
    if not legs:
        return Path(hops=walk.hops, legs=())
    hops = (msgspec.structs.replace(h, verdict="warning") if h.verdict == "refused" else h for h in walk.hops)
    return Path(hops=tuple(hops), legs=legs)
