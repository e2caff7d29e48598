"""What is old goes, now and again; a purge that fails is tried at the next turn."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from innergate.server.purging import keep_purging, purge_metrics
from innergate.store.metric_points import MetricKey, Point, summarise
from innergate.store.metric_store import KEPT_S, MetricStore
from innergate.testing.clock import FakeClock


def test_points_are_kept_as_long_as_cloudwatch_keeps_them(tmp_path: Path) -> None:
    clock, metrics = FakeClock(), MetricStore(tmp_path / "metrics.sqlite")
    key = MetricKey("111122223333", "us-east-1", "N", "Count", ())
    now_s = int(clock.now().timestamp())
    metrics.put([(key, Point(now_s, "Count", summarise({1.0: 1.0})))])
    clock.advance(KEPT_S)
    purge_metrics(metrics, clock)
    assert metrics.keys(key.account, key.region, 0) == [key]
    clock.advance(1)
    purge_metrics(metrics, clock)
    assert metrics.keys(key.account, key.region, 0) == []
    metrics.close()


class EnoughError(Exception):
    """Ends a life that has no end."""


def test_a_failure_ends_nothing() -> None:
    turns = 0

    def purge() -> None:
        nonlocal turns
        turns += 1
        raise sqlite3.OperationalError("database is locked") if turns < 4 else EnoughError

    with pytest.raises(EnoughError):
        asyncio.run(keep_purging(purge, 0.001))
    assert turns == 4
