"""Metrics: a short line a request of every stage, which control counts by the minute.

Envoy's own statistics of routes cost more than a line, and know no API (docs/decisions/0025). Which stage it was, and with
detailed metrics which resource, says the route's name.
"""

from collections.abc import Mapping

from innergate.compile.emit.envoy.access_logs import SEPARATOR
from innergate.compile.emit.envoy.packed import text_format
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


URL_ROUTES = "lambda-url/"
"""What the names of function URLs' routes begin with, which no API's id does; the URL's id follows."""


def metric_log(settings: CompileSettings) -> list[JsonValue]:
    """The connection manager's log of lines for metrics."""
    return [
        {
            "name": "envoy.access_loggers.file",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
                "path": f"{settings.log_folder}/{METRIC_LOG_NAME}",
                "log_format": text_format(SEPARATOR.join(METRIC_FIELDS.values()) + "\n"),
            },
        }
    ]
