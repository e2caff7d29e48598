"""Who wrote which revisions, so that two states of one revision can be told apart: a saved copy that was put back goes on with
other commits under the same numbers.

Each process that writes has a random mark. A mark and a revision name one state: its process wrote it once, in one file.
"""

import secrets
import sqlite3
from typing import NamedTuple, final

from innergate.resources.base import Key

KEPT_WRITERS = 1_000
_MARK_BITS = 63


class Point(NamedTuple):
    """One state among all that there ever were: who wrote its last revision, and that revision."""

    writer: int
    revision: int


@final
class Writers:
    """The table `writer`: the first revision of each process that wrote, with its mark. Its writer holds the store's lock."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._before = int(db.execute("SELECT mark FROM writer ORDER BY first DESC LIMIT 1").fetchone()[0])
        self._mark = secrets.randbits(_MARK_BITS)
        self._first: int | None = None

    def sign(self, revision: int) -> None:
        """Inside the transaction that writes `revision`."""
        if self._first is None:
            self._db.execute("INSERT OR REPLACE INTO writer VALUES (?, ?)", (revision, self._mark))
            oldest = "SELECT min(first) FROM (SELECT first FROM writer ORDER BY first DESC LIMIT ?)"
            self._db.execute(f"DELETE FROM writer WHERE first < ({oldest})", (KEPT_WRITERS,))

    def signed(self, revision: int) -> None:
        """That transaction is on disk."""
        if self._first is None:
            self._first = revision

    def point_of(self, revision: int) -> Point:
        """The state of that revision, which is the one that was opened or a later one."""
        is_own = self._first is not None and revision >= self._first
        return Point(self._mark if is_own else self._before, revision)


def keys_written_since(db: sqlite3.Connection, point: Point, oldest_logged: int) -> tuple[Key, ...] | None:
    """Every key that the commits after `point` touched; None where `point` is no earlier state of this file, or is older than
    what it remembers (`oldest_logged` and later)."""
    found = db.execute(
        "SELECT mark FROM writer WHERE first <= ? ORDER BY first DESC LIMIT 1", (point.revision,)
    ).fetchone()
    if found is None or found[0] != point.writer or point.revision < oldest_logged - 1:
        return None
    rows = db.execute("SELECT DISTINCT kind, id FROM log WHERE revision > ?", (point.revision,))
    return tuple(Key(kind, id) for kind, id in rows)
