"""Metric points: what was measured, by account, region, namespace, name and dimensions, summed up by the second or minute.

Apart from the resources, as log events are: no revision, kept for a while.
"""

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol, TypeAlias, final

PERIOD_S = 60
"""How long a point of standard resolution is."""
_GROWTH = math.log(1.02)
_NO_BUCKETS: Mapping[int, float] = MappingProxyType({})

Dimensions: TypeAlias = tuple[tuple[str, str], ...]
"""Names with values, sorted."""


class MetricKey(NamedTuple):
    """One metric."""

    account: str
    region: str
    namespace: str
    name: str
    dimensions: Dimensions = ()


class Summary(NamedTuple):
    """`seen` values. `buckets` counts them by size, for percentiles within 1 %; empty where only the sums were told."""

    seen: float
    total: float
    low: float
    high: float
    buckets: Mapping[int, float] = _NO_BUCKETS

    def plus(self, other: "Summary") -> "Summary":
        """Both together; buckets only where both have them."""
        buckets: dict[int, float] = {}
        if self.buckets and other.buckets:
            buckets = dict(self.buckets)
            for place, count in other.buckets.items():
                buckets[place] = buckets.get(place, 0.0) + count
        return Summary(
            self.seen + other.seen,
            self.total + other.total,
            min(self.low, other.low),
            max(self.high, other.high),
            buckets,
        )

    def percentile(self, share: float) -> float | None:
        """The value that `share` (0 to 100) of the values do not exceed; None where that is not known."""
        if share >= 100 or self.low == self.high:
            return self.high
        wanted, passed = self.seen * share / 100, 0.0
        for place in sorted(self.buckets):
            passed += self.buckets[place]
            if passed >= wanted:
                return min(max(_value_of(place), self.low), self.high)
        return None


def summarise(values: Mapping[float, float]) -> Summary:
    """Values with how often each was seen."""
    buckets: dict[int, float] = {}
    for value, count in values.items():
        place = _place_of(value)
        buckets[place] = buckets.get(place, 0.0) + count
    total = sum(value * count for value, count in values.items())
    return Summary(sum(values.values()), total, min(values), max(values), buckets)


def _place_of(value: float) -> int:
    """Small sizes are 0; each further bucket is 2 % larger, negative values are mirrored."""
    if abs(value) < 1e-9:
        return 0
    place = round(math.log(abs(value) / 1e-9) / _GROWTH) + 1
    return place if value > 0 else -place


def _value_of(place: int) -> float:
    if place == 0:
        return 0.0
    size = math.exp((abs(place) - 1) * _GROWTH) * 1e-9
    return size if place > 0 else -size


class Point(NamedTuple):
    """What was seen of a metric from an instant on (Unix time), for a second or a minute. `unit` is CloudWatch's name."""

    at_s: int
    unit: str
    summary: Summary


class Metrics(Protocol):
    """Keeps and finds points."""

    def put(self, points: Iterable[tuple[MetricKey, Point]]) -> None:
        """Adds points to those that are there."""
        ...

    def read(self, key: MetricKey, start_s: int, end_s: int) -> list[Point]:
        """The points from `start_s` on, before `end_s`, in order."""
        ...

    def sums(self, key: MetricKey, start_s: int, end_s: int, period_s: int) -> list[Point]:
        """The same points, those of each period of Unix time and unit in one, without what percentiles need."""
        ...

    def keys(self, account: str, region: str, since_s: int) -> list[MetricKey]:
        """The metrics with a point since an instant, in order."""
        ...


@final
class NoMetrics:
    """For whoever runs operations that measure nothing."""

    def put(self, points: Iterable[tuple[MetricKey, Point]]) -> None:
        raise RuntimeError("there is no place for metrics")

    def read(self, key: MetricKey, start_s: int, end_s: int) -> list[Point]:
        return []

    def sums(self, key: MetricKey, start_s: int, end_s: int, period_s: int) -> list[Point]:
        return []

    def keys(self, account: str, region: str, since_s: int) -> list[MetricKey]:
        return []


NO_METRICS = NoMetrics()
