"""The store on SQLite: durable first, visible afterwards, one process at a time."""

import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import final

import msgspec

from innergate.primitives.clock import Clock
from innergate.resources.base import Key, Resource
from innergate.store.acknowledged import AcknowledgedMark, check_acknowledged
from innergate.store.burial import Burial
from innergate.store.errors import StoreUnwritable
from innergate.store.observations import Observation
from innergate.store.observed_rows import ObservedRows
from innergate.store.opening import (
    check_version,
    is_disks_refusal,
    lock_state,
    reading_what_may_be_damaged,
)
from innergate.store.rows import packing_of
from innergate.store.schema import MIGRATIONS
from innergate.store.state import Change, Commit, State
from innergate.store.transaction import Transaction
from innergate.store.turn_lock import TurnLock
from innergate.store.unread import Unread
from innergate.store.writers import Point, Writers, keys_written_since

REMEMBERED_COMMITS = 1_000
"""Commits kept in memory, with their resources, for readers that follow; who is further behind takes a whole state."""

LOGGED_REVISIONS = 10_000
"""Revisions that the log table keeps, give or take TRIM_EVERY."""
TRIM_EVERY = 500
WAL_LIMIT_BYTES = 16 << 20
"""What a checkpoint leaves of the write-ahead log's file."""


