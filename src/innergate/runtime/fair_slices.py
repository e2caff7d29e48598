"""Who computes next on an event loop that many tenants share: after a few milliseconds of work the owners take turns.

Without it, whatever is ready runs in order of arrival, and a hundred costly templates of one tenant come before a cheap one of
another.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import final

PATIENCE_S = 0.005
"""So much work of anybody's is done before turns are taken: calls that cost little never wait for one."""


@final
class FairSlices:
    """For one event loop. A slice is what runs from the end of `turn` to the next await."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._began_at = 0.0
        self._is_open = False

    async def turn(self, who: str) -> None:
        """Returns once `who` may compute."""
        loop = asyncio.get_running_loop()
        if not self._is_open:
            self._is_open = True
            self._began_at = self._clock()
            loop.call_soon(self._go_on)
        if not self._waiting and self._clock() < self._began_at + PATIENCE_S:
            return
        place: asyncio.Future[None] = loop.create_future()
        self._waiting.setdefault(who, deque()).append(place)
        await place

    def _go_on(self) -> None:
        """Once each round of the loop while somebody waits: one slice, then a look at who has come."""
        if not self._waiting:
            self._is_open = False
            return
        self._wake_one()
        asyncio.get_running_loop().call_soon(self._go_on)

    def _wake_one(self) -> None:
        """Of the owner whose turn it is, who is then last."""
        while self._waiting:
            who, places = self._waiting.popitem(last=False)
            while places and places[0].done():
                places.popleft()
            if not places:
                continue
            places.popleft().set_result(None)
            if places:
                self._waiting[who] = places
            return
