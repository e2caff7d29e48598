"""Every line of a growing file is kept once, though keeping fails, the file is renamed, or the reader starts again."""

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from innergate.observe.access_file import AccessFile
from innergate.server.file_intake import FileIntake, Source
from innergate.store.side_file import SourcePosition


class Rows:
    """A store of lines, in memory; its next `failures` writes fail."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.read: dict[int, SourcePosition] = {}
        self.failures = 0

    def keep(self, lines: Sequence[bytes], read: SourcePosition) -> None:
        if self.failures:
            self.failures -= 1
            raise sqlite3.OperationalError("database or disk is full")
        self.lines += lines
        self.read[read.inode] = read

    def positions(self, name: str) -> tuple[SourcePosition, ...]:
        return tuple(read for read in self.read.values() if read.name == name)

    def forget_source(self, name: str, inode: int) -> None:
        assert self.read.pop(inode).name == name


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lines"


def make_intake(path: Path, rows: Rows) -> FileIntake:
    return FileIntake(Source("s", AccessFile(path, path.touch, limit_bytes=20), 0.001), rows, rows.keep)


def write(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_whole_lines_are_kept_once(path: Path) -> None:
    rows = Rows()
    intake = make_intake(path, rows)
    assert intake.take() == 0
    write(path, "a\nb\nhal")
    assert (intake.take(), intake.take()) == (2, 0)
    write(path, "f\n")
    assert intake.take() == 1
    assert rows.lines == [b"a", b"b", b"half"]


def test_what_could_not_be_kept_is_taken_again(path: Path) -> None:
    rows = Rows()
    intake = make_intake(path, rows)
    write(path, "a\n")
    rows.failures = 1
    with pytest.raises(sqlite3.OperationalError):
        intake.take()
    assert intake.take() == 1
    assert rows.lines == [b"a"]


def test_a_new_reader_goes_on_and_a_file_read_to_its_end_is_forgotten(path: Path) -> None:
    rows = Rows()
    for n in range(20):
        write(path, f"line {n}\n")
        make_intake(path, rows).take()
    assert rows.lines == [f"line {n}".encode() for n in range(20)]
    assert len(rows.read) <= 2
    assert not path.with_name("lines.1").exists()


def test_positions_of_a_file_that_is_gone_are_forgotten(path: Path) -> None:
    rows = Rows()
    write(path, "a\n")
    make_intake(path, rows).take()
    path.unlink()
    make_intake(path, rows).take()
    assert rows.read == {}


def test_a_disk_that_is_full_at_the_start_holds_nobody_up(path: Path) -> None:
    rows = Rows()
    write(path, "a\n")
    make_intake(path, rows).take()
    write(path, "b\n")
    rows.failures = 1
    intake = make_intake(path, rows)
    with pytest.raises(sqlite3.OperationalError):
        intake.take()
    assert intake.take() == 1
    assert rows.lines == [b"a", b"b"]


class EnoughError(Exception):
    """Ends a life that has no end."""


def test_its_life_goes_on_after_failures(path: Path) -> None:
    rows = Rows()
    rows.failures = 2
    write(path, "a\n")

    def keep(lines: Sequence[bytes], read: SourcePosition) -> None:
        rows.keep(lines, read)
        if rows.lines == [b"a", b"b"]:
            raise EnoughError
        write(path, "b\n")

    source = Source("s", AccessFile(path, path.touch, limit_bytes=20), 0.001)
    with pytest.raises(EnoughError):
        asyncio.run(FileIntake(source, rows, keep).run())
