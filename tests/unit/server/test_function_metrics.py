"""What the functions' supervisor has counted becomes Lambda's metrics, once."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from innergate.observe.access_file import AccessFile
from innergate.runtime.functions.call_counts import CallCount
from innergate.server.file_intake import FileIntake, Source
from innergate.server.function_metrics import SOURCE, keep_counts
from innergate.store.metric_points import MetricKey, Summary
from innergate.store.metric_store import MetricStore

ACCOUNT = "111122223333"
NAME = ("FunctionName", "hello")


class World:
    """A metric store and the supervisor's file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "counts.jsonl"
        self.metrics = MetricStore(folder / "metrics.sqlite")
        file = AccessFile(self.path, lambda: None)
        self.intake = FileIntake(Source(SOURCE, file, 1.0), self.metrics, partial(keep_counts, self.metrics))

    def write(self, **count: Any) -> None:
        given = CallCount(**{"account": ACCOUNT, "region": "us-east-1", "function": "hello", "qualifier": "", **count})
        with self.path.open("ab") as file:
            file.write(msgspec.json.encode(given) + b"\n")

    def summary(self, name: str, *dimensions: tuple[str, str]) -> Summary | None:
        key = MetricKey(ACCOUNT, "us-east-1", "AWS/Lambda", name, dimensions)
        found = [point.summary for point in self.metrics.read(key, 0, 1000)]
        assert len(found) <= 1
        return found[0] if found else None


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.metrics.close()


def test_counts_become_points(world: World) -> None:
    world.write(minute_s=60, calls=3, errors=1, concurrent=2, durations={5: 2, 20: 1})
    world.write(minute_s=60, calls=1, durations={10: 1}, qualifier="live")
    assert world.intake.take() == 2
    assert world.intake.take() == 0
    for dimensions in ((), (NAME,)):
        calls = world.summary("Invocations", *dimensions)
        assert calls is not None
        assert calls.total == 4
    errors = world.summary("Errors", NAME, ("Resource", "hello"))
    assert errors is not None
    assert (errors.seen, errors.total) == (3, 1)
    took = world.summary("Duration", NAME)
    assert took is not None
    assert (took.seen, took.total, took.low, took.high) == (4, 40, 5, 20)
    at_once = world.summary("ConcurrentExecutions", NAME)
    assert at_once is not None
    assert at_once.high == 2
    assert world.summary("ConcurrentExecutions") is None
    live = world.summary("Invocations", NAME, ("Resource", "hello:live"))
    assert live is not None
    assert live.total == 1


def test_throttled_calls_are_no_invocations(world: World) -> None:
    world.write(minute_s=60, throttles=2)
    with world.path.open("ab") as file:
        file.write(b'{"half": \n')
    world.intake.take()
    throttled = world.summary("Throttles", NAME)
    assert throttled is not None
    assert throttled.total == 2
    assert world.summary("Invocations", NAME) is None
