"""What counts as left over."""

import threading
from pathlib import Path

import pytest

from innergate.testing import chaos_leaks
from innergate.testing.chaos_leaks import Holdings, read_holdings, say_difference, wait_for_no_difference

NOTHING = Holdings((), (), (), ())


def test_what_is_there_more_often_than_before_is_left_over() -> None:
    before = NOTHING._replace(processes=("a", "b"), files=("x",))
    assert say_difference(before, NOTHING) == []
    after = before._replace(processes=("a", "a"), namespaces=("ig-1",))
    assert say_difference(before, after) == ["left over, of processes: a", "left over, of namespaces: ig-1"]


def test_a_newer_version_of_a_stage_is_no_more_and_two_versions_are(tmp_path: Path) -> None:
    stages = tmp_path / "run" / "documents" / "stages"
    stages.mkdir(parents=True)
    (stages / "api.test.0a").touch()
    before = read_holdings(tmp_path, frozenset())
    (stages / "api.test.0a").rename(stages / "api.test.0b")
    assert say_difference(before, read_holdings(tmp_path, frozenset())) == []
    (stages / "api.test.0c").touch()
    assert say_difference(before, read_holdings(tmp_path, frozenset())) == [
        "left over, of files: run/documents/stages/api.test"
    ]
    two = read_holdings(tmp_path, frozenset())
    assert say_difference(two.without_repeated_files(), two) == ["left over, of files: run/documents/stages/api.test"]


def test_what_goes_a_little_later_is_nothing_left_over(tmp_path: Path) -> None:
    before = read_holdings(tmp_path, frozenset())
    (tmp_path / "run").mkdir()
    late = tmp_path / "run" / "plan.new"
    late.touch()
    threading.Timer(0.2, late.unlink).start()
    assert wait_for_no_difference(tmp_path, before, frozenset()) == []


def test_what_does_not_go_is_left_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chaos_leaks, "REMOVAL_S", 0.1)
    before = read_holdings(tmp_path, frozenset())
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "plan.new").touch()
    assert wait_for_no_difference(tmp_path, before, frozenset()) == ["left over, of files: run/plan.new"]
