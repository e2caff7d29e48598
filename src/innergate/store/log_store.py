"""Log events in a SQLite file of their own: appended in batches, together with how far the source was read.

A batch and the position of its source are one transaction, so that a killed process neither loses nor repeats an event. The
file is synced when the log is checkpointed, not with every batch.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, final

from innergate.store.log_events import LogEvent, LogKey, LogStream, NewEvent, Position, Span
from innergate.store.side_file import SideFile, SourcePosition, keep_position

SCHEMA = """
CREATE TABLE IF NOT EXISTS log_group (
  id INTEGER PRIMARY KEY, arn TEXT NOT NULL, created_ms INTEGER NOT NULL, bytes INTEGER NOT NULL, UNIQUE (arn, created_ms));
CREATE TABLE IF NOT EXISTS stream (
  id INTEGER PRIMARY KEY, owner INTEGER NOT NULL, name TEXT NOT NULL, created_ms INTEGER NOT NULL, first_ms INTEGER,
  last_ms INTEGER, ingested_ms INTEGER, UNIQUE (owner, name));
CREATE TABLE IF NOT EXISTS event (
  number INTEGER PRIMARY KEY AUTOINCREMENT, owner INTEGER NOT NULL, stream INTEGER NOT NULL, at_ms INTEGER NOT NULL,
  ingested_ms INTEGER NOT NULL, message TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS event_by_group ON event (owner, at_ms);
CREATE INDEX IF NOT EXISTS event_by_stream ON event (stream, at_ms);
"""
SCHEMA_VERSION = 1
PURGE_BATCH = 20_000


class Batch(NamedTuple):
    """Events for one stream of one group."""

    group: LogKey
    stream: str
    events: Sequence[NewEvent]


@final
class LogStore:
    """The log events of one platform. Safe for all threads: writers wait for each other, readers for readers only. Raises
    StoreTooNew for a file of a newer version."""

    def __init__(self, path: Path) -> None:
        self._file = SideFile(path, SCHEMA, SCHEMA_VERSION)

    @property
    def set_aside(self) -> Path | None:
        """Where a damaged file is now that was found here."""
        return self._file.set_aside

    def close(self) -> None:
        """Closes the file; later calls raise sqlite3.ProgrammingError."""
        self._file.close()

    # -- streams ------------------------------------------------------------------------------------------------------

    def create_stream(self, group: LogKey, name: str, now_ms: int) -> bool:
        """False if the stream is there already."""
        with self._file.writing() as db:
            owner = _owner(db, group)
            added = db.execute(
                "INSERT OR IGNORE INTO stream (owner, name, created_ms) VALUES (?, ?, ?)", (owner, name, now_ms)
            )
            return added.rowcount == 1

    def delete_stream(self, group: LogKey, name: str) -> bool:
        """Deletes a stream with its events; False if there is none."""
        with self._file.writing() as db:
            found = db.execute(
                "SELECT stream.id FROM stream JOIN log_group ON owner = log_group.id "
                "WHERE arn = ? AND log_group.created_ms = ? AND name = ?",
                (*group, name),
            ).fetchone()
            if found is None:
                return False
            _delete_events(db, "stream = ?", found)
            db.execute("DELETE FROM stream WHERE id = ?", found)
            return True

    def streams(self, group: LogKey) -> tuple[LogStream, ...]:
        """The group's streams by name."""
        rows = self._file.query(
            "SELECT name, stream.created_ms, first_ms, last_ms, ingested_ms FROM stream "
            "JOIN log_group ON owner = log_group.id WHERE arn = ? AND log_group.created_ms = ? ORDER BY name",
            group,
        )
        return tuple(LogStream(*row) for row in rows)

    # -- events -------------------------------------------------------------------------------------------------------

    def append(self, group: LogKey, stream: str, events: Iterable[NewEvent], now_ms: int) -> None:
        """Keeps events; the stream is made if it is missing."""
        self.take((Batch(group, stream, tuple(events)),), None, now_ms)

    def take(self, batches: Iterable[Batch], read: SourcePosition | None, now_ms: int) -> None:
        """Keeps batches, and how far their source was read, in one transaction."""
        with self._file.writing() as db:
            for batch in batches:
                _insert(db, batch, now_ms)
            if read is not None:
                keep_position(db, read)

    def read(self, group: LogKey, span: Span, limit: int, newest_first: bool = False) -> list[LogEvent]:
        """At most `limit` events of the span in order, or the other way round."""
        owner = self._file.query("SELECT id FROM log_group WHERE arn = ? AND created_ms = ?", group)
        if not owner:
            return []
        where, values = _conditions(owner[0][0], span)
        if span.streams is not None:
            marks = ", ".join("?" * len(span.streams))
            ids = self._file.query(
                f"SELECT id FROM stream WHERE owner = ? AND name IN ({marks})", (owner[0][0], *span.streams)
            )
            where = f"event.stream IN ({', '.join(str(row[0]) for row in ids)}) AND {where}"
        order = "DESC" if newest_first else "ASC"
        rows = self._file.query(
            "SELECT at_ms, number, name, event.ingested_ms, message FROM event JOIN stream ON stream.id = event.stream "
            f"WHERE {where} ORDER BY at_ms {order}, number {order} LIMIT ?",
            (*values, limit),
        )
        return [LogEvent(Position(at, number), name, taken, message) for at, number, name, taken, message in rows]

    def stored_bytes(self) -> dict[LogKey, int]:
        """The size of every group's messages."""
        rows = self._file.query("SELECT arn, created_ms, bytes FROM log_group", ())
        return {LogKey(arn, created): size for arn, created, size in rows}

    # -- upkeep -------------------------------------------------------------------------------------------------------

    def positions(self, name: str) -> tuple[SourcePosition, ...]:
        """How far each file of a source was read."""
        return self._file.positions(name)

    def forget_source(self, name: str, inode: int) -> None:
        """Syncs everything that was taken, and forgets a file's position; then the file may be deleted."""
        self._file.forget_source(name, inode)

    def purge(self, keep_from_ms: Callable[[LogKey], int | None]) -> None:
        """Deletes every group's events before an instant, and a whole group where it is None. Groups are listed first and
        asked about afterwards, so that a group made meanwhile is safe. In short transactions, so that nobody waits long."""
        for owner, arn, created in self._file.query("SELECT id, arn, created_ms FROM log_group", ()):
            oldest = keep_from_ms(LogKey(arn, created))
            while self._purge_some(owner, oldest) == PURGE_BATCH:
                pass

    def _purge_some(self, owner: int, oldest_ms: int | None) -> int:
        if oldest_ms == 0:
            return 0
        with self._file.writing() as db:
            if oldest_ms is not None:
                return _delete_events(db, "owner = ? AND at_ms < ?", (owner, oldest_ms), PURGE_BATCH)
            deleted = _delete_events(db, "owner = ?", (owner,), PURGE_BATCH)
            if deleted < PURGE_BATCH:
                db.execute("DELETE FROM stream WHERE owner = ?", (owner,))
                db.execute("DELETE FROM log_group WHERE id = ?", (owner,))
            return deleted


def _owner(db: sqlite3.Connection, group: LogKey) -> int:
    found = db.execute("SELECT id FROM log_group WHERE arn = ? AND created_ms = ?", group).fetchone()
    if found is not None:
        return int(found[0])
    made = db.execute("INSERT INTO log_group (arn, created_ms, bytes) VALUES (?, ?, 0)", group)
    assert made.lastrowid is not None
    return made.lastrowid


def _insert(db: sqlite3.Connection, batch: Batch, now_ms: int) -> None:
    if not batch.events:
        return
    owner = _owner(db, batch.group)
    first, last = min(e.at_ms for e in batch.events), max(e.at_ms for e in batch.events)
    stream = db.execute(
        "INSERT INTO stream (owner, name, created_ms, first_ms, last_ms, ingested_ms) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (owner, name) DO UPDATE SET ingested_ms = excluded.ingested_ms, "
        "first_ms = min(coalesce(first_ms, excluded.first_ms), excluded.first_ms), "
        "last_ms = max(coalesce(last_ms, excluded.last_ms), excluded.last_ms) RETURNING id",
        (owner, batch.stream, now_ms, first, last, now_ms),
    ).fetchall()[0][0]
    db.executemany(
        "INSERT INTO event (owner, stream, at_ms, ingested_ms, message) VALUES (?, ?, ?, ?, ?)",
        [(owner, stream, at_ms, now_ms, message) for at_ms, message in batch.events],
    )
    size = sum(len(message) for _, message in batch.events)
    db.execute("UPDATE log_group SET bytes = bytes + ? WHERE id = ?", (size, owner))


def _delete_events(db: sqlite3.Connection, condition: str, values: Sequence[int], limit: int = -1) -> int:
    """How many were deleted; their groups' sizes follow."""
    chosen = f"SELECT number FROM event WHERE {condition} LIMIT {limit}"
    sizes = db.execute(
        f"SELECT owner, sum(length(message)) FROM event WHERE number IN ({chosen}) GROUP BY owner", values
    ).fetchall()
    deleted = db.execute(f"DELETE FROM event WHERE number IN ({chosen})", values).rowcount
    for owner, size in sizes:
        db.execute("UPDATE log_group SET bytes = bytes - ? WHERE id = ?", (size, owner))
    return deleted


def _conditions(owner: int, span: Span) -> tuple[str, tuple[int, ...]]:
    """SQL and its values. Through a stream's index where streams are named: `+owner` keeps the group's out of it."""
    parts, values = ["event.owner = ?" if span.streams is None else "+event.owner = ?"], [owner]
    if span.start_ms is not None:
        parts.append("at_ms >= ?")
        values.append(span.start_ms)
    if span.end_ms is not None:
        parts.append("at_ms < ?")
        values.append(span.end_ms)
    if span.after is not None:
        parts.append("(at_ms, number) > (?, ?)")
        values.extend(span.after)
    if span.before is not None:
        parts.append("(at_ms, number) < (?, ?)")
        values.extend(span.before)
    return " AND ".join(parts), tuple(values)
