"""Quotas: who may call once more, by documents and counts."""

import sqlite3
import threading
from datetime import date
from pathlib import Path

import msgspec
import pytest

from innergate.plans.usage import KeyQuota, StageUsage
from innergate.primitives.quota_periods import period_start
from innergate.runtime import usage_counts
from innergate.runtime.quotas import Quotas
from innergate.runtime.usage_counts import UsageCounts
from innergate.testing.waiting import LONGEST_S

SUNDAY, MONDAY = date(2026, 11, 22), date(2026, 11, 23)


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.day = SUNDAY
        self.counts = UsageCounts(folder / "usage.sqlite")
        self.quotas = Quotas(folder, self.counts, lambda: self.day)

    def limit(self, quota: KeyQuota) -> None:
        spare = self.folder / "new"
        spare.write_bytes(msgspec.json.encode(StageUsage(keys={"k1": quota})))
        spare.replace(self.folder / "api.prod")

    def take(self, times: int = 1, key: str = "k1") -> list[bool]:
        return [self.quotas.take("api.prod", key) for _ in range(times)]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_calls_beyond_the_limit_are_refused_and_not_counted(world: World) -> None:
    world.limit(KeyQuota(plan_id="p", limit=2, period="DAY"))
    assert world.take(4) == [True, True, False, False]
    assert world.counts.counted("p", "k1", "2026-11-22") == 2


def test_a_key_without_a_quota_may_call(world: World) -> None:
    assert world.take() == [True]
    world.limit(KeyQuota(plan_id="p", limit=0, period="DAY"))
    assert world.take(key="k2") == [True]
    assert world.take() == [False]


@pytest.mark.parametrize(
    ("period", "next_day", "is_new"),
    [("DAY", MONDAY, True), ("WEEK", MONDAY, False), ("WEEK", date(2026, 11, 29), True), ("MONTH", MONDAY, False)],
)
def test_periods(world: World, period: str, next_day: date, is_new: bool) -> None:
    world.limit(KeyQuota(plan_id="p", limit=1, period=period))
    assert world.take(2) == [True, False]
    world.day = next_day
    assert world.take() == [is_new]


@pytest.mark.parametrize(
    ("period", "offset", "day", "begin"),
    [
        ("DAY", 0, MONDAY, MONDAY),
        ("WEEK", 0, MONDAY, SUNDAY),
        ("WEEK", 1, SUNDAY, date(2026, 11, 16)),
        ("WEEK", 1, MONDAY, MONDAY),
        ("WEEK", 6, SUNDAY, date(2026, 11, 21)),
        ("MONTH", 0, MONDAY, date(2026, 11, 1)),
        ("MONTH", 22, MONDAY, MONDAY),
        ("MONTH", 23, MONDAY, date(2026, 10, 24)),
        ("MONTH", 27, date(2026, 3, 27), date(2026, 2, 28)),
        ("MONTH", 27, date(2026, 1, 1), date(2025, 12, 28)),
    ],
)
def test_a_period_begins_an_offset_of_days_late(period: str, offset: int, day: date, begin: date) -> None:
    assert period_start(period, day, offset) == begin


def test_a_week_that_begins_on_monday_has_calls_again_on_monday(world: World) -> None:
    world.limit(KeyQuota(plan_id="p", limit=1, period="WEEK", offset=1))
    assert world.take(2) == [True, False]
    world.day = MONDAY
    assert world.take() == [True]


def test_a_grant_says_what_is_left(world: World) -> None:
    world.limit(KeyQuota(plan_id="p", limit=1, period="WEEK"))
    assert world.take(2) == [True, False]
    world.limit(
        KeyQuota(plan_id="p", limit=1, period="WEEK", grant_day="2026-11-22", grant_remaining=2, grant_used_before=1)
    )
    assert world.take(3) == [True, True, False]


def test_counts_outlive_a_worker_and_are_shared(world: World, tmp_path: Path) -> None:
    world.limit(KeyQuota(plan_id="p", limit=3, period="DAY"))
    assert world.take() == [True]
    other = Quotas(tmp_path, UsageCounts(tmp_path / "usage.sqlite"), lambda: SUNDAY)
    assert [other.take("api.prod", "k1") for _ in range(3)] == [True, True, False]
    assert world.take() == [False]


def test_workers_together_let_no_call_too_many_pass(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage_counts, "LONGEST_WAIT_MS", LONGEST_S * 1000)
    world.limit(KeyQuota(plan_id="p", limit=50, period="DAY"))
    passed: list[bool] = []

    def call() -> None:
        quotas = Quotas(tmp_path, UsageCounts(tmp_path / "usage.sqlite"), lambda: SUNDAY)
        passed.extend(quotas.take("api.prod", "k1") for _ in range(30))
        quotas.close()

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == 50


def test_a_file_that_somebody_holds_keeps_nobody_waiting(world: World) -> None:
    """A worker does nothing else meanwhile, for any of its APIs."""
    world.limit(KeyQuota(plan_id="p", limit=1, period="DAY"))
    holder = sqlite3.connect(world.folder / "usage.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert world.counts.longest_wait_ms() <= 100
    assert world.take() == [True]
    holder.execute("ROLLBACK")
    holder.close()
    assert world.take(2) == [True, False]
