"""Namespaces that the agent had to make anew: Envoy's sockets in them are renewed once for each, however often it is said.

Renewing costs new connections a tenth of a second. The agent says it until it has heard that it is done, also to a control
process that has just come back.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import final

TIMEOUT_S = 5.0


@final
class RemadeNamespaces:
    """`renew` takes Envoy's sockets in namespaces away and brings them back, and says whether Envoy let go of the old ones in
    so many seconds; `tell` gets what is done."""

    def __init__(
        self,
        renew: Callable[[frozenset[str], float], Awaitable[bool]],
        tell: Callable[[dict[str, int]], None],
    ) -> None:
        self._renew = renew
        self._tell = tell
        self._done: dict[str, int] = {}
        self._under_way: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, namespaces: dict[str, int]) -> None:
        """Begins what is not done or under way, and says again what is done."""
        done = {name: number for name, number in namespaces.items() if self._done.get(name) == number}
        if done:
            self._tell(done)
        new = {n: number for n, number in namespaces.items() if n not in done and self._under_way.get(n) != number}
        if new:
            self._under_way |= new
            task = asyncio.get_running_loop().create_task(self._renew_all(new))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _renew_all(self, new: dict[str, int]) -> None:
        is_done = False
        try:
            is_done = await self._renew(frozenset(new), TIMEOUT_S)
        finally:
            for name, number in new.items():
                if self._under_way.get(name) == number:
                    del self._under_way[name]
        if is_done:
            self._done |= new
            self._tell(new)
