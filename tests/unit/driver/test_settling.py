"""What does not go live has failed: at once on a quiet machine, later on one that takes longer for everything."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.control_stand_in import serve_control

from innergate.driver import platform
from innergate.driver.platform import PlatformFailed, RunningPlatform


def settle(folder: Path, said: Sequence[bool]) -> int:
    """How often control was asked until it was so."""
    answers: list[dict[str, Any]] = [{"revision": 7, "live": is_live} for is_live in said]
    with serve_control(folder, {("POST", "/wait"): answers}) as asked:
        RunningPlatform(folder).settle()
        return len(asked)


def test_what_is_live_is_waited_for_once(tmp_path: Path) -> None:
    assert settle(tmp_path, [True]) == 1


def test_a_quiet_machine_is_asked_no_second_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "measure_patience", lambda: 1.4)
    with pytest.raises(PlatformFailed, match="revision 7 did not go live"):
        settle(tmp_path, [False, True])


def test_a_busy_one_has_more_time_and_not_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "measure_patience", lambda: 3.0)
    assert settle(tmp_path / "late", [False, False, True]) == 3
    monkeypatch.setattr(platform, "SETTLE_TIMEOUT_S", 0.0)
    with pytest.raises(PlatformFailed, match="revision 7 did not go live"):
        settle(tmp_path / "never", [False])
