"""A point names one state: what was written since is known for an earlier state of the same file, and for no other."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from innergate.primitives.ids import AccountId, Region
from innergate.resources.accounts import Account
from innergate.resources.base import Key
from innergate.store import schema, sqlite, writers
from innergate.store.sqlite import SqliteStore
from innergate.testing.clock import FakeClock

CLOCK = FakeClock()


def account(number: int) -> Account:
    id = AccountId(f"{number:012d}")
    return Account(id=id, account=id, region=Region(""), name=f"n{number}", email=f"{number}@x", joined_at=CLOCK.now())


def put(store: SqliteStore, *numbers: int) -> None:
    for number in numbers:
        with store.transaction() as tx:
            tx.put(account(number))


def keys(*numbers: int) -> set[Key]:
    return {account(number).key for number in numbers}


def reopened(store: SqliteStore, path: Path) -> SqliteStore:
    store.close()
    return SqliteStore(path, CLOCK)


def test_what_was_written_since(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    store = SqliteStore(path, CLOCK)
    empty = store.point_of(0)
    put(store, 1, 2)
    point = store.point_of(2)
    assert set(store.keys_since(point) or ()) == set()
    put(store, 3)
    with store.transaction() as tx:
        tx.delete(account(1))
    assert set(store.keys_since(point) or ()) == keys(3, 1)
    store = reopened(store, path)
    put(store, 4)
    store = reopened(store, path)
    assert set(store.keys_since(point) or ()) == keys(3, 1, 4)
    assert set(store.keys_since(empty) or ()) == keys(1, 2, 3, 4)
    assert store.keys_since(store.point_of(5)) == ()
    store.close()


def test_a_point_stays_the_same_over_restarts_without_commits(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    store = SqliteStore(path, CLOCK)
    put(store, 1)
    point = store.point_of(1)
    for _ in range(3):
        store = reopened(store, path)
        assert store.point_of(1) == point
    store.close()


def test_a_saved_copy_that_went_another_way_has_other_points(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    store = SqliteStore(path, CLOCK)
    put(store, 1)
    shared = store.point_of(1)
    store.close()
    shutil.copytree(tmp_path, tmp_path.with_name("saved"))
    store = SqliteStore(path, CLOCK)
    put(store, 2)
    later = store.point_of(2)
    store.close()
    saved = SqliteStore(tmp_path.with_name("saved") / "s.sqlite", CLOCK)
    assert saved.keys_since(later) is None  # it has not come so far
    put(saved, 3)
    assert saved.point_of(2) != later
    assert saved.keys_since(later) is None
    put(saved, 4)
    assert saved.keys_since(later) is None
    assert set(saved.keys_since(shared) or ()) == keys(3, 4)
    saved.close()


def test_a_commit_that_was_undone_signs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    before = store.point_of(0)

    def fail(self: writers.Writers, revision: int) -> None:
        signed(self, revision)
        raise sqlite3.IntegrityError("too late")

    signed = writers.Writers.sign
    with monkeypatch.context() as patched:
        patched.setattr(writers.Writers, "sign", fail)
        with pytest.raises(sqlite3.IntegrityError):
            put(store, 1)
    assert store.point_of(0) == before
    put(store, 1)
    assert store.point_of(1).writer != before.writer
    assert set(store.keys_since(before) or ()) == keys(1)
    store.close()


def test_a_reset_and_a_trimmed_log_are_no_known_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "LOGGED_REVISIONS", 3)
    monkeypatch.setattr(sqlite, "TRIM_EVERY", 1)
    store = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    put(store, *range(1, 11))
    assert set(store.keys_since(store.point_of(7)) or ()) == keys(8, 9, 10)
    assert store.keys_since(store.point_of(6)) is None
    point = store.point_of(10)
    store.reset()
    assert store.keys_since(point) is None
    point = store.point_of(11)
    put(store, 20)
    assert set(store.keys_since(point) or ()) == keys(20)
    store.close()


def test_only_the_last_writers_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "KEPT_WRITERS", 3)
    path = tmp_path / "s.sqlite"
    store = SqliteStore(path, CLOCK)
    points = []
    for number in range(1, 7):
        put(store, number)
        points.append(store.point_of(number))
        store = reopened(store, path)
    assert [store.keys_since(point) is not None for point in points] == [False, False, False, True, True, True]
    store.close()


def test_a_state_without_writers_gets_a_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.sqlite"
    with monkeypatch.context() as older:
        older.setattr("innergate.store.sqlite.MIGRATIONS", schema.MIGRATIONS[:1])
        older.setattr("innergate.store.opening.MIGRATIONS", schema.MIGRATIONS[:1])
        older.setattr(sqlite, "Writers", NoWriters)
        store = SqliteStore(path, CLOCK)
        put(store, 1, 2)
        store.close()
    store = SqliteStore(path, CLOCK)
    point = store.point_of(2)
    assert store.state().get(Account, account(2).id) == account(2)
    assert store.keys_since(point) == ()
    put(store, 3)
    assert set(store.keys_since(point) or ()) == keys(3)
    store.close()


class NoWriters:
    """Of a program that knew none."""

    def __init__(self, db: sqlite3.Connection) -> None:
        pass

    def sign(self, revision: int) -> None:
        pass

    def signed(self, revision: int) -> None:
        pass
