"""Observations in memory and on disk: the newest of each (subject, name), written without waiting for the disk's sync.

A disk that takes nothing holds nobody up: what it did not take goes with the next write.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import final

import msgspec

from innergate.store.observations import Observation

WAITING_LIMIT = 100_000
"""Rows that wait for a disk that takes nothing; beyond, only memory has them (executors say them again after a restart)."""

_Statement = tuple[str, tuple[object, ...]]


@final
class ObservedRows:
    """The table `observation`. Its writer holds the store's lock; readers need none."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._seen: dict[str, dict[str, Observation]] = {}
        self._waiting: list[_Statement] = []
        for subject, name, body, at in db.execute("SELECT subject, name, body, at FROM observation"):
            seen = Observation(subject, name, msgspec.json.decode(body), datetime.fromisoformat(at))
            self._seen.setdefault(subject, {})[name] = seen

    def keep(self, batch: Iterable[Observation]) -> None:
        """The newest of each."""
        statements: list[_Statement] = []
        for one in batch:
            self._seen.setdefault(one.subject, {})[one.name] = one
            values = (one.subject, one.name, msgspec.json.encode(one.value), one.at.isoformat())
            statements.append(("INSERT OR REPLACE INTO observation VALUES (?, ?, ?, ?)", values))
        self._write(statements)

    def forget(self, subject: str) -> None:
        """Drops all of a subject."""
        if self._seen.pop(subject, None) is not None:
            self._write([("DELETE FROM observation WHERE subject = ?", (subject,))])

    def clear(self) -> None:
        """All are gone, on disk too."""
        self._seen.clear()
        self._waiting.clear()

    def one(self, subject: str, name: str) -> Observation | None:
        """The newest observation, or None."""
        return self._seen.get(subject, {}).get(name)

    def all_of(self, subject: str) -> tuple[Observation, ...]:
        """All observations of a subject."""
        return tuple(self._seen.get(subject, {}).values())

    def _write(self, statements: Sequence[_Statement]) -> None:
        self._waiting += statements
        try:
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute("BEGIN IMMEDIATE")
            for text, values in self._waiting:
                self._db.execute(text, values)
            self._db.execute("COMMIT")
            self._waiting.clear()
        except sqlite3.OperationalError:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            del self._waiting[:-WAITING_LIMIT]
        finally:
            self._db.execute("PRAGMA synchronous=FULL")
