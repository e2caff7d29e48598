"""Quotas of a stage's keys: may a key call once more."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import final

from innergate.plans.usage import StageUsage
from innergate.primitives.event_log import EventLog
from innergate.runtime.document_reader import DocumentReader
from innergate.runtime.usage_counts import UsageCounts

log = EventLog()


def utc_today() -> date:
    """The day by which quotas count."""
    return datetime.now(UTC).date()


@final
class Quotas:
    """Reads who has a quota from documents, and counts."""

    def __init__(self, folder: Path, counts: UsageCounts, today: Callable[[], date] = utc_today) -> None:
        self._documents = DocumentReader(folder, StageUsage)
        self._counts = counts
        self._today = today

    def take(self, document: str, key_id: str) -> bool:
        """Counts a call and gives True; False where the key's quota is used up. A key without a quota may always call, and so
        may any where counts cannot be kept: quotas are best effort, as AWS says of its own."""
        usage = self._documents.find(document)
        quota = usage.keys.get(key_id) if usage is not None else None
        if quota is None:
            return True
        try:
            return self._counts.take(key_id, quota, self._today())
        except sqlite3.Error as error:
            log.warning("a call is not counted", reason=str(error))
            return True

    def close(self) -> None:
        """Closes the counts."""
        self._counts.close()
