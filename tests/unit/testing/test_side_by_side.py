"""Which process takes what, and who waits for whom, when processes share the tests."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.side_by_side import CLIENTS, Turns, place_in_line, put_in_line, unit_of_work

from innergate.testing.waiting import LONGEST_S

SHORTLY_S = 0.2


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Turns, Turns]]:
    one, other = Turns(tmp_path), Turns(tmp_path)
    yield one, other
    one.close()
    other.close()


class Taking:
    """A turn that is asked for at once, in a thread, and held until it is told to end."""

    def __init__(self, turns: Turns, alone: bool, next_alone: bool = False) -> None:
        self.has_begun = threading.Event()
        self._may_end = threading.Event()
        self._thread = threading.Thread(target=self._take, args=(turns, alone, next_alone))
        self._thread.start()

    def _take(self, turns: Turns, alone: bool, next_alone: bool) -> None:
        with turns.turn(alone, next_alone):
            self.has_begun.set()
            self._may_end.wait(LONGEST_S)

    def begins(self) -> bool:
        return self.has_begun.wait(LONGEST_S)

    def waits(self) -> bool:
        return not self.has_begun.wait(SHORTLY_S)

    def end(self) -> None:
        self._may_end.set()
        self._thread.join()


def test_tests_run_beside_each_other(two: tuple[Turns, Turns]) -> None:
    one, other = Taking(two[0], alone=False), Taking(two[1], alone=False)
    assert one.begins()
    assert other.begins()
    one.end()
    other.end()


@pytest.mark.parametrize(("first", "second"), [(True, False), (False, True), (True, True)])
def test_nothing_runs_beside_what_is_alone(two: tuple[Turns, Turns], first: bool, second: bool) -> None:
    one = Taking(two[0], alone=first)
    assert one.begins()
    other = Taking(two[1], alone=second)
    assert other.waits()
    one.end()
    assert other.begins()
    other.end()


def test_who_waits_to_be_alone_is_not_put_off(tmp_path: Path, two: tuple[Turns, Turns]) -> None:
    running = Taking(two[0], alone=False)
    assert running.begins()
    alone = Taking(two[1], alone=True)
    assert alone.waits()
    third = Turns(tmp_path)
    late = Taking(third, alone=False)
    assert late.waits()
    running.end()
    assert alone.begins()
    assert late.waits()
    alone.end()
    assert late.begins()
    late.end()
    third.close()


def test_a_row_of_tests_that_are_alone_keeps_the_machine(two: tuple[Turns, Turns]) -> None:
    first = Taking(two[0], alone=True, next_alone=True)
    assert first.begins()
    other = Taking(two[1], alone=False)
    first.end()
    assert other.waits()
    last = Taking(two[0], alone=True)
    assert last.begins()
    assert other.waits()
    last.end()
    assert other.begins()
    other.end()


def test_a_process_that_ends_lets_go(tmp_path: Path) -> None:
    one, other = Turns(tmp_path), Turns(tmp_path)
    with one.turn(alone=True, next_alone=True):
        pass
    waiting = Taking(other, alone=False)
    assert waiting.waits()
    one.close()
    assert waiting.begins()
    waiting.end()
    other.close()


@pytest.mark.parametrize(
    ("nodeid", "unit"),
    [
        ("tests/unit/a/test_b.py::test_c[d::e]", "tests/unit/a/test_b.py"),
        ("tests/e2e/test_b.py::test_c", "tests/e2e/test_b.py"),
        ("tests/e2e/clients/test_terraform.py::test_c", CLIENTS),
        ("tests/e2e/clients/test_ansible.py::test_c", CLIENTS),
    ],
)
def test_a_file_goes_as_a_whole_and_the_clients_together(nodeid: str, unit: str) -> None:
    assert unit_of_work(nodeid) == unit


def test_the_line() -> None:
    line = [
        place_in_line("tests/e2e/test_scale.py::test_a", True),
        place_in_line("tests/e2e/clients/test_terraform.py::test_a", False),
        place_in_line("tests/e2e/test_b.py::test_a", False),
        place_in_line("tests/unit/a/test_b.py::test_c", False),
    ]
    assert line == sorted(set(line))


def test_a_real_collection_keeps_its_files_together(request: pytest.FixtureRequest) -> None:
    items = list(request.session.items)
    put_in_line(items)
    units = [unit_of_work(item.nodeid) for item in items]
    changes = [unit for unit, before in zip(units, ["", *units], strict=False) if unit != before]
    assert len(changes) == len(set(units))
    assert sorted(item.nodeid for item in items) == sorted(item.nodeid for item in request.session.items)
