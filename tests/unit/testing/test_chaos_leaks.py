"""What counts as left over."""

from pathlib import Path

from innergate.testing.chaos_leaks import Holdings, read_holdings, say_difference

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
