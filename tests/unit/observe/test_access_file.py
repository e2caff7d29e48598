"""The access-log file is read in whole lines, set aside when it is large, and deleted only when all of it was read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from innergate.observe.access_file import CHUNK_BYTES, AccessFile


class Envoy:
    """Writes to the file that it has open, and opens it anew when it is asked to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.is_up = True
        self.asked = 0
        self._file = path.open("ab", buffering=0)

    def write(self, text: str) -> None:
        self._file.write(text.encode())

    def close(self) -> None:
        self._file.close()

    def reopen(self) -> None:
        self.asked += 1
        if not self.is_up:
            raise ConnectionRefusedError
        self._file.close()
        self._file = self._path.open("ab", buffering=0)


class Reader:
    """Reads as the intake does, and remembers."""

    def __init__(self, file: AccessFile) -> None:
        self.file = file
        self.offsets: dict[int, int] = {}
        self.lines: list[str] = []

    def look(self) -> None:
        chunk = self.file.read(self.offsets)
        if chunk is not None:
            self.lines += [line.decode() for line in chunk.lines]
            self.offsets[chunk.inode] = chunk.offset
        self.file.rotate()
        self.file.finish(self.offsets, lambda inode: self.offsets.__delitem__(inode))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


@pytest.fixture
def envoy(path: Path) -> Iterator[Envoy]:
    envoy = Envoy(path)
    yield envoy
    envoy.close()


def test_only_whole_lines(path: Path, envoy: Envoy) -> None:
    reader = Reader(AccessFile(path, envoy.reopen))
    reader.look()
    envoy.write("one\ntwo\nthr")
    reader.look()
    reader.look()
    assert reader.lines == ["one", "two"]
    envoy.write("ee\n")
    reader.look()
    assert reader.lines == ["one", "two", "three"]


def test_no_file_is_nothing_to_read(path: Path) -> None:
    reader = Reader(AccessFile(path, lambda: None))
    reader.look()
    assert reader.lines == []


def test_a_line_longer_than_a_chunk(path: Path, envoy: Envoy) -> None:
    reader = Reader(AccessFile(path, envoy.reopen))
    envoy.write("x" * (CHUNK_BYTES + 10) + "\nnext\n")
    reader.look()
    reader.look()
    assert [len(line) for line in reader.lines] == [CHUNK_BYTES + 10, 4]


def test_a_file_that_was_cut_is_read_from_its_start(path: Path, envoy: Envoy) -> None:
    reader = Reader(AccessFile(path, envoy.reopen))
    envoy.write("first line\n")
    reader.look()
    path.write_bytes(b"")
    envoy.write("new\n")
    reader.look()
    assert reader.lines == ["first line", "new"]


def test_rotation_loses_and_repeats_nothing(path: Path, envoy: Envoy) -> None:
    reader = Reader(AccessFile(path, envoy.reopen, limit_bytes=100))
    for number in range(200):
        envoy.write(f"line {number}\n")
        if number % 3 == 0:
            reader.look()
    for _ in range(5):
        reader.look()
    assert reader.lines == [f"line {number}" for number in range(200)]
    assert envoy.asked > 5
    assert [p.name for p in path.parent.iterdir()] == ["access.log"]
    assert len(reader.offsets) == 1


def test_the_old_file_stays_until_envoy_has_opened_the_new_one(path: Path, envoy: Envoy) -> None:
    reader = Reader(AccessFile(path, envoy.reopen, limit_bytes=10))
    envoy.is_up = False
    envoy.write("0123456789\n")
    reader.look()
    envoy.write("still the old file\n")
    reader.look()
    aside = path.with_name("access.log.1")
    assert aside.exists()
    assert reader.lines == ["0123456789", "still the old file"]
    envoy.is_up = True
    reader.look()
    envoy.write("new\n")
    reader.look()
    assert reader.lines[2:] == ["new"]
    assert not aside.exists()


def test_half_a_line_at_the_end_of_an_old_file_does_not_hold_it(path: Path, envoy: Envoy) -> None:
    reader = Reader(AccessFile(path, envoy.reopen, limit_bytes=10))
    envoy.write("0123456789\nhal")
    reader.look()
    reader.look()
    assert not path.with_name("access.log.1").exists()
