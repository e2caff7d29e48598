"""Whether a target is healthy, from what the executors saw.

Executors ask final targets only. A target that stands for others, say an address of a PrivateLink endpoint, is as healthy as
what lies behind it, so every target's health is read from the final targets of its resolved path. A path that a hop refuses
fails its checks as it would on the wire. What was seen of a target before it was registered (anew) says nothing of it.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from innergate.compile.resolve.path import Path
from innergate.compile.resolve.paths import final_targets
from innergate.primitives.json_value import JsonValue
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
    """What the newest observation of an address says; `initial` where there is none yet since its registration."""
    seen = context.observations.observed(f"{SUBJECT}/{target_group_arn}", f"{address}:{port}")
    if seen is None or not isinstance(seen.value, dict) or _is_stale(context, target_group_arn, address, port, seen.at):
        return CHECKING
    return _from_value(seen.value)


def _is_stale(context: Context, target_group_arn: str, address: str, port: int, seen_at: datetime) -> bool:
    """Whether the target was registered after it was seen, and not yet as long ago as its checks need to pass: executors that
    never noticed that it was away tell of changes only, and then what they saw still holds."""
    group = context.tx.get(TargetGroup, target_group_arn)
    spot = (address, port)
    target = next((t for t in group.targets if (t.target_id, t.port) == spot), None) if group is not None else None
    if group is None or target is None or seen_at >= target.registered_at:
        return False
    passing = timedelta(seconds=group.health_check.interval_s * group.health_check.healthy_threshold)
    return context.clock.now() < target.registered_at + passing


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


def health_of_target(context: Context, group: TargetGroup, target: Target) -> Health:
    """The health of a target that traffic may go to."""
    return health_of_path(context, final_targets(context.tx, group, target))
