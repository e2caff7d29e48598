"""Points summed up by periods, and the statistics of the sums."""

import re
from collections.abc import Iterable

from innergate.services.cloudwatch.faults import invalid_value
from innergate.store.metric_points import Point, Summary

STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")
_SHORT_PERIODS_S = (1, 5, 10, 20, 30)


def check_period(period_s: int) -> None:
    """Raises Fault where it is neither a few seconds nor whole minutes."""
    if period_s not in _SHORT_PERIODS_S and (period_s < 60 or period_s % 60):
        raise invalid_value("The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.")


def is_statistic(name: str) -> bool:
    """Whether values can be asked for by this name: a statistic or a percentile (`p99`, `p99.9`)."""
    return name in STATISTICS or _PERCENTILE.fullmatch(name) is not None


def statistic(summary: Summary, name: str) -> float | None:
    """The value; None where the points do not tell it."""
    match name:
        case "SampleCount":
            return summary.seen
        case "Sum":
            return summary.total
        case "Average":
            return summary.total / summary.seen
        case "Minimum":
            return summary.low
        case "Maximum":
            return summary.high
    return summary.percentile(float(name[1:]))


def by_periods(points: Iterable[Point], start_s: int, period_s: int, unit: str) -> list[Point]:
    """The points of each period and unit together, by their time. `unit` "" takes all."""
    sums: dict[tuple[int, str], Summary] = {}
    for point in points:
        if unit and point.unit != unit:
            continue
        place = start_s + (point.at_s - start_s) // period_s * period_s, point.unit
        known = sums.get(place)
        sums[place] = point.summary if known is None else known.plus(point.summary)
    return [Point(at_s, name, summary) for (at_s, name), summary in sorted(sums.items(), key=lambda pair: pair[0])]


def align(at_s: float, period_s: int) -> int:
    """The start of the period that an instant lies in."""
    return int(at_s) // period_s * period_s
