"""The resources of a store that has just been opened, read from its file kind by kind, when somebody asks.

A start needs few of them before Envoy has its plans. What is read is the state at the opening, whatever is committed since: the
connection holds a snapshot of SQLite's until all is read.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, final

from innergate.resources.catalogue import CATALOGUE
from innergate.store.errors import StoreTooNew
from innergate.store.opening import read_revision, reading_only
from innergate.store.rows import Row, packing_of
from innergate.store.shelves import Contents, Drawn, Shelf, draw_up, put_together
from innergate.store.upgrades import upgrade_body

ROWS_AT_ONCE = 200


@final
class Unread:
    """Any thread may ask; who asks for a kind that another thread is reading waits for that kind alone. Raises StoreDamaged."""

    def __init__(self, path: Path, emptied: int) -> None:
        self._path = path
        self._emptied = emptied
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA query_only=ON")
        self._db.execute("BEGIN")
        self.revision = read_revision(self._db)
        self._refuse_unknown_kinds()
        self._talking = threading.Lock()
        self._reading = {kind: threading.Lock() for kind in CATALOGUE}
        self._drawn: dict[str, Drawn] = {}
        self._counts: dict[str, int] = {}

    def _refuse_unknown_kinds(self) -> None:
        """Raises StoreTooNew: without resources of a kind that a newer Innergate made, others would mean something else."""
        after_kind = "SELECT kind FROM resource WHERE kind > ? ORDER BY kind LIMIT 1"
        of_kind = "SELECT 1 FROM resource WHERE kind = ? AND created > ? LIMIT 1"
        kind = ""
        with suppress(sqlite3.DatabaseError):  # what is damaged is told when it is read
            while found := self._db.execute(after_kind, (kind,)).fetchone():
                kind = str(found[0])
                if kind not in CATALOGUE and self._db.execute(of_kind, (kind, self._emptied)).fetchone():
                    self._db.close()
                    raise StoreTooNew(
                        f"the state has {kind} resources, which this Innergate does not know; use a newer one"
                    )

    def shelf(self, kind: str) -> Shelf:
        """The resources of a kind."""
        return self._draw(kind).shelf

    def count(self, kind: str) -> int:
        """How many there are of a kind. The file is let go of only when all kinds are drawn up, and not meanwhile."""
        with reading_only(self._path), self._talking:
            drawn = self._drawn.get(kind)
            if drawn is not None:
                return len(drawn.shelf.rows)
            if kind not in self._counts:
                query = "SELECT count(*) FROM resource WHERE kind = ? AND created > ?"
                self._counts[kind] = int(self._db.execute(query, (kind, self._emptied)).fetchone()[0])
            return self._counts[kind]

    def contents(self) -> Contents:
        """All of them; the file is not needed any more."""
        contents = put_together([(kind, self._draw(kind)) for kind in CATALOGUE])
        self.close()
        return contents

    def close(self) -> None:
        """Lets go of the file. What was not read cannot be read any more."""
        with self._talking:
            self._db.close()

    def _draw(self, kind: str) -> Drawn:
        with self._reading[kind]:
            drawn = self._drawn.get(kind)
            if drawn is None:
                with reading_only(self._path):
                    drawn = self._drawn[kind] = draw_up(self._rows(kind))
            return drawn

    def _rows(self, kind: str) -> Iterator[Row]:
        cls = CATALOGUE[kind]
        decode = packing_of(cls).decode
        for version, body, created, written in self._lines(kind):
            lifted = body if version == cls.version else upgrade_body(kind, version, cls.version, body)
            yield Row(decode(lifted), created, written, lifted)

    def _lines(self, kind: str) -> Iterator[Any]:
        query = "SELECT version, body, created, written FROM resource WHERE kind = ? AND created > ?"
        with self._talking:
            cursor = self._db.execute(query, (kind, self._emptied))
        while lines := self._some(cursor):
            yield from lines

    def _some(self, cursor: sqlite3.Cursor) -> Sequence[Any]:
        with self._talking:
            return cursor.fetchmany(ROWS_AT_ONCE)
