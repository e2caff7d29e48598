"""GetMetricStatistics."""

from datetime import UTC, datetime
from typing import Any

from innergate.services.cloudwatch.faults import invalid_combination, invalid_value, missing
from innergate.services.cloudwatch.periods import align, by_periods, check_period, is_statistic, statistic
from innergate.services.cloudwatch.put_metrics import dimensions_of
from innergate.services.context import Context, Params, Result
from innergate.store.metric_points import MetricKey, Point

MAX_POINTS = 1440


def get(context: Context, params: Params) -> Result:
    """GetMetricStatistics. Raises Fault."""
    plain, extended = params.get("Statistics") or [], params.get("ExtendedStatistics") or []
    if not plain and not extended:
        raise missing("Must specify either Statistics or ExtendedStatistics")
    for name in extended:
        if not is_statistic(name):
            raise invalid_value(f"The value {name} for parameter ExtendedStatistics is not supported.")
    start, end, period_s = params["StartTime"], params["EndTime"], int(params["Period"])
    check_period(period_s)
    if start >= end:
        raise invalid_value("The parameter StartTime must be less than the parameter EndTime.")
    if (end - start).total_seconds() / period_s > MAX_POINTS:
        raise invalid_combination(
            f"You have requested up to {int((end - start).total_seconds() / period_s):,} datapoints, which exceeds the limit "
            f"of {MAX_POINTS:,}. You may reduce the datapoints requested by increasing Period, or decreasing the time range."
        )
    dimensions = dimensions_of(params.get("Dimensions"))
    key = MetricKey(context.account, context.region, params["Namespace"], params["MetricName"], dimensions)
    start_s = align(start.timestamp(), period_s)
    points = context.metrics.read(key, start_s, int(end.timestamp()))
    found = by_periods(points, start_s, period_s, params.get("Unit", ""))
    return {"Label": params["MetricName"], "Datapoints": [_shown(point, plain, extended) for point in found]}


def _shown(point: Point, plain: list[str], extended: list[str]) -> dict[str, Any]:
    shown: dict[str, Any] = {"Timestamp": datetime.fromtimestamp(point.at_s, UTC), "Unit": point.unit}
    shown |= {name: statistic(point.summary, name) for name in plain}
    known = {name: statistic(point.summary, name) for name in extended}
    if extended:
        shown["ExtendedStatistics"] = {name: value for name, value in known.items() if value is not None}
    return shown
