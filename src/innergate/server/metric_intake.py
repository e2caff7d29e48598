"""Takes Envoy's short lines into the metric store, counted as API Gateway's metrics and as those of function URLs, in the
minutes when the requests were."""

from collections.abc import Mapping, Sequence
from functools import partial

from innergate.compile.emit.envoy.metric_lines import METRIC_LOG_NAME
from innergate.compile.resolve.api_throttles import named_settings
from innergate.nets.envoy_process import reopen_logs
from innergate.observe.access_file import AccessFile
from innergate.observe.api_metrics import Place, Tally, count_lines
from innergate.resources.function_urls import FunctionUrl
from innergate.resources.functions import LATEST
from innergate.resources.rest_apis import RestApi
from innergate.resources.stages import Stage
from innergate.server.file_intake import FileIntake, Source
from innergate.server.settings import Settings
from innergate.store.metric_points import Dimensions, MetricKey, Point, summarise
from innergate.store.metric_store import MetricStore
from innergate.store.side_file import SourcePosition
from innergate.store.sqlite import SqliteStore
from innergate.store.state import State

SOURCE = "metrics"
NAMESPACE = "AWS/ApiGateway"
URL_NAMESPACE = "AWS/Lambda"
LOOK_INTERVAL_S = 1.0


def keep_points(store: SqliteStore, metrics: MetricStore, lines: Sequence[bytes], read: SourcePosition) -> None:
    """Adds what the lines count to the metric store, and how far they were read."""
    metrics.take(points_of(store.state(), count_lines(lines)), read)


def points_of(state: State, tallies: Mapping[Place, Tally]) -> list[tuple[MetricKey, Point]]:
    """The points of an API, of its stage, of a method that has detailed metrics, and of function URLs; none of what is gone."""
    points: list[tuple[MetricKey, Point]] = []
    for place, tally in tallies.items():
        if place.url_id:
            url = state.get(FunctionUrl, place.url_id)
            points += _url_points(url, place.minute_s, tally) if url is not None else []
            continue
        stage = state.get(Stage, place.stage_id)
        api = state.get(RestApi, stage.rest_api_id) if stage is not None else None
        if stage is None or api is None:
            continue
        for dimensions in _dimensions(api, stage, place):
            key = MetricKey(api.account, api.region, NAMESPACE, "", dimensions)
            points += _points(key, place.minute_s, tally, has_cache=stage.cache_cluster_enabled)
    return points


def _dimensions(api: RestApi, stage: Stage, place: Place) -> list[Dimensions]:
    name = ("ApiName", api.name.encode("ascii", "ignore").decode() or api.id)
    of_stage = ("Stage", stage.stage_name)
    found: list[Dimensions] = [(name,), (name, of_stage)]
    if place.resource and named_settings(stage, place.resource, place.verb).get("metrics/enabled"):
        found.append((name, ("Method", place.verb), ("Resource", place.resource), of_stage))
    return found


def _points(key: MetricKey, at_s: int, tally: Tally, *, has_cache: bool) -> list[tuple[MetricKey, Point]]:
    """An error's average is its rate: a request without one counts as 0. So is a hit's, of all requests of a stage with a
    cache."""
    counts = {
        "Count": {1.0: float(tally.requests)},
        "4XXError": {1.0: float(tally.client_errors), 0.0: float(tally.requests - tally.client_errors)},
        "5XXError": {1.0: float(tally.server_errors), 0.0: float(tally.requests - tally.server_errors)},
    }
    # AWS differs: IntegrationLatency of a method that a worker executes has the worker's own time in it.
    if has_cache or tally.hits or tally.misses:
        counts["CacheHitCount"] = {1.0: float(tally.hits), 0.0: float(tally.requests - tally.hits)}
        counts["CacheMissCount"] = {1.0: float(tally.misses), 0.0: float(tally.requests - tally.misses)}
    times = {"Latency": tally.latencies, "IntegrationLatency": tally.integration_latencies}
    points = [
        (key._replace(name=name), Point(at_s, "Count", summarise({v: n for v, n in values.items() if n})))
        for name, values in counts.items()
    ]
    return points + [
        (key._replace(name=name), Point(at_s, "Milliseconds", summarise({v: float(n) for v, n in values.items()})))
        for name, values in times.items()
        if values
    ]


def _url_points(url: FunctionUrl, at_s: int, tally: Tally) -> list[tuple[MetricKey, Point]]:
    """Of the function, and of the URL itself (Lambda Developer Guide, "Monitoring Lambda function URLs").

    # AWS differs: metrics of function URLs have no dimension ExecutedVersion.
    """
    function = url.function_arn.rpartition(":")[2]
    counts = {
        "UrlRequestCount": tally.requests,
        "Url4xxCount": tally.client_errors,
        "Url5xxCount": tally.server_errors,
    }
    name, resource = ("FunctionName", function), ("Resource", f"{function}:{url.qualifier or LATEST}")
    points = []
    for dimensions in ((name,), (name, resource)):
        key = MetricKey(url.account, url.region, URL_NAMESPACE, "", dimensions)
        for metric, counted in counts.items():
            values = {1.0: float(counted), 0.0: float(tally.requests - counted)}
            summary = summarise({value: times for value, times in values.items() if times})
            points.append((key._replace(name=metric), Point(at_s, "Count", summary)))
        latencies = summarise({value: float(times) for value, times in tally.latencies.items()})
        points.append((key._replace(name="UrlRequestLatency"), Point(at_s, "Milliseconds", latencies)))
    return points


def open_metric_intake(settings: Settings, store: SqliteStore, metrics: MetricStore) -> FileIntake:
    """The intake of a platform."""
    file = AccessFile(settings.access_log_folder / METRIC_LOG_NAME, partial(reopen_logs, settings.envoy_admin_socket))
    return FileIntake(Source(SOURCE, file, LOOK_INTERVAL_S), metrics, partial(keep_points, store, metrics))
