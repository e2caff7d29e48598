"""Failures are found by either id, newest first, and their file stays small."""

import asyncio
from pathlib import Path

from tests.unit.observe.failure_lines_kit import REFUSED, line

from innergate.server.failure_file import FailureFile

ID = REFUSED["request_id"]


def id_of(number: int) -> str:
    return f"{number:08d}-52f6-4be2-8f7e-3a4c1f0f1d11"


def write(path: Path, *numbers: int) -> None:
    with path.open("ab") as file:
        file.writelines(line(request_id=id_of(number), extended_id=id_of(number)[:16]) + b"\n" for number in numbers)


def test_a_failure_is_found_by_either_id(tmp_path: Path) -> None:
    file = FailureFile(tmp_path / "failures.log", lambda: None)
    assert file.find(ID) is None
    assert file.newest(5) == []
    write(tmp_path / "failures.log.1", 1, 2)
    write(tmp_path / "failures.log", 3, 4)
    for number in (1, 2, 3, 4):
        for id in (id_of(number), id_of(number)[:16]):
            found = file.find(id)
            assert found is not None
            assert found.request_id == id_of(number)
    assert file.find(id_of(5)) is None


def test_an_id_in_another_field_is_nobodys(tmp_path: Path) -> None:
    (tmp_path / "failures.log").write_bytes(line(user_agent=id_of(7)) + b"\n")
    file = FailureFile(tmp_path / "failures.log", lambda: None)
    assert file.find(id_of(7)) is None
    assert file.find("GET") is None, "too short for an id"


def test_the_newest_come_first_and_half_a_line_does_not_count(tmp_path: Path) -> None:
    write(tmp_path / "failures.log.1", 1, 2)
    write(tmp_path / "failures.log", 3, 4)
    with (tmp_path / "failures.log").open("ab") as file:
        file.write(line(request_id=id_of(5))[:40])
    found = FailureFile(tmp_path / "failures.log", lambda: None).newest(3)
    assert [failure.request_id for failure in found] == [id_of(4), id_of(3), id_of(2)]


def test_a_large_file_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    path, reopened = tmp_path / "failures.log", []

    def reopen() -> None:
        reopened.append(True)
        path.touch()

    file = FailureFile(path, reopen, limit_bytes=300)
    file.rotate()
    write(path, 1)
    file.rotate()
    assert reopened == []
    write(path, 2, 3)
    file.rotate()
    write(path, 4, 5, 6)
    file.rotate()
    assert reopened == [True, True]
    assert [failure.request_id for failure in file.newest(9)] == [id_of(6), id_of(5), id_of(4)]


def test_a_disk_that_refuses_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "failures.log").mkdir()
    file = FailureFile(tmp_path / "failures.log", lambda: None, limit_bytes=1)
    (tmp_path / "failures.log.1").mkdir()

    async def run() -> bool:
        running = asyncio.ensure_future(file.run())
        await asyncio.sleep(0.1)
        goes_on = not running.done()
        running.cancel()
        return goes_on

    assert asyncio.run(run())
