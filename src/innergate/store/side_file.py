"""A SQLite file beside the state: written in short transactions, together with how far the sources of its rows were read.

Rows and the position of their source are one transaction, so that a killed process neither loses nor repeats what it read. The
file is synced when it is checkpointed, not with every transaction. What the rows mean is for the store that holds the file.

The platform can do without them: a file that is damaged when it is opened is set aside, and another begun.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, final

from innergate.store.errors import StoreDamaged, StoreTooNew
from innergate.store.opening import reading_what_may_be_damaged
from innergate.store.setting_aside import set_aside

_SOURCES = """
CREATE TABLE IF NOT EXISTS source (
  name TEXT NOT NULL, inode INTEGER NOT NULL, offset INTEGER NOT NULL, tail BLOB NOT NULL,
  PRIMARY KEY (name, inode)) WITHOUT ROWID;
"""


class SourcePosition(NamedTuple):
    """How far a file was read, and the last bytes before that."""

    name: str
    inode: int
    offset: int
    tail: bytes


@final
class SideFile:
    """One open file. Safe for all threads: writers wait for each other, readers for readers only.

    `schema` is SQL that may be run again on a file that has it. `set_aside` is where a file that was no database is now.
    Raises StoreTooNew for a file of a newer version, StoreUnwritable where the disk takes nothing.
    """

    def __init__(self, path: Path, schema: str, version: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._write_lock = threading.Lock()
        self._read_lock = threading.Lock()
        self.set_aside: Path | None = None
        try:
            self._writer = _open_writer(path, schema, version)
        except StoreDamaged as damage:
            self.set_aside = set_aside(path, damage)
            self._writer = _open_writer(path, schema, version)
        self._reader = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._reader.execute("PRAGMA query_only=ON")

    def close(self) -> None:
        """Closes the file; later calls raise sqlite3.ProgrammingError."""
        with self._write_lock, self._read_lock:
            self._reader.close()
            self._writer.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: kept if the block ends, undone if it raises."""
        with self._write_lock:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:  # SQLite itself has undone some that the disk did not take
                    self._writer.execute("ROLLBACK")
                raise

    def query(self, text: str, values: Sequence[object]) -> list[Any]:
        """The rows of a SELECT, all of them from what is committed."""
        with self._read_lock:
            return self._reader.execute(text, tuple(values)).fetchall()

    def positions(self, name: str) -> tuple[SourcePosition, ...]:
        """How far each file of a source was read."""
        rows = self.query("SELECT name, inode, offset, tail FROM source WHERE name = ?", (name,))
        return tuple(SourcePosition(*row) for row in rows)

    def forget_source(self, name: str, inode: int) -> None:
        """Syncs everything that was taken, and forgets a file's position; then the file may be deleted."""
        with self._write_lock:
            self._writer.execute("PRAGMA wal_checkpoint(FULL)").fetchall()
            self._writer.execute("DELETE FROM source WHERE name = ? AND inode = ?", (name, inode))


def _open_writer(path: Path, schema: str, version: int) -> sqlite3.Connection:
    """Raises StoreTooNew, StoreDamaged, StoreUnwritable."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        with reading_what_may_be_damaged(path):
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            found = int(db.execute("PRAGMA user_version").fetchone()[0])
            if found > version:
                raise StoreTooNew(
                    f"{path.name} has schema {found}, this Innergate knows up to {version}; use a newer one"
                )
            db.executescript(f"{schema} {_SOURCES} PRAGMA user_version = {version};")
    except BaseException:
        db.close()
        raise
    return db


def keep_position(db: sqlite3.Connection, read: SourcePosition) -> None:
    """Keeps how far a source was read, in the transaction that `writing` opened."""
    db.execute("INSERT OR REPLACE INTO source VALUES (?, ?, ?, ?)", read)
