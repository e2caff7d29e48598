"""What a chaos run may conclude from what it saw: pure bookkeeping of requests, faults and acknowledged writes."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from innergate.testing.chaos_schedule import PROMISES


class Sample(NamedTuple):
    """One request of a lane: instants on the machine's monotonic clock, "ok", "failed", "wrong" or "open", what was said."""

    lane: str
    began: float
    ended: float
    verdict: str
    said: str = ""


class Fault(NamedTuple):
    """A fault that was made: when it began and ended (a process that was stopped goes on), and when all served again."""

    kind: str
    began: float
    ended: float
    recovered: float

    @property
    def recovery_s(self) -> float:
        """From its end until everything served again and took changes."""
        return self.recovered - self.ended


class Tally(NamedTuple):
    """What all faults of a kind cost: faults, requests near them, failed ones, the longest recovery in seconds."""

    faults: int
    requests: int
    failed: int
    recovery_s: float


def is_excused(sample: Sample, fault: Fault, patience: float) -> bool:
    """Whether the fault is why this request may have failed."""
    allowed_s = PROMISES[fault.kind].failing_s.get(sample.lane, 0.0) * patience
    return allowed_s > 0 and sample.ended >= fault.began and sample.began <= fault.ended + allowed_s


def find_violations(samples: Iterable[Sample], faults: Sequence[Fault], patience: float = 1.0) -> list[str]:
    """Each broken promise in a sentence."""
    found = []
    for sample in samples:
        near = [f"{sample.began - f.began:+.2f} s from {f.kind}" for f in faults if sample.ended >= f.began][-1:]
        where = f"{sample.lane}, {near[0] if near else 'before any fault'}: {sample.said}"
        if sample.verdict in ("wrong", "open"):
            found.append(f"{sample.verdict}: {where}")
        elif sample.verdict == "failed" and not any(is_excused(sample, f, patience) for f in faults):
            found.append(f"failed without a reason: {where}")
    for fault in faults:
        limit_s = PROMISES[fault.kind].recovery_s * patience
        if fault.recovery_s > limit_s:
            found.append(f"{fault.kind}: recovered after {fault.recovery_s:.1f} s, promised are {limit_s:.1f} s")
    return found


def tally_faults(samples: Sequence[Sample], faults: Sequence[Fault], patience: float = 1.0) -> dict[str, Tally]:
    """What each kind cost. A request counts for the newest fault that had begun when it ended; a failed one for the newest
    that excuses it, if any does."""
    found = {fault.kind: Tally(0, 0, 0, 0.0) for fault in faults}
    for fault in faults:
        old = found[fault.kind]
        found[fault.kind] = old._replace(faults=old.faults + 1, recovery_s=max(old.recovery_s, fault.recovery_s))
    for sample in samples:
        begun = [fault for fault in faults if fault.began <= sample.ended]
        if not begun:
            continue
        excusing = [f for f in begun if sample.verdict != "ok" and is_excused(sample, f, patience)]
        kind = (excusing or begun)[-1].kind
        old = found[kind]
        found[kind] = old._replace(requests=old.requests + 1, failed=old.failed + (sample.verdict != "ok"))
    return found
