"""Promises in seconds are stretched by what else a machine does, and never without end."""

import time

import pytest

from innergate.driver import patience
from innergate.driver.patience import MOST_PATIENCE, measure_patience, stretch


@pytest.mark.parametrize(
    ("load_per_core", "work_s", "wanted"),
    [(0.1, 0.09, 1.0), (0.1, 0.3, 3.0), (3.0, 0.1, 3.0), (0.1, 60.0, MOST_PATIENCE), (99.0, 0.1, MOST_PATIENCE)],
)
def test_the_slower_of_two_signs_counts(load_per_core: float, work_s: float, wanted: float) -> None:
    assert stretch(load_per_core, work_s) == pytest.approx(wanted)


def test_a_machine_whose_cores_are_wanted_elsewhere_is_seen_without_its_load(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([10.0, 10.0 + 0.5])
    monkeypatch.setattr("os.getloadavg", lambda: (0.0, 0.0, 0.0))
    monkeypatch.setattr(patience, "_TURNS", 1)
    monkeypatch.setattr(time, "monotonic", lambda: next(now))
    assert measure_patience() == pytest.approx(5.0)
