"""From a VPC link of version 2 to a load balancer: out of the link's interfaces, in the subnets that the user chose.

A network load balancer is looked through, as everywhere. An application one reads requests: connections to its nodes are real.
"""

from collections.abc import Sequence

from innergate.compile.resolve.path import Hop, Leg, Path, TargetAddress
from innergate.compile.resolve.paths import path_of, resolve_vpc_link
from innergate.compile.resolve.security import Peer, lets_out
from innergate.compile.resolve.trails import BY_ANYONE, Arrival, Trail
from innergate.compile.resolve.walk import Walk
from innergate.compile.view import Reader
from innergate.resources.load_balancers import LoadBalancer
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.vpc_links import VpcLinkV2


def resolve_link(reader: Reader, link_id: str, balancer_arn: str, port: int) -> Path:
    """From a VPC link of either version; `balancer_arn` is "" for one of version 1."""
    if balancer_arn:
        return resolve_link_v2(reader, link_id, balancer_arn, port)
    return resolve_vpc_link(reader, link_id, port)


def resolve_link_v2(reader: Reader, link_id: str, balancer_arn: str, port: int) -> Path:
    """The path of an integration; `port` is that of its URI. All must be of one account (developer guide, "Private
    integrations for REST APIs")."""
    walk = Walk(reader)
    link, balancer = reader.get(VpcLinkV2, link_id), reader.get(LoadBalancer, balancer_arn)
    if link is None:
        walk.refuse("vpc-link", link_id, "", "the VPC link does not exist", "500")
        return Path(hops=walk.hops, legs=())
    where = f"{link.account}/{link.vpc_id}"
    walk.note(Hop(kind="vpc-link", id=link.id, where=where, reason=link.name))
    if balancer is None or (balancer.account, balancer.region) != (link.account, link.region):
        walk.refuse("load-balancer", balancer_arn, where, "the integration's target is no load balancer here", "500")
        return Path(hops=walk.hops, legs=())
    interfaces = sorted(reader.find(NetworkInterface, "holder", f"{link.kind}/{link.id}"), key=lambda eni: eni.id)
    if not interfaces or not _arrives(reader, walk, link, interfaces[0], balancer, port):
        return Path(hops=walk.hops, legs=())
    arrival = Arrival("network", tuple(Peer(e.private_ip_address, frozenset(e.group_ids)) for e in interfaces))
    return _legs(walk, link, interfaces, balancer, port, arrival)


def _arrives(
    reader: Reader, walk: Walk, link: VpcLinkV2, interface: NetworkInterface, balancer: LoadBalancer, port: int
) -> bool:
    """Whether connections from the link may leave, and reach a node of the load balancer."""
    where = f"{link.account}/{link.vpc_id}"
    for node in walk.nodes(balancer, BY_ANYONE):
        address = node.private_ip_address
        if not lets_out(reader, link.group_ids, port, Peer(address, frozenset(node.group_ids))):
            groups = ", ".join(link.group_ids)
            reason = f"no outbound rule of {groups} lets the VPC link reach TCP {port} of {address}"
            fix = (
                f"aws ec2 authorize-security-group-egress --group-id {link.group_ids[0]} --protocol tcp --port {port}"
                f" --cidr {address}/32"
            )
            walk.refuse("security-group", link.group_ids[0], where, reason, "time-out", fix)
            return False
        network = walk.reach(link.vpc_id, interface, address)
        if not network:
            return False
        if network != balancer.vpc_id:
            walk.refuse("load-balancer", balancer.id, where, f"{address} is another's in {network}")
            return False
    return True


def _legs(
    walk: Walk,
    link: VpcLinkV2,
    interfaces: Sequence[NetworkInterface],
    balancer: LoadBalancer,
    port: int,
    arrival: Arrival,
) -> Path:
    if balancer.type == "network":
        return path_of(walk, walk.balancer(balancer.id, port, arrival, Trail()))
    if not walk.enter(balancer, port, arrival):
        return Path(hops=walk.hops, legs=())
    nodes = sorted(node.private_ip_address for node in walk.nodes(balancer, BY_ANYONE))
    leg = Leg(
        target_group_arn=balancer.id,
        network=link.vpc_id,
        sources=tuple(eni.private_ip_address for eni in interfaces),
        targets=tuple(TargetAddress(address=address, port=port) for address in nodes),
        health_check=None,
        scope=f"vpc-link-v2/{link.id}/{port}",
    )
    return Path(hops=walk.hops, legs=(leg,))
