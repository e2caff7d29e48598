"""ListMetrics."""

import base64
from collections.abc import Sequence
from typing import Any

from innergate.services.cloudwatch.faults import invalid_value
from innergate.services.context import Context, Params, Result
from innergate.store.metric_points import MetricKey

PAGE = 500
_LISTED_S, _RECENT_S = 14 * 24 * 3600, 3 * 3600
"""A metric is listed for two weeks after its last point."""


def list_all(context: Context, params: Params) -> Result:
    """ListMetrics, 500 a page. Raises Fault."""
    is_recent = params.get("RecentlyActive") == "PT3H"
    since_s = int(context.clock.now().timestamp()) - (_RECENT_S if is_recent else _LISTED_S)
    filters = params.get("Dimensions") or []
    found = [
        key for key in context.metrics.keys(context.account, context.region, since_s) if _fits(key, params, filters)
    ]
    start = _start(params.get("NextToken", ""))
    result: dict[str, Any] = {"Metrics": [_shown(key) for key in found[start : start + PAGE]]}
    if params.get("IncludeLinkedAccounts"):
        result["OwningAccounts"] = [context.account] * len(result["Metrics"])
    if start + PAGE < len(found):
        result["NextToken"] = base64.b64encode(str(start + PAGE).encode()).decode()
    return result


def _fits(key: MetricKey, params: Params, filters: Sequence[dict[str, str]]) -> bool:
    if params.get("Namespace", key.namespace) != key.namespace or params.get("MetricName", key.name) != key.name:
        return False
    if params.get("OwningAccount", key.account) != key.account:
        return False
    own = dict(key.dimensions)
    return all(
        entry["Name"] in own and entry.get("Value", own[entry["Name"]]) == own[entry["Name"]] for entry in filters
    )


def _shown(key: MetricKey) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in key.dimensions]
    return {"Namespace": key.namespace, "MetricName": key.name, "Dimensions": dimensions}


def _start(token: str) -> int:
    if not token:
        return 0
    try:
        start = int(base64.b64decode(token, validate=True))
    except ValueError:
        raise invalid_value("Invalid nextToken") from None
    if start < 0:
        raise invalid_value("Invalid nextToken")
    return start
