"""What a call costs at least."""

import time
from collections.abc import Iterator

from innergate.testing.cpu_time import cpu_seconds


def burn(seconds: float) -> None:
    ends = time.thread_time() + seconds
    while time.thread_time() < ends:
        pass


def test_what_is_dear_each_time_is_dear() -> None:
    calls: list[float] = []

    def call() -> None:
        calls.append(0.05)
        burn(0.05)

    assert cpu_seconds(call, 0.02) >= 0.05
    assert len(calls) == 3


def test_one_hiccup_is_forgiven() -> None:
    costs: Iterator[float] = iter((0.3, 0.0))
    assert cpu_seconds(lambda: burn(next(costs)), 0.2) < 0.2


def test_waiting_costs_nothing() -> None:
    assert cpu_seconds(lambda: time.sleep(0.05), 0.01) < 0.05


def test_a_cache_does_not_hide_the_first_call() -> None:
    costs: Iterator[float] = iter((0.1, 0.0))
    assert cpu_seconds(lambda: burn(next(costs)), 0.01) >= 0.1
