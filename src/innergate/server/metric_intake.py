"""Takes Envoy's short lines into the metric store, counted as API Gateway's metrics.

Envoy appends to one file and knows nothing of this; while control is down the file grows, and is counted afterwards, in the
minutes when the requests were. What was counted and how far is one transaction, so no request is lost or counted twice.
"""

import asyncio
import sqlite3
import time
from collections.abc import Mapping
from typing import final

import structlog

from innergate.compile.emit.envoy.metric_lines import METRIC_LOG_NAME
from innergate.compile.resolve.api_throttles import named_settings
from innergate.nets.envoy_process import call_admin
from innergate.observe.access_file import AccessFile
from innergate.observe.api_metrics import Place, Tally, count_lines
from innergate.primitives.clock import Clock
from innergate.resources.rest_apis import RestApi
from innergate.resources.stages import Stage
from innergate.server.settings import Settings
from innergate.store.metric_points import Dimensions, MetricKey, Point, summarise
from innergate.store.metric_store import KEPT_S, MetricStore
from innergate.store.side_file import SourcePosition
from innergate.store.sqlite import SqliteStore
from innergate.store.state import State

log = structlog.get_logger(__name__)

SOURCE = "metrics"
NAMESPACE = "AWS/ApiGateway"
LOOK_INTERVAL_S = 1.0
PURGE_INTERVAL_S = 3600.0


@final
class MetricIntake:
    """One reader of one file. `run` is its life; `take` one look at the file."""

    def __init__(self, file: AccessFile, store: SqliteStore, metrics: MetricStore, clock: Clock) -> None:
        self._file = file
        self._store = store
        self._metrics = metrics
        self._clock = clock
        self._offsets: dict[int, int] = {}
        for read in metrics.positions(SOURCE):
            self._go_on(read)

    async def run(self) -> None:
        """Reads until it is cancelled."""
        purged_at = 0.0
        while True:
            if not await asyncio.to_thread(self._take_safely):
                await asyncio.sleep(LOOK_INTERVAL_S)
            if time.monotonic() > purged_at + PURGE_INTERVAL_S:
                purged_at = time.monotonic()
                await asyncio.to_thread(self._purge_safely)

    def take(self) -> int:
        """Counts the next lines, at most a chunk of them; how many there were."""
        chunk = self._file.read(self._offsets)
        if chunk is not None:
            points = points_of(self._store.state(), count_lines(chunk.lines))
            self._metrics.take(points, SourcePosition(SOURCE, chunk.inode, chunk.offset, chunk.tail))
            self._offsets[chunk.inode] = chunk.offset
        self._file.rotate()
        self._file.finish(self._offsets, self._forget)
        return len(chunk.lines) if chunk is not None else 0

    def _take_safely(self) -> int:
        try:
            return self.take()
        except (OSError, sqlite3.Error) as error:
            log.warning("requests wait to be counted", error=str(error))
            return 0

    def _purge_safely(self) -> None:
        try:
            self._metrics.purge(int(self._clock.now().timestamp()) - KEPT_S)
        except sqlite3.Error as error:
            log.warning("old metric points stay for now", error=str(error))

    def _go_on(self, read: SourcePosition) -> None:
        """Finds the file that was read so far, wherever it is now."""
        inode = self._file.find(read.offset, read.tail)
        if inode is not None:
            self._offsets[inode] = read.offset
            self._metrics.take((), read._replace(inode=inode))
        if inode != read.inode:
            self._metrics.forget_source(SOURCE, read.inode)

    def _forget(self, inode: int) -> None:
        self._metrics.forget_source(SOURCE, inode)
        self._offsets.pop(inode, None)


def points_of(state: State, tallies: Mapping[Place, Tally]) -> list[tuple[MetricKey, Point]]:
    """The points of an API, of its stage, and of a method that has detailed metrics. An API that is gone has none."""
    points: list[tuple[MetricKey, Point]] = []
    for place, tally in tallies.items():
        stage = state.get(Stage, place.stage_id)
        api = state.get(RestApi, stage.rest_api_id) if stage is not None else None
        if stage is None or api is None:
            continue
        for dimensions in _dimensions(api, stage, place):
            points += _points(MetricKey(api.account, api.region, NAMESPACE, "", dimensions), place.minute_s, tally)
    return points


def _dimensions(api: RestApi, stage: Stage, place: Place) -> list[Dimensions]:
    name = ("ApiName", api.name.encode("ascii", "ignore").decode() or api.id)
    of_stage = ("Stage", stage.stage_name)
    found: list[Dimensions] = [(name,), (name, of_stage)]
    if place.resource and named_settings(stage, place.resource, place.verb).get("metrics/enabled"):
        found.append((name, ("Method", place.verb), ("Resource", place.resource), of_stage))
    return found


def _points(key: MetricKey, at_s: int, tally: Tally) -> list[tuple[MetricKey, Point]]:
    """An error's average is its rate: a request without one counts as 0."""
    counts = {
        "Count": {1.0: float(tally.requests)},
        "4XXError": {1.0: float(tally.client_errors), 0.0: float(tally.requests - tally.client_errors)},
        "5XXError": {1.0: float(tally.server_errors), 0.0: float(tally.requests - tally.server_errors)},
    }
    # AWS differs: IntegrationLatency of a method that a worker executes has the worker's own time in it.
    # AWS differs: there are no CacheHitCount and CacheMissCount.
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


def open_metric_intake(settings: Settings, store: SqliteStore, metrics: MetricStore, clock: Clock) -> MetricIntake:
    """The intake of a platform."""

    def reopen() -> None:
        call_admin(settings.envoy_admin_socket, "/reopen_logs", "POST")

    return MetricIntake(AccessFile(settings.access_log_folder / METRIC_LOG_NAME, reopen), store, metrics, clock)
