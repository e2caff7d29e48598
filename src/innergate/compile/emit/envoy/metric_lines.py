"""Metrics: a short line a request of every stage, which control counts by the minute.

Envoy's own statistics of routes cost more than a line, and know no API (docs/decisions/0025). Which stage it was, and with
detailed metrics which resource, says the route's name.
"""

from collections.abc import Mapping

from innergate.compile.emit.envoy.file_logs import file_log
from innergate.compile.settings import CompileSettings
from innergate.primitives.json_value import JsonValue

METRIC_LOG_NAME = "metrics.log"
KEPT_CACHE = "innergate.cache"
"""Namespace of the metadata that says what a worker found in the stage's cache."""

METRIC_FIELDS: Mapping[str, str] = {
    "route": "%ROUTE_NAME%",
    "httpMethod": "%REQ(:METHOD)%",
    "status": "%RESPONSE_CODE%",
    "responseLatency": "%DURATION%",
    "integrationLatency": "%RESPONSE_DURATION%",
    "requestTime": "%START_TIME(%s)%",
    "cache": f"%DYNAMIC_METADATA({KEPT_CACHE}:cache)%",
}
"""The fields of a line in their order. Times are in milliseconds, the last of them in seconds since the epoch; `cache` is one
of plans.runtime.CACHE_ANSWERS where a worker asked the stage's cache."""


def plain_route_name(api_id: str, stage: str) -> str:
    """The name of every route of a stage that neither logs nor has detailed metrics."""
    return f"{api_id}/{stage}"


URL_ROUTES = "lambda-url"
"""What stands in the API's place in the names of function URLs' routes, and no API is called; the URL's id follows."""


def metric_log(settings: CompileSettings) -> list[JsonValue]:
    """The connection manager's log of lines for metrics."""
    return [file_log(settings, METRIC_LOG_NAME, METRIC_FIELDS)]
