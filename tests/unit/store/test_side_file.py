"""A side file keeps rows and positions together or not at all, for its owner only, and refuses what it does not know."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from innergate.store.errors import StoreTooNew
from innergate.store.side_file import SideFile, SourcePosition, keep_position

SCHEMA = "CREATE TABLE IF NOT EXISTS said (word TEXT NOT NULL);"
READ = SourcePosition("s", 7, 100, b"tail")


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SideFile]:
    made = SideFile(tmp_path / "folder" / "side.sqlite", SCHEMA, 3)
    yield made
    made.close()


def say(file: SideFile, word: str, read: SourcePosition) -> None:
    with file.writing() as db:
        db.execute("INSERT INTO said VALUES (?)", (word,))
        keep_position(db, read)
        if word == "broken":
            raise RuntimeError


def test_a_row_and_its_position_come_and_fail_together(file: SideFile) -> None:
    say(file, "one", READ)
    with pytest.raises(RuntimeError):
        say(file, "broken", READ._replace(offset=200))
    assert file.query("SELECT word FROM said", ()) == [("one",)]
    assert file.positions("s") == (READ,)
    say(file, "two", READ._replace(offset=300))
    assert [read.offset for read in file.positions("s")] == [300]


def test_sources_and_files_have_positions_of_their_own(file: SideFile) -> None:
    other, rotated = READ._replace(name="t"), READ._replace(inode=8)
    for read in (READ, other, rotated):
        say(file, "x", read)
    assert file.positions("s") == (READ, rotated)
    file.forget_source("s", 7)
    assert (file.positions("s"), file.positions("t")) == ((rotated,), (other,))


def test_what_is_forgotten_was_synced_before(file: SideFile, tmp_path: Path) -> None:
    path = tmp_path / "folder" / "side.sqlite"
    say(file, "one", READ)
    file.forget_source("s", 7)
    (tmp_path / "copy").write_bytes(path.read_bytes())
    db = sqlite3.connect(tmp_path / "copy")
    try:
        assert db.execute("SELECT word FROM said").fetchall() == [("one",)]
        assert db.execute("SELECT offset FROM source").fetchall() == [(100,)]
    finally:
        db.close()


def test_a_query_reads_only_what_is_committed_and_waits_for_no_writer(file: SideFile) -> None:
    with file.writing() as db:
        db.execute("INSERT INTO said VALUES ('one')")
        assert file.query("SELECT word FROM said", ()) == []
    assert file.query("SELECT word FROM said WHERE word = ?", ["one"]) == [("one",)]
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        file.query("DELETE FROM said", ())


def test_writers_wait_for_each_other(file: SideFile) -> None:
    thread = threading.Thread(target=say, args=(file, "second", READ))
    with file.writing() as db:
        thread.start()
        thread.join(0.05)
        assert thread.is_alive()
        db.execute("INSERT INTO said VALUES ('first')")
    thread.join()
    assert file.query("SELECT word FROM said ORDER BY rowid", ()) == [("first",), ("second",)]


def test_only_its_owner_may_read_it(file: SideFile, tmp_path: Path) -> None:
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "folder" / "side.sqlite").stat().st_mode & 0o777 == 0o600


def test_versions(tmp_path: Path) -> None:
    path = tmp_path / "side.sqlite"
    for version in (1, 2, 2):
        made = SideFile(path, SCHEMA, version)
        assert made.query("PRAGMA user_version", ()) == [(version,)]
        made.close()
    with pytest.raises(StoreTooNew, match=r"side\.sqlite has schema 2, this Innergate knows up to 1; use a newer one"):
        SideFile(path, SCHEMA, 1)


def test_nothing_is_answered_after_the_end(tmp_path: Path) -> None:
    made = SideFile(tmp_path / "side.sqlite", SCHEMA, 1)
    made.close()
    with pytest.raises(sqlite3.ProgrammingError):
        made.positions("s")
    with pytest.raises(sqlite3.ProgrammingError):
        say(made, "late", READ)


def test_a_damaged_file_is_set_aside_and_another_begun(tmp_path: Path) -> None:
    path = tmp_path / "side.sqlite"
    made = SideFile(path, SCHEMA, 3)
    assert made.set_aside is None
    say(made, "one", READ)
    made.close()
    path.write_bytes(b"no database any more" * 300)
    again = SideFile(path, SCHEMA, 3)
    try:
        assert again.set_aside == tmp_path / "side.sqlite.damaged-1"
        assert again.set_aside.read_bytes() == b"no database any more" * 300
        assert again.positions("s") == ()
        say(again, "two", READ)
        assert again.query("SELECT word FROM said", ()) == [("two",)]
    finally:
        again.close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_torn_schema_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "side.sqlite"
    SideFile(path, SCHEMA, 3).close()
    content = bytearray(path.read_bytes())
    content[100:4096] = b"\xff" * 3996
    path.write_bytes(content)
    again = SideFile(path, SCHEMA, 3)
    assert again.set_aside is not None
    again.close()
