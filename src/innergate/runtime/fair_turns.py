"""Whose call is next where only so many run at once: callers take turns, so one caller's storm is not everybody's wait."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import final


@final
class FairTurns:
    """For one event loop. At most `at_once` calls run, at most `each` of one caller; who waits is served in turn by caller, and
    in order of arrival within one."""

    def __init__(self, at_once: int, each: int) -> None:
        self._at_once = at_once
        self._each = each
        self._running: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many calls wait."""
        return sum(map(len, self._waiting.values()))

    @asynccontextmanager
    async def turn(self, who: str) -> AsyncIterator[None]:
        """Waits for the caller's turn, which lasts as long as the block."""
        await self._take(who)
        try:
            yield
        finally:
            self._leave(who)

    async def _take(self, who: str) -> None:
        if not self._waiting.get(who) and self._may_run(who):
            self._running[who] += 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(who, deque()).append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._leave(who)
            raise

    def _may_run(self, who: str) -> bool:
        return self._running.total() < self._at_once and self._running[who] < self._each

    def _leave(self, who: str) -> None:
        self._running[who] -= 1
        self._running += Counter()  # forgets who runs nothing
        while self._begin_next():
            pass

    def _begin_next(self) -> bool:
        """Lets the first caller go on that may, and puts that caller last. False where nobody may."""
        for who, places in list(self._waiting.items()):
            while places and places[0].done():
                places.popleft()
            if not places:
                del self._waiting[who]
            elif self._may_run(who):
                self._running[who] += 1
                places.popleft().set_result(None)
                self._waiting.move_to_end(who)
                return True
        return False
