"""Calls that were counted against quotas, day by day: an SQLite file that all workers write and control reads.

A count that was answered survives every process; the last ones before a power failure may be lost.
"""

import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import final

from innergate.plans.usage import KeyQuota
from innergate.primitives.quota_periods import period_start

KEPT_DAYS = 95
USAGE_FILE = "usage.sqlite"
"""In the state folder."""
LONGEST_WAIT_MS = 100
"""For another process that counts: who waits serves nobody."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS usage (
  plan TEXT NOT NULL, key TEXT NOT NULL, day TEXT NOT NULL, calls INTEGER NOT NULL,
  PRIMARY KEY (plan, key, day)
) WITHOUT ROWID
"""


@final
class UsageCounts:
    """One for each process and thread."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, timeout=2, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(_SCHEMA)
        self._db.execute(f"PRAGMA busy_timeout={LONGEST_WAIT_MS}")
        self._purged = ""

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def longest_wait_ms(self) -> int:
        """How long a count waits for a file that somebody holds."""
        found: int = self._db.execute("PRAGMA busy_timeout").fetchone()[0]
        return found

    def take(self, key_id: str, quota: KeyQuota, today: date) -> bool:
        """Counts one call of the key and gives True, or gives False where its quota is used up. Raises sqlite3.Error."""
        day = today.isoformat()
        self._db.execute("BEGIN IMMEDIATE")
        try:
            left = remaining(quota, today, lambda since: self._sum(quota.plan_id, key_id, since, day))
            if left > 0:
                self._db.execute(
                    "INSERT INTO usage VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET calls = calls + 1",
                    (quota.plan_id, key_id, day),
                )
                self._purge(day)
        finally:
            self._db.execute("COMMIT")
        return left > 0

    def counted(self, plan_id: str, key_id: str, day: str) -> int:
        """Calls of one day (YYYY-MM-DD)."""
        return self._sum(plan_id, key_id, day, day)

    def _sum(self, plan_id: str, key_id: str, first: str, last: str) -> int:
        row = self._db.execute(
            "SELECT coalesce(sum(calls), 0) FROM usage WHERE plan = ? AND key = ? AND day BETWEEN ? AND ?",
            (plan_id, key_id, first, last),
        ).fetchone()
        return int(row[0])

    def _purge(self, day: str) -> None:
        if self._purged != day:
            self._purged = day
            oldest = date.fromordinal(max(date.fromisoformat(day).toordinal() - KEPT_DAYS, 1))
            self._db.execute("DELETE FROM usage WHERE day < ?", (oldest.isoformat(),))


def remaining(quota: KeyQuota, today: date, used_since: Callable[[str], int]) -> int:
    """What is left of a quota. A grant counts from its own day to the end of its period."""
    begin = period_start(quota.period, today, quota.offset)
    left = quota.limit
    if quota.grant_day and begin <= date.fromisoformat(quota.grant_day) <= today:
        begin, left = date.fromisoformat(quota.grant_day), quota.grant_remaining + quota.grant_used_before
    return left - used_since(begin.isoformat())
