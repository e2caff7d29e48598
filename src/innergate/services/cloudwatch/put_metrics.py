"""PutMetricData."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from innergate.services.cloudwatch.faults import invalid_combination, invalid_value, missing
from innergate.services.context import Context, Params, Result
from innergate.store.metric_points import PERIOD_S, Dimensions, MetricKey, Point, Summary, summarise

MAX_DATA = 1000
MAX_VALUES = 150
MAX_SIZE = 2.0**360
"""API reference, MetricDatum."""
_PAST_S, _FUTURE_S = 14 * 24 * 3600, 2 * 3600


def put(context: Context, params: Params) -> Result:
    """PutMetricData. Raises Fault."""
    namespace = params["Namespace"]
    if namespace.startswith("AWS/"):
        raise invalid_value("The value AWS/ for parameter Namespace is invalid.")
    data = params.get("MetricData") or []
    if not data:
        raise missing("The parameter MetricData is required.")
    if len(data) > MAX_DATA:
        raise invalid_value(f"The collection MetricData must not have a size greater than {MAX_DATA}.")
    points = [_point(context, namespace, datum, f"MetricData.member.{n}") for n, datum in enumerate(data, 1)]
    context.metrics.put(points)
    return {}


def dimensions_of(given: Sequence[Mapping[str, str]] | None) -> Dimensions:
    """In the order that names a metric."""
    return tuple(sorted((entry["Name"], entry["Value"]) for entry in given or ()))


def _point(context: Context, namespace: str, datum: Mapping[str, Any], where: str) -> tuple[MetricKey, Point]:
    now_s = int(context.clock.now().timestamp())
    at_s = int(datum["Timestamp"].timestamp()) if "Timestamp" in datum else now_s
    if not now_s - _PAST_S <= at_s <= now_s + _FUTURE_S:
        raise invalid_value(
            f"The parameter {where}.Timestamp must specify a time within the past two weeks and the next two hours."
        )
    resolution = datum.get("StorageResolution", PERIOD_S)
    if resolution not in (1, PERIOD_S):
        raise invalid_value(f"The parameter {where}.StorageResolution must be 1 or 60.")
    dimensions = dimensions_of(datum.get("Dimensions"))
    key = MetricKey(context.account, context.region, namespace, datum["MetricName"], dimensions)
    return key, Point(at_s - at_s % resolution, datum.get("Unit") or "None", _summary(datum, where))


def _summary(datum: Mapping[str, Any], where: str) -> Summary:
    given = [name for name in ("Value", "Values", "StatisticValues") if datum.get(name) is not None]
    if not given:
        raise missing(
            f"At least one of the parameters {where}.Value, {where}.Values and "
            f"{where}.StatisticValues must be specified."
        )
    if len(given) > 1:
        raise invalid_combination(
            f"The parameters {where}.{given[0]} and {where}.{given[1]} are mutually exclusive and you have specified both."
        )
    if given == ["Value"]:
        return summarise({_number(datum["Value"], f"{where}.Value"): 1.0})
    if given == ["StatisticValues"]:
        return _told(datum["StatisticValues"], f"{where}.StatisticValues")
    values, counts = datum["Values"], datum.get("Counts") or [1.0] * len(datum["Values"])
    if len(values) > MAX_VALUES:
        raise invalid_value(f"The collection {where}.Values must not have a size greater than {MAX_VALUES}.")
    if len(values) != len(counts) or not values:
        raise invalid_value(f"The parameters {where}.Values and {where}.Counts must be of the same size.")
    seen: dict[float, float] = {}
    for value, count in zip(values, counts, strict=True):
        number = _number(value, f"{where}.Values")
        seen[number] = seen.get(number, 0.0) + _number(count, f"{where}.Counts")
    return summarise(seen)


def _told(sums: Mapping[str, float], where: str) -> Summary:
    count, total, low, high = (_number(sums[n], where) for n in ("SampleCount", "Sum", "Minimum", "Maximum"))
    if low > high or count <= 0:
        raise invalid_value(f"The parameter {where} must have a Minimum that is not greater than its Maximum.")
    return Summary(count, total, low, high)


def _number(value: float, where: str) -> float:
    number = float(value)
    if math.isnan(number) or abs(number) > MAX_SIZE:
        raise invalid_value(f"The value {value} for parameter {where} is invalid.")
    return number
