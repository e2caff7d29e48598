"""Deletes from the side stores what is older than it need be, now and again. A purge that fails is tried at the next turn."""

import asyncio
import sqlite3
from collections.abc import Callable

from innergate.primitives.clock import Clock
from innergate.primitives.event_log import EventLog
from innergate.resources.log_groups import LogGroup
from innergate.store.log_events import LogKey, key_of_group
from innergate.store.log_store import LogStore
from innergate.store.metric_store import KEPT_S, MetricStore
from innergate.store.sqlite import SqliteStore

log = EventLog()

LOGS_INTERVAL_S = 60.0
METRICS_INTERVAL_S = 3600.0
DAY_MS = 24 * 60 * 60 * 1000


async def keep_purging(purge: Callable[[], None], interval_s: float) -> None:
    """Purges until it is cancelled."""
    while True:
        await asyncio.to_thread(_purge_safely, purge)
        await asyncio.sleep(interval_s)


def _purge_safely(purge: Callable[[], None]) -> None:
    try:
        purge()
    except sqlite3.Error as error:
        log.warning("what is old stays for now", error=str(error))


def purge_logs(store: SqliteStore, logs: LogStore, clock: Clock) -> None:
    """Deletes what is older than its group's retention, and what groups left behind that are gone."""
    now_ms = int(clock.now().timestamp() * 1000)

    def keep_from_ms(key: LogKey) -> int | None:
        group = store.state().get(LogGroup, key.arn)
        if group is None or key_of_group(group) != key:
            return None
        return now_ms - group.retention_in_days * DAY_MS if group.retention_in_days else 0

    logs.purge(keep_from_ms)


def purge_metrics(metrics: MetricStore, clock: Clock) -> None:
    """Deletes the points that CloudWatch would not keep."""
    metrics.purge(int(clock.now().timestamp()) - KEPT_S)