@final
class SqliteStore:
    """All state of one platform in one SQLite file.

    A commit is one SQLite transaction with a full sync; only when it has returned does the new state become visible. Raises
    StoreBusy if another process has the file's folder open, StoreTooNew for a state of a newer version, StoreDamaged for one
    that lacks what was acknowledged, StoreUnwritable where the disk takes nothing.

    One that `reads_later` reads each kind of resource when it is first asked for; call `read_all` soon, for the first commit
    waits for it.
    """

    def __init__(self, path: Path, clock: Clock, reads_later: bool = False) -> None:
        self._clock = clock
        self._lock = TurnLock()
        self._publishing = threading.Lock()
        self._wakers: list[Callable[[], None]] = []
        self._guard = lock_state(path)
        self._commits: deque[Commit] = deque(maxlen=REMEMBERED_COMMITS)
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._mark = AcknowledgedMark(path)
            with reading_what_may_be_damaged(path):
                self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=FULL")
                self._db.execute("PRAGMA foreign_keys=ON")
                self._db.execute(f"PRAGMA journal_size_limit={WAL_LIMIT_BYTES}")
                self._migrate()
                self._observed = ObservedRows(self._db)
                self._writers = Writers(self._db)
                self._state = self._load(path)
                self._opened: State | None = self._state
                if not reads_later:
                    self.read_all()
            check_acknowledged(path, self._state.revision)
        except BaseException:
            os.close(self._guard)
            raise

    def close(self) -> None:
        """Closes the file and lets another process have it."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
            self._db.close()
            self._mark.close()
            os.close(self._guard)

    # -- reading ------------------------------------------------------------------------------------------------------

    def state(self) -> State:
        """All resources at the newest revision."""
        return self._state

    def read_all(self) -> None:
        """Reads what has not been read yet, and holds the state of the opening no longer. Raises StoreDamaged."""
        opened = self._opened
        if opened is not None:
            opened.read_all()
            self._opened = None

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A read-only transaction on the newest state. Never waits."""
        yield Transaction(self._state, writable=False)

    def commits_after(self, revision: int) -> tuple[Commit, ...] | None:
        """The commits after `revision`, oldest first; None where they are no longer remembered (take `state()`). Waits for no
        writer."""
        with self._publishing:
            if revision >= self._state.revision:
                return ()
            if not self._commits or self._commits[0].revision > revision + 1:
                return None
            return tuple(c for c in self._commits if c.revision > revision)

    def point_of(self, revision: int) -> Point:
        """What tells the state of that revision (the one that was opened, or a later one) from any other."""
        return self._writers.point_of(revision)

    def keys_since(self, point: Point) -> tuple[Key, ...] | None:
        """Every key that was written after the state at `point`; None where that is no earlier state of this one, or too long
        ago."""
        with self._lock:
            revision = self._state.revision
            if not self._burial.emptied <= point.revision <= revision:
                return None
            return keys_written_since(self._db, point, revision - LOGGED_REVISIONS + 1)

    def on_commit(self, wake: Callable[[], None]) -> None:
        """Calls `wake` (quick, from any thread) after each commit. Its content is to be read from the store."""
        self._wakers.append(wake)

    # -- writing ------------------------------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A writing transaction; it commits at the end of the block and is dropped if the block raises.

        Raises StillReferenced, NameTaken, MissingReference, StoreUnwritable. When the block is left without an error, the
        change is on disk.
        """
        with self._lock:
            transaction = Transaction(self._state)
            yield transaction
            changes = transaction.changes()
            if not changes:
                return
            self._state.read_all()
            revision = self._state.revision + 1
            self._write(revision, changes)
            self._writers.signed(revision)
            self._mark.note(revision)
            state = self._state.apply(revision, changes)
            with self._publishing:
                self._state = state
                self._commits.append(Commit(revision, changes))
        for wake in self._wakers:
            wake()

    def reset(self) -> None:
        """Empties the state in one small commit, however much there was (the revision goes on).

        Rows up to that revision are dead from then on; later commits take them away, a few each. Who follows the store
        takes a whole state.
        """
        with self._lock:
            revision = self._state.revision + 1
            with self._durably():
                self._db.execute("UPDATE counter SET value = ? WHERE name = 'revision'", (revision,))
                self._db.execute("INSERT OR REPLACE INTO counter VALUES ('emptied', ?)", (revision,))
                self._db.execute("DELETE FROM observation")
                self._writers.sign(revision)
            self._writers.signed(revision)
            self._mark.note(revision)
            self._burial = Burial(self._db, revision)
            self._observed.clear()
            with self._publishing:
                self._commits.clear()
                self._state = State(revision)
        for wake in self._wakers:
            wake()

    @contextmanager
    def _durably(self) -> Iterator[None]:
        """One transaction of SQLite, synced at the end of the block. Raises StoreUnwritable: then nothing has happened."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except BaseException as error:
            if self._db.in_transaction:  # SQLite itself has undone some that the disk did not take
                self._db.execute("ROLLBACK")
            if is_disks_refusal(error):
                raise StoreUnwritable(f"the disk does not take the change: {error}") from error
            raise

    def _write(self, revision: int, changes: tuple[Change, ...]) -> None:
        try:
            with self._durably():
                self._write_rows(revision, changes)
        except BaseException:
            self._burial = Burial(self._db, self._burial.emptied)
            raise

    def _write_rows(self, revision: int, changes: tuple[Change, ...]) -> None:
        at = self._clock.now().isoformat()
        self._burial.make_room(changes)
        for seq, (key, before, after) in enumerate(changes):
            self._forget(key, before)
            if after is None:
                self._db.execute("DELETE FROM resource WHERE kind = ? AND id = ?", key)
            else:
                self._insert(revision, before is None, after)
            self._db.execute(
                "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?)", (revision, seq, key.kind, key.id, after is None, at)
            )
        for key, _, after in changes:
            if after is not None:
                self._insert_names(key, after)
        self._db.execute("UPDATE counter SET value = ? WHERE name = 'revision'", (revision,))
        self._writers.sign(revision)
        if revision % TRIM_EVERY == 0:
            self._db.execute("DELETE FROM log WHERE revision <= ?", (revision - LOGGED_REVISIONS,))

    def _forget(self, key: Key, before: Resource | None) -> None:
        if before is None:
            return
        self._db.execute("DELETE FROM unique_name WHERE kind = ? AND id = ?", key)
        self._db.execute("DELETE FROM reference WHERE holder_kind = ? AND holder_id = ?", key)

    def _insert(self, revision: int, is_new: bool, after: Resource) -> None:
        """Raises msgspec's errors for what could not be read again (JSON has no infinity): once written, it would hold up every
        later start."""
        body = msgspec.json.encode(after)
        packing_of(type(after)).decode(body)
        if is_new:
            self._db.execute(
                "INSERT INTO resource VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (after.kind, after.id, after.account, after.region, after.version, body, revision, revision),
            )
        else:
            self._db.execute(
                "UPDATE resource SET account = ?, region = ?, version = ?, body = ?, written = ? WHERE kind = ? AND id = ?",
                (after.account, after.region, after.version, body, revision, after.kind, after.id),
            )

    def _insert_names(self, key: Key, after: Resource) -> None:
        for name in after.unique_names():
            self._db.execute("INSERT INTO unique_name VALUES (?, ?, ?, ?)", (*name, *key))
        for target in dict.fromkeys(after.references()):
            if target != key:
                self._db.execute("INSERT INTO reference VALUES (?, ?, ?, ?)", (*key, *target))

    # -- observations -------------------------------------------------------------------------------------------------

    def observe(self, seen: Iterable[Observation]) -> None:
        """Keeps the newest of each (subject, name), in memory and on disk (without waiting for the disk's sync or room)."""
        with self._lock:
            self._observed.keep(seen)

    def forget_observations(self, subject: str) -> None:
        """Drops all observations of a subject."""
        with self._lock:
            self._observed.forget(subject)

    def observed(self, subject: str, name: str) -> Observation | None:
        """The newest observation, or None."""
        return self._observed.one(subject, name)

    def observed_of(self, subject: str) -> tuple[Observation, ...]:
        """All observations of a subject."""
        return self._observed.all_of(subject)

    # -- start --------------------------------------------------------------------------------------------------------

    def _migrate(self) -> None:
        at = check_version(self._db)
        for number, script in enumerate(MIGRATIONS[at:], start=at + 1):
            with self._durably():
                for statement in script.split(";"):
                    if statement.strip():
                        self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {number}")

    def _load(self, path: Path) -> State:
        emptied = self._db.execute("SELECT value FROM counter WHERE name = 'emptied'").fetchone()
        self._burial = Burial(self._db, int(emptied[0]) if emptied else 0)
        unread = Unread(path, self._burial.emptied)
        return State(unread.revision, unread=unread)
