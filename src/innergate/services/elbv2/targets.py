"""Targets: registered, deregistered with draining, and which of them are still there.

A target that drains stays in its group's row with the instant that it began; once the group's delay is over it counts as gone
everywhere, and the next write removes it from the row.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import IPv4Network
from typing import Any

import msgspec

from innergate.primitives.cidr import contains, parse_address
from innergate.primitives.fault import Fault
from innergate.resources.load_balancers import Listener, LoadBalancer
from innergate.resources.subnets import Subnet
from innergate.resources.target_groups import Target, TargetGroup
from innergate.resources.vpcs import Vpc
from innergate.services.context import Context, Params, Result
from innergate.services.elbv2 import attributes
from innergate.services.elbv2.lookup import own, target_group_of, users_of_target_group

TARGETS_MAX = 1000
"""Of one target group (Elastic Load Balancing quotas)."""
ALL_ZONES = "all"

_OUTSIDE = tuple(IPv4Network(c) for c in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"))


def present_targets(group: TargetGroup, now: datetime) -> tuple[Target, ...]:
    """The group's targets without those whose draining is over."""
    table = attributes.target_group_attributes(group.protocol, group.target_type)
    delay_s = int(attributes.value_of(table, group.attributes, "deregistration_delay.timeout_seconds") or 0)
    delay = timedelta(seconds=delay_s)
    return tuple(t for t in group.targets if t.draining_since is None or now < t.draining_since + delay)


def register(context: Context, params: Params) -> Result:
    """RegisterTargets: one that is there already stays as it is; one that drains is taken back."""
    group = target_group_of(context, params["TargetGroupArn"])
    targets = {(t.target_id, t.port): t for t in present_targets(group, context.clock.now())}
    for given in params["Targets"]:
        target = _target_from(context, group, given)
        held = targets.get((target.target_id, target.port))
        if held is None or held.draining_since is not None or held.zone != target.zone:
            targets[target.target_id, target.port] = target
    if len(targets) > TARGETS_MAX:
        raise Fault("TooManyTargets", f"The maximum number of targets per target group is {TARGETS_MAX}")
    if group.target_type in ("alb", "lambda") and len(targets) > 1:
        raise Fault(
            "TooManyTargets", f"The maximum number of targets for target groups with type '{group.target_type}' is 1"
        )
    context.tx.put(msgspec.structs.replace(group, targets=tuple(targets.values())))
    return {}


def deregister(context: Context, params: Params) -> Result:
    """DeregisterTargets: a target in use drains for the group's delay; unknown ones are passed over.

    Without a port, AWS means the target group's own.
    """
    group = target_group_of(context, params["TargetGroupArn"])
    now = context.clock.now()
    leaving = {(given["Id"], int(given.get("Port") or group.port)) for given in params["Targets"]}
    in_use = bool(users_of_target_group(context, group.id))
    kept: list[Target] = []
    for target in present_targets(group, now):
        if (target.target_id, target.port) not in leaving:
            kept.append(target)
        elif in_use:
            kept.append(msgspec.structs.replace(target, draining_since=target.draining_since or now))
    group = msgspec.structs.replace(group, targets=tuple(kept))
    context.tx.put(msgspec.structs.replace(group, targets=present_targets(group, now)))
    return {}


def _target_from(context: Context, group: TargetGroup, given: Mapping[str, Any]) -> Target:
    id, port, zone = str(given["Id"]), int(given.get("Port") or group.port), str(given.get("AvailabilityZone") or "")
    match group.target_type:
        case "ip":
            _check_address(context, group, id, zone)
        case "alb":
            _check_load_balancer(context, group, id, port)
        case "instance":
            # AWS differs: no virtual machine runs here, so no instance id can be one of this VPC's.
            raise Fault(
                "InvalidTarget", f"The following targets are not in a running state and cannot be registered: '{id}'"
            )
        case "lambda":
            if ":function:" not in id:
                raise Fault("ValidationError", f"'{id}' is not a valid Lambda function ARN")
    return Target(target_id=id, port=port, zone=zone, registered_at=context.clock.now())


def subnet_of_address(context: Context, vpc_id: str, address: str) -> Subnet | None:
    """The subnet of the VPC that the address lies in, or None."""
    return next((s for s in context.tx.find(Subnet, "vpc", vpc_id) if contains(s.cidr_block, address)), None)


def _check_address(context: Context, group: TargetGroup, address: str, zone: str) -> None:
    parsed = parse_address(address)
    if parsed is None:
        raise Fault("ValidationError", f"The IP address '{address}' is not a valid IPv4 address")
    subnet = subnet_of_address(context, group.vpc_id, address)
    if subnet is not None:
        if zone == ALL_ZONES:
            raise Fault(
                "ValidationError",
                f"The IP address '{address}' is within the VPC, and cannot have its Availability Zone overridden to 'all' "
                f"from '{subnet.zone_name}'",
            )
        if zone and zone != subnet.zone_name:
            raise Fault(
                "ValidationError",
                f"The IP address '{address}' is in Availability Zone '{subnet.zone_name}', not in '{zone}'",
            )
        return
    if not any(parsed in network for network in _OUTSIDE):
        raise Fault(
            "InvalidTarget",
            f"The IP address '{address}' is not a valid target: it must be in the VPC or in a private range",
        )
    if not zone and not _is_in_range_of(context, group.vpc_id, address):
        # AWS differs: AWS asks for the zone of an address in the VPC's range too, while no subnet of the VPC has it. Here the
        # zone is the subnet's once that is there: clients that make subnets and targets at the same time need no order.
        raise Fault(
            "ValidationError",
            f"The Availability Zone is required for IP address '{address}' because it is not in the VPC",
        )


def _is_in_range_of(context: Context, vpc_id: str, address: str) -> bool:
    vpc = context.tx.get(Vpc, vpc_id)
    return vpc is not None and any(contains(held.cidr_block, address) for held in vpc.cidr_associations)


def _check_load_balancer(context: Context, group: TargetGroup, arn: str, port: int) -> None:
    balancer = own(context, LoadBalancer, arn)
    if balancer is None or balancer.type != "application":
        raise Fault("InvalidTarget", f"'{arn}' is not an application load balancer")
    if balancer.vpc_id != group.vpc_id:
        raise Fault("InvalidTarget", f"The load balancer '{arn}' must be in the same VPC as the target group")
    listeners = context.tx.find(Listener, "load-balancer", arn)
    if not any(listener.port == port for listener in listeners):
        raise Fault("InvalidTarget", f"The load balancer '{arn}' has no listener on port '{port}'")
