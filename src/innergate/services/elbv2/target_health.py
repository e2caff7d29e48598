"""DescribeTargetHealth: each target's state, reason and description in AWS's words."""

from collections.abc import Mapping
from typing import Any

from innergate.resources.load_balancers import LoadBalancer
from innergate.resources.subnets import Subnet
from innergate.resources.target_groups import Target, TargetGroup
from innergate.services.context import Context, Params, Result
from innergate.services.elbv2.health import Health, health_of_target
from innergate.services.elbv2.health_checks import TRAFFIC_PORT
from innergate.services.elbv2.lookup import target_group_of
from innergate.services.elbv2.target_groups import load_balancers_of
from innergate.services.elbv2.targets import ALL_ZONES, present_targets, subnet_of_address

DRAINING = Health("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
NOT_REGISTERED = Health("unused", "Target.NotRegistered", "Target is not registered to the target group")
NOT_IN_USE = Health(
    "unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"
)
ZONE_OFF = Health(
    "unused", "Target.NotInUse", "Target is in an Availability Zone that is not enabled for the load balancer"
)
NOT_CHECKED = Health("unavailable", "Target.HealthCheckDisabled", "Health checks are not enabled for this target")


def describe(context: Context, params: Params) -> Result:
    """DescribeTargetHealth: of the targets asked for, registered or not, or of all."""
    group = target_group_of(context, params["TargetGroupArn"])
    present = present_targets(group, context.clock.now())
    balancers = load_balancers_of(context, group)
    wanted = params.get("Targets")
    if not wanted:
        shown = [_described(context, group, target, balancers) for target in present]
    else:
        known = {(t.target_id, t.port): t for t in present}
        shown = [_asked_for(context, group, one, known, balancers) for one in wanted]
    return {"TargetHealthDescriptions": shown}


def _asked_for(
    context: Context,
    group: TargetGroup,
    wanted: Mapping[str, Any],
    known: Mapping[tuple[str, int], Target],
    balancers: tuple[LoadBalancer, ...],
) -> dict[str, Any]:
    id, port = str(wanted["Id"]), int(wanted.get("Port") or group.port)
    target = known.get((id, port))
    if target is not None:
        return _described(context, group, target, balancers)
    return _entry(group, id, port, str(wanted.get("AvailabilityZone") or ""), NOT_REGISTERED)


def _described(
    context: Context, group: TargetGroup, target: Target, balancers: tuple[LoadBalancer, ...]
) -> dict[str, Any]:
    subnet = subnet_of_address(context, group.vpc_id, target.target_id) if group.target_type == "ip" else None
    zone = target.zone or (subnet.zone_name if subnet is not None else "")
    return _entry(group, target.target_id, target.port, zone, _health(context, group, target, zone, balancers))


def _health(
    context: Context, group: TargetGroup, target: Target, zone: str, balancers: tuple[LoadBalancer, ...]
) -> Health:
    if target.draining_since is not None:
        return DRAINING
    if not balancers:
        return NOT_IN_USE
    if not group.health_check.enabled:
        return NOT_CHECKED
    if zone and zone != ALL_ZONES and zone not in _enabled_zones(context, balancers):
        return ZONE_OFF
    return health_of_target(context, group, target)


def _enabled_zones(context: Context, balancers: tuple[LoadBalancer, ...]) -> frozenset[str]:
    subnets = (context.tx.get(Subnet, id) for balancer in balancers for id in balancer.subnet_ids)
    return frozenset(subnet.zone_name for subnet in subnets if subnet is not None)


def _entry(group: TargetGroup, id: str, port: int, zone: str, health: Health) -> dict[str, Any]:
    shown: dict[str, Any] = {"Id": id}
    check = group.health_check
    if group.target_type != "lambda":
        shown["Port"] = port
    if zone:
        shown["AvailabilityZone"] = zone
    entry: dict[str, Any] = {
        "Target": shown,
        "TargetHealth": {
            "State": health.state,
            "Reason": health.reason or None,
            "Description": health.description or None,
        },
    }
    if group.target_type != "lambda":
        entry["HealthCheckPort"] = str(port) if check.port == TRAFFIC_PORT else check.port
    return entry
