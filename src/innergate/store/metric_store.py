"""Metric points in a SQLite file of their own, together with how far the source was read that they come from.

Points and the position of their source are one transaction, so that a killed process neither loses nor repeats a request.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, final

import msgspec

from innergate.store.metric_points import MetricKey, Point, Summary
from innergate.store.side_file import SideFile, SourcePosition, keep_position

SCHEMA = """
CREATE TABLE IF NOT EXISTS metric (
  id INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
  dimensions TEXT NOT NULL, last_s INTEGER NOT NULL, UNIQUE (account, region, namespace, name, dimensions));
CREATE TABLE IF NOT EXISTS point (
  metric INTEGER NOT NULL, at_s INTEGER NOT NULL, unit TEXT NOT NULL, seen REAL NOT NULL, total REAL NOT NULL,
  low REAL NOT NULL, high REAL NOT NULL, buckets BLOB NOT NULL, PRIMARY KEY (metric, at_s, unit)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS point_by_time ON point (at_s);
"""
SCHEMA_VERSION = 1
KEPT_S = 15 * 24 * 3600
"""CloudWatch keeps points of a minute for 15 days, and sums of them longer."""

_OF_METRIC = (
    "FROM point JOIN metric ON metric.id = point.metric WHERE account = ? AND region = ? AND namespace = ? AND name = ? "
    "AND dimensions = ? AND at_s >= ? AND at_s < ?"
)
_BUCKETS = msgspec.json.Decoder(dict[int, float])


@final
class MetricStore:
    """The metrics of one platform. Safe for all threads: writers wait for each other, readers for readers only. Raises
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

    def put(self, points: Iterable[tuple[MetricKey, Point]]) -> None:
        """Adds points to those that are there."""
        self.take(points, None)

    def take(self, points: Iterable[tuple[MetricKey, Point]], read: SourcePosition | None) -> None:
        """Adds points, and keeps how far their source was read, in one transaction."""
        with self._file.writing() as db:
            for key, point in points:
                _add(db, key, point)
            if read is not None:
                keep_position(db, read)

    def read(self, key: MetricKey, start_s: int, end_s: int) -> list[Point]:
        """The points from `start_s` on, before `end_s`, in order."""
        rows = self._file.query(
            f"SELECT at_s, unit, seen, total, low, high, buckets {_OF_METRIC} ORDER BY at_s, unit",
            (*_columns(key), start_s, end_s),
        )
        return [Point(at_s, unit, _summary(sums)) for at_s, unit, *sums in rows]

    def sums(self, key: MetricKey, start_s: int, end_s: int, period_s: int) -> list[Point]:
        """The same points, those of each period of Unix time and unit in one, without what percentiles need."""
        rows = self._file.query(
            f"SELECT at_s - at_s % ? AS begin_s, unit, sum(seen), sum(total), min(low), max(high) {_OF_METRIC} "
            "GROUP BY begin_s, unit ORDER BY begin_s, unit",
            (period_s, *_columns(key), start_s, end_s),
        )
        return [Point(begin_s, unit, Summary(*sums)) for begin_s, unit, *sums in rows]

    def keys(self, account: str, region: str, since_s: int) -> list[MetricKey]:
        """The metrics with a point since an instant, in order."""
        rows = self._file.query(
            "SELECT namespace, name, dimensions FROM metric WHERE account = ? AND region = ? AND last_s >= ? "
            "ORDER BY namespace, name, dimensions",
            (account, region, since_s),
        )
        return [
            MetricKey(account, region, namespace, name, msgspec.json.decode(text, type=tuple[tuple[str, str], ...]))
            for namespace, name, text in rows
        ]

    def purge(self, before_s: int) -> None:
        """Deletes older points, and metrics without any."""
        with self._file.writing() as db:
            db.execute("DELETE FROM point WHERE at_s < ?", (before_s,))
            db.execute("DELETE FROM metric WHERE last_s < ?", (before_s,))

    def positions(self, name: str) -> tuple[SourcePosition, ...]:
        """How far each file of a source was read."""
        return self._file.positions(name)

    def forget_source(self, name: str, inode: int) -> None:
        """Syncs everything that was taken, and forgets a file's position; then the file may be deleted."""
        self._file.forget_source(name, inode)


def _columns(key: MetricKey) -> tuple[str, str, str, str, str]:
    dimensions = msgspec.json.encode(key.dimensions).decode()
    return key.account, key.region, key.namespace, key.name, dimensions


def _summary(row: Sequence[Any]) -> Summary:
    seen, total, low, high, buckets = row
    return Summary(seen, total, low, high, _BUCKETS.decode(buckets))


def _add(db: sqlite3.Connection, key: MetricKey, point: Point) -> None:
    metric = db.execute(
        "INSERT INTO metric (account, region, namespace, name, dimensions, last_s) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (account, region, namespace, name, dimensions) DO UPDATE SET last_s = max(last_s, excluded.last_s) "
        "RETURNING id",
        (*_columns(key), point.at_s),
    ).fetchall()[0][0]
    found = db.execute(
        "SELECT seen, total, low, high, buckets FROM point WHERE metric = ? AND at_s = ? AND unit = ?",
        (metric, point.at_s, point.unit),
    ).fetchone()
    summary = point.summary
    if found is not None:
        summary = _summary(found).plus(summary)
    db.execute(
        "INSERT OR REPLACE INTO point VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (metric, point.at_s, point.unit, *summary[:4], msgspec.json.encode(dict(summary.buckets))),
    )
