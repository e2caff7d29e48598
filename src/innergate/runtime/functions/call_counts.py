"""How often functions were called, and what became of it: counted by the minute, and written down once a second for control to
read as Lambda's metrics."""

import math
import time
from collections.abc import Callable
from typing import NamedTuple, final

import msgspec

from innergate.plans.functions import FunctionPlan

PERIOD_S = 60


class _Place(NamedTuple):
    account: str
    region: str
    function: str
    qualifier: str
    minute_s: int


class CallCount(msgspec.Struct, kw_only=True):
    """Calls of a function by one of its names in a minute. `durations` says how often each was seen, in milliseconds rounded
    up; `concurrent` is how many of the function's calls there were at once, at most."""

    account: str
    region: str
    function: str
    qualifier: str
    minute_s: int
    calls: int = 0
    errors: int = 0
    throttles: int = 0
    concurrent: int = 0
    durations: dict[int, int] = {}


@final
class CallCounts:
    """Counts until they are taken. `now` gives Unix time."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._counts: dict[_Place, CallCount] = {}

    def done(self, plan: FunctionPlan, invoked_arn: str, took_ms: float, concurrent: int, *, failed: bool) -> None:
        """A call that a process has executed; `concurrent` is how many there are now, with it."""
        count = self._count(plan, invoked_arn)
        took = math.ceil(took_ms)
        count.calls += 1
        count.errors += failed
        count.concurrent = max(count.concurrent, concurrent)
        count.durations[took] = count.durations.get(took, 0) + 1

    def throttled(self, plan: FunctionPlan, invoked_arn: str) -> None:
        """A call that there was no process for."""
        self._count(plan, invoked_arn).throttles += 1

    def take(self) -> list[CallCount]:
        """What was counted since the last time."""
        taken, self._counts = list(self._counts.values()), {}
        return taken

    def _count(self, plan: FunctionPlan, invoked_arn: str) -> CallCount:
        qualifier = invoked_arn[len(plan.arn) + 1 :]
        minute_s = int(self._now()) // PERIOD_S * PERIOD_S
        place = _Place(plan.account, plan.region, plan.name, qualifier, minute_s)
        known = self._counts.get(place)
        if known is None:
            known = CallCount(**place._asdict(), durations={})
            self._counts[place] = known
        return known
