"""Time as a thing that is passed in, so that tests own it."""

from datetime import UTC, datetime
from typing import Protocol, final


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        ...


@final
class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)
