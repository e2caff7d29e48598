"""What keeps a store healthy over years: schema steps, a log that does not grow for ever, a small write-ahead log."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from innergate.primitives.ids import AccountId, Region
from innergate.resources.accounts import Account
from innergate.store import schema, sqlite
from innergate.store.errors import StoreTooNew
from innergate.store.opening import check_openable
from innergate.store.sqlite import SqliteStore
from innergate.testing.clock import FakeClock
from innergate.testing.cpu_time import cpu_seconds

CLOCK = FakeClock()


def account(number: int) -> Account:
    id = AccountId(f"{number:012d}")
    return Account(id=id, account=id, region=Region(""), name=f"n{number}", email=f"{number}@x", joined_at=CLOCK.now())


def put(store: SqliteStore, resource: Account) -> None:
    with store.transaction() as tx:
        tx.put(resource)


def test_an_older_schema_is_lifted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    put(store, account(1))
    store.close()
    wider = (*schema.MIGRATIONS, "ALTER TABLE log ADD COLUMN who TEXT; CREATE INDEX log_at ON log (at)")
    monkeypatch.setattr("innergate.store.sqlite.MIGRATIONS", wider)
    monkeypatch.setattr("innergate.store.opening.MIGRATIONS", wider)
    lifted = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    assert lifted.state().get(Account, account(1).id) == account(1)
    assert lifted._db.execute("PRAGMA user_version").fetchone() == (len(wider),)
    lifted.close()


def test_a_step_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    SqliteStore(tmp_path / "s.sqlite", CLOCK).close()
    broken = (*schema.MIGRATIONS, "CREATE TABLE half (x TEXT); INSERT INTO nowhere VALUES (1)")
    with monkeypatch.context() as patched:
        patched.setattr("innergate.store.sqlite.MIGRATIONS", broken)
        with pytest.raises(sqlite3.OperationalError):
            SqliteStore(tmp_path / "s.sqlite", CLOCK)
    db = sqlite3.connect(tmp_path / "s.sqlite")
    assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'half'").fetchone() == (0,)
    assert db.execute("PRAGMA user_version").fetchone() == (len(schema.MIGRATIONS),)
    db.close()


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    SqliteStore(tmp_path / "s.sqlite", CLOCK).close()
    db = sqlite3.connect(tmp_path / "s.sqlite")
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreTooNew, match="schema 99"):
        check_openable(tmp_path / "s.sqlite")
    with pytest.raises(StoreTooNew, match="schema 99"):
        SqliteStore(tmp_path / "s.sqlite", CLOCK)


@pytest.mark.parametrize(
    ("newer", "said"),
    [
        ("INSERT INTO resource SELECT 'gate', id, account, region, 1, body, 1, 1 FROM resource", "has gate resources"),
        ("UPDATE resource SET version = 7", "account resources of version 7, this Innergate knows up to 1"),
    ],
)
def test_resources_of_a_newer_innergate_are_refused_and_left_alone(tmp_path: Path, newer: str, said: str) -> None:
    store = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    put(store, account(1))
    store.close()
    with closing(sqlite3.connect(tmp_path / "s.sqlite")) as db, db:
        db.execute(newer)
        before = db.execute("SELECT * FROM resource").fetchall()
    with pytest.raises(StoreTooNew, match=said):
        SqliteStore(tmp_path / "s.sqlite", CLOCK)
    with closing(sqlite3.connect(tmp_path / "s.sqlite")) as db:
        assert db.execute("SELECT * FROM resource").fetchall() == before


def test_the_log_keeps_the_newest_revisions_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "LOGGED_REVISIONS", 50)
    monkeypatch.setattr(sqlite, "TRIM_EVERY", 10)
    store = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    for number in range(200):
        put(store, account(number))
    oldest, rows = store._db.execute("SELECT min(revision), count(*) FROM log").fetchone()
    assert (oldest, rows) == (151, 50)
    assert len(store.state().all(Account)) == 200
    store.close()


def test_the_write_ahead_log_does_not_grow_for_ever(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    for first in range(0, 20_000, 2_000):
        with store.transaction() as tx:
            for number in range(first, first + 2_000):
                tx.put(account(number))
    put(store, account(0))
    assert (tmp_path / "s.sqlite-wal").stat().st_size <= sqlite.WAL_LIMIT_BYTES
    store.close()
    assert not (tmp_path / "s.sqlite-wal").exists()


def test_who_is_far_behind_takes_a_whole_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "REMEMBERED_COMMITS", 3)
    store = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    for number in range(5):
        put(store, account(number))
    assert store.commits_after(1) is None
    assert [commit.revision for commit in store.commits_after(2) or ()] == [3, 4, 5]
    store.close()


def test_a_big_state_is_emptied_at_once(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    costs_s = []
    for _ in range(3):
        with store.transaction() as tx:
            for number in range(10_000):
                tx.put(account(number))
        costs_s.append(cpu_seconds(store.reset))
    took_ms = min(costs_s) * 1000
    print(f"reset of 10,000 rows: {took_ms:.1f} ms of CPU")
    assert took_ms < 50
    assert store.state().all(Account) == ()
    assert store.commits_after(1) is None
    store.close()
