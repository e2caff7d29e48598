"""Whether a target is healthy, from what the executors saw.

A target that is an address of a PrivateLink endpoint, or an application load balancer, is never asked itself: it is as healthy
as what lies behind it, so its health is read from the final targets of its resolved path.
"""

from typing import NamedTuple

from innergate.compile.resolve.path import Path
from innergate.primitives.json_value import JsonValue
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.target_groups import Target, TargetGroup
from innergate.services.context import Context

SUBJECT = "target"


class Health(NamedTuple):
    """AWS's TargetHealth: `reason` and `description` are "" where it is healthy."""

    state: str
    reason: str = ""
    description: str = ""


HEALTHY = Health("healthy")
CHECKING = Health("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
FAILED = Health("unhealthy", "Target.FailedHealthChecks", "Health checks failed")
TIMED_OUT = Health("unhealthy", "Target.Timeout", "Request timed out")


def observed_health(context: Context, target_group_arn: str, address: str, port: int) -> Health:
    """What the newest observation of an address says; `initial` where there is none yet."""
    seen = context.observations.observed(f"{SUBJECT}/{target_group_arn}", f"{address}:{port}")
    if seen is None or not isinstance(seen.value, dict):
        return CHECKING
    return _from_value(seen.value)


def _from_value(value: dict[str, JsonValue]) -> Health:
    if value.get("healthy") is True:
        return HEALTHY
    status, failure = value.get("status"), str(value.get("failure") or "").lower()
    if isinstance(status, int) and status > 0:
        return Health("unhealthy", "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{status}]")
    if "timeout" in failure or "timed out" in failure or "time-out" in failure:
        return TIMED_OUT
    return FAILED


def health_of_path(context: Context, path: Path) -> Health:
    """The health of what a path leads to: healthy as soon as one final target is."""
    refusal = path.refusal
    if refusal is not None:
        return FAILED if refusal.outward in ("refused", "reset") else TIMED_OUT
    seen = [
        observed_health(context, leg.target_group_arn, final.address, final.port)
        for leg in path.legs
        for final in leg.targets
    ]
    if not seen:
        return FAILED
    if HEALTHY in seen:
        return HEALTHY
    return CHECKING if CHECKING in seen else seen[0]


def leads_further(context: Context, group: TargetGroup, target: Target) -> bool:
    """Whether the target only stands for others: an endpoint's address in the VPC, or an application load balancer."""
    if group.target_type == "alb":
        return True
    interfaces = context.tx.find(NetworkInterface, "address", f"{group.vpc_id}/{target.target_id}")
    return any(i.holder_kind in ("vpc-endpoint", "load-balancer") for i in interfaces)


def health_of_target(context: Context, group: TargetGroup, target: Target) -> Health:
    """The health of a target that traffic may go to."""
    if leads_further(context, group, target):
        return CHECKING
    return observed_health(context, group.id, target.target_id, target.port)
