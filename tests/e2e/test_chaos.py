"""A short run of the faults that one seed draws: `make chaos` makes longer ones, of a new seed each time."""

import os

import pytest
from rich.console import Console
from tests.e2e.patience import patience

from innergate.driver.platform import RunningPlatform
from innergate.testing.chaos import DISK_BYTES, print_report, run_chaos
from innergate.testing.chaos_schedule import ALL_LANES
from innergate.testing.disk import small_disk

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

SEED = int(os.environ.get("INNERGATE_SEED", "187840228"))
SECONDS = float(os.environ.get("INNERGATE_CHAOS_SECONDS", "10"))


def test_random_faults_break_no_promise() -> None:
    """Nothing acknowledged lost, nobody else's answer, nothing open that was closed, back in time, nothing left over."""
    print(f"INNERGATE_SEED={SEED}")
    with small_disk(DISK_BYTES) as state, RunningPlatform(state, concurrency=1) as platform:
        report = run_chaos(platform, SEED, SECONDS, 1 + patience())
    print_report(report, Console(width=160))
    assert report.violations == ()
    assert len(report.faults) >= SECONDS / 10
    assert report.acknowledged > len(report.faults)
    assert {sample.lane for sample in report.samples if sample.verdict == "ok"} == set(ALL_LANES)
