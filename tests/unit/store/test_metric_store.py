"""Metric points are added up, found again after a restart together with their source's position, and go when they are old."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from innergate.store.errors import StoreTooNew
from innergate.store.metric_points import MetricKey, Point, Summary, summarise
from innergate.store.metric_store import MetricStore
from innergate.store.side_file import SourcePosition

KEY = MetricKey("111122223333", "us-east-1", "Own", "Size", (("A", "1"),))


def point(at_s: int, *values: float) -> tuple[MetricKey, Point]:
    return KEY, Point(at_s, "None", summarise(dict.fromkeys(values, 1.0)))


def test_points_of_one_instant_are_added_up(tmp_path: Path) -> None:
    store = MetricStore(tmp_path / "m")
    store.put([point(60, 1.0, 2.0), point(60, 5.0), point(120, 7.0)])
    first, second = store.read(KEY, 0, 1000)
    assert (first.at_s, first.summary[:4]) == (60, (3.0, 8.0, 1.0, 5.0))
    assert second.summary.total == 7.0
    assert [found.at_s for found in store.read(KEY, 61, 120)] == []
    store.close()


def test_sums_are_those_of_the_points_of_each_period_and_unit(tmp_path: Path) -> None:
    store = MetricStore(tmp_path / "m")
    other = (KEY, Point(180, "Bytes", summarise({4.0: 1.0})))
    store.put([point(120, 1.0, 2.0), point(180, 5.0), other, point(240, 7.0), point(60, 9.0)])
    found = store.sums(KEY, 120, 300, 120)
    assert [(one.at_s, one.unit, one.summary) for one in found] == [
        (120, "Bytes", Summary(1.0, 4.0, 4.0, 4.0)),
        (120, "None", Summary(3.0, 8.0, 1.0, 5.0)),
        (240, "None", Summary(1.0, 7.0, 7.0, 7.0)),
    ]
    assert store.sums(KEY._replace(name="Other"), 0, 300, 60) == []
    store.close()


def test_what_was_taken_and_how_far_survive_together(tmp_path: Path) -> None:
    store = MetricStore(tmp_path / "m")
    read = SourcePosition("s", 7, 100, b"tail")
    store.take([point(60, 1.0)], read)
    with pytest.raises(RuntimeError):
        store.take(_broken(), read._replace(offset=200))
    store.close()
    store = MetricStore(tmp_path / "m")
    assert store.positions("s") == (read,)
    assert [found.summary.seen for found in store.read(KEY, 0, 1000)] == [1.0]
    store.forget_source("s", 7)
    assert store.positions("s") == ()
    store.close()


def _broken() -> Iterator[tuple[MetricKey, Point]]:
    yield point(60, 1.0)
    raise RuntimeError


def test_old_points_and_silent_metrics_go(tmp_path: Path) -> None:
    store = MetricStore(tmp_path / "m")
    store.put([point(60, 1.0), point(6000, 1.0), (KEY._replace(name="Old"), point(60, 1.0)[1])])
    store.purge(1000)
    assert [found.at_s for found in store.read(KEY, 0, 10_000)] == [6000]
    assert [key.name for key in store.keys(KEY.account, KEY.region, 0)] == ["Size"]
    store.close()


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    MetricStore(tmp_path / "m").close()
    with sqlite3.connect(tmp_path / "m") as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreTooNew):
        MetricStore(tmp_path / "m")


def test_sums_without_sizes_make_a_sum_without_sizes() -> None:
    both = summarise({1.0: 2.0}).plus(Summary(1.0, 3.0, 3.0, 3.0))
    assert (both.seen, both.total, both.buckets) == (3.0, 5.0, {})
    assert both.percentile(50) is None


@pytest.mark.parametrize("value", [0.0, -3.0, 1e-12, 1e30, 17.5])
def test_a_single_value_is_every_percentile(value: float) -> None:
    assert summarise({value: 3.0}).percentile(50) == value


def test_percentiles_of_negative_values_are_in_order() -> None:
    many = summarise({float(n): 1.0 for n in range(-50, 51)})
    assert many.percentile(25) == pytest.approx(-25, rel=0.05)
    assert many.percentile(75) == pytest.approx(25, rel=0.1)
