"""What a reset left behind: rows that are dead by their revision, taken away little by little."""

import sqlite3
from collections.abc import Sequence
from typing import final

from innergate.store.state import Change

BURIED_PER_COMMIT = 100


@final
class Burial:
    """Rows made up to revision `emptied` are dead: nobody reads them, and nothing new may stumble over them. Its methods run
    inside a transaction of the caller's."""

    def __init__(self, db: sqlite3.Connection, emptied: int) -> None:
        self._db = db
        self.emptied = emptied
        self._is_done = emptied == 0

    def make_room(self, changes: Sequence[Change]) -> None:
        """Takes away the dead that stand where these changes write, and some others."""
        if self._is_done:
            return
        for key, before, after in changes:
            if after is None:
                continue
            if before is None:
                self._bury([key])
            for scope, name in after.unique_names():
                found = self._db.execute(
                    "SELECT kind, id FROM unique_name JOIN resource USING (kind, id) "
                    "WHERE scope = ? AND name = ? AND created <= ?",
                    (scope, name, self.emptied),
                ).fetchall()
                self._bury(found)
        dead = self._db.execute(
            "SELECT kind, id FROM resource WHERE created <= ? LIMIT ?", (self.emptied, BURIED_PER_COMMIT)
        ).fetchall()
        self._bury(dead)
        self._is_done = len(dead) < BURIED_PER_COMMIT

    def _bury(self, keys: Sequence[tuple[str, str]]) -> None:
        for kind, id in keys:
            gone = self._db.execute(
                "DELETE FROM resource WHERE kind = ? AND id = ? AND created <= ?", (kind, id, self.emptied)
            ).rowcount
            if gone:
                self._db.execute("DELETE FROM reference WHERE kind = ? AND id = ?", (kind, id))
