"""A disk that takes nothing, or lost some of what it took: what is acknowledged is there, or its loss is said."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from tests.unit.store.test_sqlite_store import CLOCK, subnet, vpc

from innergate.resources.vpcs import Vpc
from innergate.store.errors import StoreDamaged, StoreUnwritable
from innergate.store.observations import Observation
from innergate.store.opening import check_openable
from innergate.store.side_file import SideFile
from innergate.store.sqlite import SqliteStore
from innergate.testing.disk import refusing_disk


def write(store: SqliteStore, *ids: str) -> None:
    for id in ids:
        with store.transaction() as tx:
            tx.put(vpc(id))


def cut_off(running: Path, folder: Path) -> Path:
    """The files of a running store as `kill -9` leaves them; the path of the state."""
    folder.mkdir()
    for path in running.glob("s.*"):
        shutil.copy(path, folder)
    return folder / "s.sqlite"


def test_a_full_disk_refuses_and_takes_again_when_there_is_room(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    write(store, "vpc-1")
    with refusing_disk():
        for _ in range(3):
            with pytest.raises(StoreUnwritable, match="does not take the change"):
                write(store, "vpc-2")
        with pytest.raises(StoreUnwritable):
            store.reset()
        assert store.state().revision == 1
        assert store.state().get(Vpc, "vpc-2") is None
    write(store, "vpc-3")
    assert store.state().revision == 2
    store.close()
    again = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    assert {found.id for found in again.state().all(Vpc)} == {"vpc-1", "vpc-3"}
    again.close()


def test_observations_wait_for_room(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    store.observe([Observation("gone", "x", 1, CLOCK.now())])
    with refusing_disk():
        store.observe([Observation("seen", "x", 2, CLOCK.now())])
        store.forget_observations("gone")
        found = store.observed("seen", "x")
        assert found is not None
        assert found.value == 2
    write(store, "vpc-1")
    store.observe([])
    store.close()
    again = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    assert again.observed("seen", "x") == found
    assert again.observed_of("gone") == ()
    again.close()


def test_a_side_file_takes_again_when_there_is_room(tmp_path: Path) -> None:
    side = SideFile(tmp_path / "side.sqlite", "CREATE TABLE IF NOT EXISTS line (text TEXT);", 1)
    with refusing_disk(), pytest.raises(sqlite3.OperationalError), side.writing() as db:
        db.execute("INSERT INTO line VALUES (?)", ("x" * 100_000,))
    with side.writing() as db:
        db.execute("INSERT INTO line VALUES ('kept')")
    assert side.query("SELECT text FROM line", ()) == [("kept",)]
    side.close()


def test_a_torn_write_that_was_not_acknowledged_is_dropped(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    write(store, "vpc-1", "vpc-2")
    path = cut_off(tmp_path, tmp_path / "after")
    wal = path.with_name("s.sqlite-wal")
    wal.write_bytes(wal.read_bytes() + b"\x00\x01" * 3000)
    with path.with_suffix(".acknowledged").open("r+b") as mark:
        assert int(mark.read()) == 2
    again = SqliteStore(path, CLOCK)
    assert {found.id for found in again.state().all(Vpc)} == {"vpc-1", "vpc-2"}
    again.close()


@pytest.mark.parametrize("damage", ["cut", "garbled"])
def test_what_was_acknowledged_is_never_lost_in_silence(tmp_path: Path, damage: str) -> None:
    store = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    write(store, "vpc-1", "vpc-2", "vpc-3")
    path = cut_off(tmp_path, tmp_path / "after")
    wal = path.with_name("s.sqlite-wal")
    held = wal.read_bytes()
    wal.write_bytes(held[:-5000] if damage == "cut" else held[:-5000] + b"\xff" * 2000 + held[-3000:])
    with pytest.raises(
        StoreDamaged, match=r"ends at revision 2, but revision 3 was acknowledged.*delete .*\.acknowledged"
    ):
        check_openable(path)
    with pytest.raises(StoreDamaged):
        SqliteStore(path, CLOCK)
    path.with_suffix(".acknowledged").unlink()
    again = SqliteStore(path, CLOCK)
    assert {found.id for found in again.state().all(Vpc)} == {"vpc-1", "vpc-2"}
    with again.transaction() as tx:
        tx.put(subnet())
    again.close()
    SqliteStore(path, CLOCK).close()


def test_a_file_that_is_no_database_is_said_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    path.write_bytes(b"what is this" * 1000)
    for opening in (check_openable, lambda where: SqliteStore(where, CLOCK)):
        with pytest.raises(StoreDamaged, match="is damaged"):
            opening(path)


def test_a_disk_that_takes_nothing_is_said_at_the_start(tmp_path: Path) -> None:
    with refusing_disk(), pytest.raises(StoreUnwritable, match=r"s\.sqlite cannot be opened for writing"):
        SqliteStore(tmp_path / "s.sqlite", CLOCK)
    SqliteStore(tmp_path / "s.sqlite", CLOCK).close()
