"""What checks of the targets on a way have found, and what that means for a call."""

from typing import NamedTuple

from innergate.compile.resolve.path import Leg, Outward, Path, TargetAddress
from innergate.observe.explain_trace import Trace
from innergate.primitives.arn import parse_arn

_FAILURES = {
    "NETWORK": "refuses connections",
    "NETWORK_TIMEOUT": "does not answer",
}
"""By what Envoy calls it, what a target does that fails without an answer."""


class _Down(NamedTuple):
    leg: Leg
    target: TargetAddress
    status: int
    failure: str

    def said(self) -> str:
        name = f"{self.target.address}:{self.target.port}"
        if not self.status:
            return f"{name} {_FAILURES.get(self.failure, 'fails')}"
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
    arn = parse_arn(leg.target_group_arn)
    where = f"{arn.account}/{leg.network}" if arn is not None else leg.network
    is_group = arn is not None and arn.resource.startswith("targetgroup/")
    fix = f"aws elbv2 describe-target-health --target-group-arn {leg.target_group_arn}" if is_group else ""
    if any(one.status for one in down):
        if is_group:
            fix = f"aws elbv2 modify-target-group --target-group-arn {leg.target_group_arn} --health-check-path PATH"
        check = leg.health_check
        if check is not None and check.statuses:
            reason += f"; wanted is {', '.join(_range(*bounds) for bounds in check.statuses)}"
    if len(down) < total:
        trace.warn("target-health", leg.target_group_arn, where, reason, fix)
    elif any(one.status for one in down):
        reason += "; where none is healthy all are called, as in AWS"
        trace.warn("target-health", leg.target_group_arn, where, reason, fix)
    else:
        if (check := leg.health_check) is not None:
            reason += f" (healthy again after {check.healthy_threshold} good checks, one each {check.interval_s} s)"
        url = f"{'https' if leg.uses_tls else 'http'}://{target.address}:{target.port}/"
        fix = f"see whether anything listens: innergate exec --vpc {leg.network} -- curl -sSk -m 3 {url}"
        raise trace.refuse("target-health", leg.target_group_arn, where, reason, outward, fix)


def _down(trace: Trace, path: Path) -> list[_Down]:
    found: list[_Down] = []
    for leg in path.legs if trace.health is not None else ():
        for target in leg.targets:
            assert trace.health is not None
            seen = trace.health.observed(f"target/{leg.target_group_arn}", f"{target.address}:{target.port}")
            value = seen.value if seen is not None else None
            if isinstance(value, dict) and value.get("healthy") is False:
                status, failure = value.get("status"), value.get("failure")
                found.append(_Down(leg, target, status if isinstance(status, int) else 0, str(failure or "")))
    return found


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}-{high}"
