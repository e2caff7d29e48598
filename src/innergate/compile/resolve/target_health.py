"""Whose health a target's health is: it is observed at the final targets, and reported for every group before them."""

from innergate.compile.resolve.path import Path
from innergate.compile.resolve.paths import BY_CLIENTS, path_of
from innergate.compile.resolve.strands import share_out
from innergate.compile.resolve.walk import Trail, Walk
from innergate.compile.view import Reader
from innergate.resources.load_balancers import Listener, LoadBalancer
from innergate.resources.target_groups import Target, TargetGroup


def final_targets(reader: Reader, target_group: TargetGroup, target: Target) -> Path:
    """Where connections to one target of a group end up: the target itself, or what stands behind an endpoint or a load
    balancer. Refused where no listener uses the group, or no node of its load balancer may send there."""
    walk = Walk(reader)
    where = f"{target_group.account}/{target_group.vpc_id}"
    listeners = reader.find(Listener, "target-group", target_group.id)
    balancer = reader.get(LoadBalancer, listeners[0].load_balancer_arn) if listeners else None
    if balancer is None:
        reason = "Target group is not configured to receive traffic from the load balancer"
        return path_of(walk, walk.refuse("target-group", target_group.id, where, reason, "none"))
    nodes = [n for n in walk.nodes(balancer, BY_CLIENTS) if walk.uses(balancer, n, target_group, target)]
    if not nodes:
        reason = "Target is in an Availability Zone that is not enabled for the load balancer"
        return path_of(walk, walk.refuse("target", target.target_id, where, reason, "none"))
    trail = Trail(balancers=((balancer.id, listeners[0].port),))
    return path_of(walk, share_out((1, walk.target(balancer, n, target_group, target, trail)) for n in nodes))
