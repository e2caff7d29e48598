"""GetMetricData."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from innergate.primitives.fault import Fault
from innergate.services.cloudwatch.periods import align, by_periods, check_period, is_statistic, statistic
from innergate.services.cloudwatch.put_metrics import dimensions_of
from innergate.services.context import Context, Params, Result
from innergate.store.metric_points import MetricKey

MAX_QUERIES = 500
MAX_POINTS = 100_800


def get(context: Context, params: Params) -> Result:
    """GetMetricData, all in one page. Raises Fault."""
    queries = params["MetricDataQueries"]
    if len(queries) > MAX_QUERIES:
        raise _invalid(f"The collection MetricDataQueries must not have a size greater than {MAX_QUERIES}.")
    if params.get("NextToken"):
        raise Fault("InvalidNextToken", "Invalid nextToken")
    ids = [query["Id"] for query in queries]
    if len(set(ids)) != len(ids):
        raise _invalid("The values for parameter id in MetricDataQueries are not unique.")
    if params["StartTime"] >= params["EndTime"]:
        raise _invalid("The parameter StartTime must be less than the parameter EndTime.")
    limit = int(params.get("MaxDatapoints") or MAX_POINTS)
    if not 1 <= limit <= MAX_POINTS:
        raise _invalid(f"The value {limit} for parameter MaxDatapoints is not valid.")
    return {
        "MetricDataResults": [
            _answer(context, params, query, limit) for query in queries if query.get("ReturnData", True)
        ],
        "Messages": [],
    }


def _answer(context: Context, params: Params, query: Mapping[str, Any], limit: int) -> dict[str, Any]:
    """One query's values, the newest first unless asked otherwise."""
    asked = query.get("MetricStat")
    if asked is None:
        # AWS differs: metric math and Metrics Insights are not there.
        raise _invalid(f"Error in expression '{query['Id']}': expressions are not supported")
    metric, period_s, name = asked["Metric"], int(asked["Period"]), asked["Stat"]
    check_period(period_s)
    if not is_statistic(name):
        raise _invalid(f"The value {name} for parameter MetricDataQueries.member.MetricStat.Stat is not supported.")
    dimensions = dimensions_of(metric.get("Dimensions"))
    key = MetricKey(
        context.account, context.region, metric.get("Namespace", ""), metric.get("MetricName", ""), dimensions
    )
    start_s = align(params["StartTime"].timestamp(), period_s)
    points = context.metrics.read(key, start_s, int(params["EndTime"].timestamp()))
    found = [
        (point.at_s, value)
        for point in by_periods(points, start_s, period_s, asked.get("Unit", ""))
        if (value := statistic(point.summary, name)) is not None
    ]
    if params.get("ScanBy", "TimestampDescending") == "TimestampDescending":
        found.reverse()
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or key.name,
        "Timestamps": [datetime.fromtimestamp(at_s, UTC) for at_s, _ in found[:limit]],
        "Values": [value for _, value in found[:limit]],
        "StatusCode": "Complete" if len(found) <= limit else "PartialData",
    }


def _invalid(message: str) -> Fault:
    """The code that this operation has for what other operations call InvalidParameterValue."""
    return Fault("ValidationError", message)
