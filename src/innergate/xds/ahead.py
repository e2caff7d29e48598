"""Encoding ahead of an Envoy that starts: it will ask for all routes, and the time until it does, or until it has taken those
before, is used."""

import asyncio
from collections.abc import Sequence
from typing import TypeAlias, final

from innergate.plans.envoy import EnvoyPlan, EnvoyResource
from innergate.xds.kept_bodies import KeptBodies, keep_bodies

BATCH = 100
ENCODED_AHEAD = 1000
"""Encoded routes that wait to be taken; more would be memory for a moment's use."""

Encoded: TypeAlias = tuple[str, bytes]
"""A resource's version and its bytes."""


@final
class RoutesAhead:
    """Encodes a plan's routes in another thread, in the order of their names, which is the order of sending, and pauses while
    as many wait as may; those in `kept` are not encoded again. Its methods belong to the event loop's thread."""

    def __init__(self, plan: EnvoyPlan, kept: KeptBodies | None = None) -> None:
        self._kept = kept or KeptBodies("routes")
        routes = plan.resources["routes"]
        self._routes = [routes[name] for name in sorted(routes)]
        self._encoded: dict[str, Encoded] = {}
        self._last = ""
        self._moved, self._idle, self._room = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def wait_idle(self) -> None:
        """Returns once it pauses or has ended."""
        await self._idle.wait()

    async def reach(self, name: str) -> None:
        """Returns once it has come as far as this name, or pauses."""
        while name > self._last and not self._idle.is_set():
            self._moved.clear()
            await self._moved.wait()

    def take(self, name: str) -> Encoded | None:
        """The route of that name, once; None where it is not encoded, or does not fit the schema."""
        found = self._encoded.pop(name, None)
        self._room.set()
        return found

    def stop(self) -> None:
        """Ends it and drops what was not taken."""
        self._task.cancel()
        self._encoded.clear()

    async def _run(self) -> None:
        try:
            for first in range(0, len(self._routes), BATCH):
                while len(self._encoded) > ENCODED_AHEAD - BATCH:
                    self._say_idle()
                    self._room.clear()
                    await self._room.wait()
                self._idle.clear()
                batch = self._routes[first : first + BATCH]
                self._encoded |= await asyncio.to_thread(_encode, batch, self._kept)
                self._last = batch[-1].name
                self._moved.set()
        finally:
            self._say_idle()

    def _say_idle(self) -> None:
        self._idle.set()
        self._moved.set()


def _encode(routes: Sequence[EnvoyResource], kept: KeptBodies) -> dict[str, Encoded]:
    return {body.name: (body.version, body.encoded) for body in keep_bodies(routes, "routes", kept)}
