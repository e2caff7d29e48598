"""What checks of the targets on a way have found, and what that means for a call."""

from typing import NamedTuple

from innergate.compile.resolve.path import Leg, Outward, Path, TargetAddress
from innergate.observe.explain_trace import Trace
from innergate.primitives.arn import parse_arn

_FAILURES = {
    "NETWORK": "refused the connection",
    "NETWORK_TIMEOUT": "did not answer",
}
"""By what Envoy calls it, what a target did that failed without an answer."""

_LATE_S = 5.0
"""How much later than planned a report of a check may come."""


class _Down(NamedTuple):
    leg: Leg
    target: TargetAddress
    status: int
    failure: str
    age_s: float

    @property
    def is_better(self) -> bool:
        """Whether checks have succeeded since: every one that fails is reported."""
        check = self.leg.health_check
        return check is not None and self.age_s > check.interval_s + check.timeout_s + _LATE_S

    def said(self) -> str:
        name = f"{self.target.address}:{self.target.port}"
        if self.is_better:
            return f"{name} answers again"
        if not self.status:
            return f"{name} {_FAILURES.get(self.failure, 'failed')} {self.age_s:.0f} s ago"
        check = self.leg.health_check
        asked = f" to GET {check.path}" if check is not None and check.path else ""
        return f"{name} answers {self.status}{asked}"


def look_at_health(trace: Trace, path: Path, outward: Outward = "500") -> None:
    """What checks of the targets have found; `outward` is what a caller notices where nothing answers. Raises Stop."""
    down = _down(trace, path)
    if not down:
        return
    total = sum(len(leg.targets) for leg in path.legs)
    leg, target, *_ = down[0]
    reason = f"{len(down)} of {total} targets fail their health checks: {', '.join(one.said() for one in down)}"
    back = _way_back(leg)
    arn = parse_arn(leg.target_group_arn)
    where = f"{arn.account}/{leg.network}" if arn is not None else leg.network
    is_group = arn is not None and arn.resource.startswith("targetgroup/")
    fix = f"aws elbv2 describe-target-health --target-group-arn {leg.target_group_arn}" if is_group else ""
    if any(one.status and not one.is_better for one in down):
        if is_group:
            fix = f"aws elbv2 modify-target-group --target-group-arn {leg.target_group_arn} --health-check-path PATH"
        check = leg.health_check
        if check is not None and check.statuses:
            reason += f"; wanted is {', '.join(_range(*bounds) for bounds in check.statuses)}"
    if len(down) < total:
        trace.warn("target-health", leg.target_group_arn, where, reason, fix)
    elif any(one.status or one.is_better for one in down):
        if any(one.is_better for one in down):
            reason, fix = f"{reason}{back}", ""
        reason += "; where none is healthy all are called, as in AWS"
        trace.warn("target-health", leg.target_group_arn, where, reason, fix)
    else:
        reason += back
        url = f"{'https' if leg.uses_tls else 'http'}://{target.address}:{target.port}/"
        fix = f"see whether anything listens: innergate exec --vpc {leg.network} -- curl -sSk -m 3 {url}"
        raise trace.refuse("target-health", leg.target_group_arn, where, reason, outward, fix)


def _way_back(leg: Leg) -> str:
    check = leg.health_check
    if check is None:
        return ""
    return f" (healthy again after {check.healthy_threshold} good checks, one each {check.interval_s} s)"


def _down(trace: Trace, path: Path) -> list[_Down]:
    found: list[_Down] = []
    for leg in path.legs if trace.health is not None else ():
        for target in leg.targets:
            assert trace.health is not None
            seen = trace.health.observed(f"target/{leg.target_group_arn}", f"{target.address}:{target.port}")
            value = seen.value if seen is not None else None
            if seen is not None and isinstance(value, dict) and value.get("healthy") is False:
                status, failure = value.get("status"), str(value.get("failure") or "")
                age_s = (trace.health.now() - seen.at).total_seconds()
                found.append(_Down(leg, target, status if isinstance(status, int) else 0, failure, age_s))
    return found


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}-{high}"
