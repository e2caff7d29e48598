"""Takes what the functions' supervisor has counted into the metric store, as Lambda's metrics (Lambda Developer Guide, "Types
of metrics for Lambda functions").

# AWS differs: metrics of functions have no dimension ExecutedVersion.
"""

from collections.abc import Iterator, Sequence
from functools import partial

import msgspec

from innergate.observe.access_file import AccessFile
from innergate.runtime.functions.call_counts import CallCount
from innergate.server.file_intake import FileIntake, Source
from innergate.server.settings import Settings
from innergate.store.metric_points import Dimensions, MetricKey, Point, summarise
from innergate.store.metric_store import MetricStore
from innergate.store.side_file import SourcePosition

NAMESPACE = "AWS/Lambda"
SOURCE = "function-counts"
LOOK_INTERVAL_S = 1.0
_COUNTS = msgspec.json.Decoder(CallCount)


def keep_counts(metrics: MetricStore, lines: Sequence[bytes], read: SourcePosition) -> None:
    """Adds what the lines count to the metric store, and how far they were read; a line that is none says nothing."""
    points: list[tuple[MetricKey, Point]] = []
    for line in lines:
        try:
            count = _COUNTS.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        points += points_of(count)
    metrics.take(points, read)


def points_of(count: CallCount) -> Iterator[tuple[MetricKey, Point]]:
    """The points of all functions together, of the function, and of the name that it was called by. An error's average is its
    rate: a call without one counts as 0. How many there were at once is known of the function alone."""
    name = ("FunctionName", count.function)
    resource = f"{count.function}:{count.qualifier}" if count.qualifier else count.function
    of_call: tuple[Dimensions, ...] = ((), (name,), (name, ("Resource", resource)))
    values: dict[str, tuple[str, dict[float, float]]] = {}
    if count.calls:
        values["Invocations"] = ("Count", {1.0: float(count.calls)})
        rate = {1.0: float(count.errors), 0.0: float(count.calls - count.errors)}
        values["Errors"] = ("Count", {value: times for value, times in rate.items() if times})
        values["Duration"] = ("Milliseconds", {float(ms): float(times) for ms, times in count.durations.items()})
        values["ConcurrentExecutions"] = ("Count", {float(count.concurrent): 1.0})
    throttles = {1.0: float(count.throttles), 0.0: float(count.calls)}
    values["Throttles"] = ("Count", {value: times for value, times in throttles.items() if times})
    for dimensions in of_call:
        key = MetricKey(count.account, count.region, NAMESPACE, "", dimensions)
        for metric, (unit, seen) in values.items():
            if seen and (metric != "ConcurrentExecutions" or dimensions == (name,)):
                yield key._replace(name=metric), Point(count.minute_s, unit, summarise(seen))


def open_function_metrics(settings: Settings, metrics: MetricStore) -> FileIntake:
    """The intake of a platform. Who writes the file sees by itself that it was renamed."""
    file = AccessFile(settings.function_count_file, lambda: None)
    return FileIntake(Source(SOURCE, file, LOOK_INTERVAL_S), metrics, partial(keep_counts, metrics))
