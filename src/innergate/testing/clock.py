"""A clock that stands still until it is told to move."""

from datetime import UTC, datetime, timedelta
from typing import final


@final
class FakeClock:
    """Starts at `at` and moves only by `advance`."""

    def __init__(self, at: datetime = datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)) -> None:
        self._now = at

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        """Moves the time on."""
        self._now += timedelta(seconds=seconds)
