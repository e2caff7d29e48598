"""A timer for what nearly always ends in time: to set it again and to clear it costs no more than a few assignments."""

import asyncio
import time
from collections.abc import Callable
from typing import final


@final
class LazyTimer:
    """Calls `ring` when the time that was set last is over, unless it was cleared. The loop's own timer goes on underneath;
    where that rings too early, it is set again. Used by one event loop; `close` it."""

    __slots__ = ("_handle", "_handle_at", "_ring", "_rings_at")

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._rings_at: float | None = None
        self._handle: asyncio.TimerHandle | None = None
        self._handle_at = 0.0

    def set(self, within_s: float) -> None:
        """It rings after that time, whatever was set before."""
        self._rings_at = rings_at = time.monotonic() + within_s
        if self._handle is None:
            self._arm(within_s, rings_at)
        elif rings_at < self._handle_at:
            self._handle.cancel()
            self._arm(within_s, rings_at)

    def clear(self) -> None:
        """It does not ring."""
        self._rings_at = None

    def close(self) -> None:
        """It does not ring, and the loop forgets it."""
        self._rings_at = None
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _arm(self, within_s: float, rings_at: float) -> None:
        self._handle = asyncio.get_running_loop().call_later(within_s, self._look)
        self._handle_at = rings_at

    def _look(self) -> None:
        self._handle = None
        if self._rings_at is None:
            return
        left_s = self._rings_at - time.monotonic()
        if left_s > 0:
            self._arm(left_s, self._rings_at)
        else:
            self._rings_at = None
            self._ring()
