"""It rings once, when the time set last is over, and not if that was cleared."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from innergate.primitives.lazy_timer import LazyTimer

Steps = Callable[[LazyTimer], Awaitable[None]]


async def _set_once(timer: LazyTimer) -> None:
    timer.set(0.05)


async def _set_later_and_later(timer: LazyTimer) -> None:
    for _ in range(5):
        timer.set(0.05)
        await asyncio.sleep(0.02)


async def _set_earlier(timer: LazyTimer) -> None:
    timer.set(60)
    timer.set(0.05)


async def _set_again_after_it_was_cleared(timer: LazyTimer) -> None:
    timer.set(0.01)
    timer.clear()
    await asyncio.sleep(0.03)
    timer.set(0.05)


async def _clear(timer: LazyTimer) -> None:
    timer.set(0.02)
    timer.clear()


async def _close(timer: LazyTimer) -> None:
    timer.set(0.02)
    timer.close()


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
@pytest.mark.parametrize(
    ("steps", "after_s"),
    [
        (_set_once, 0.05),
        (_set_later_and_later, 0.13),
        (_set_earlier, 0.05),
        (_set_again_after_it_was_cleared, 0.08),
        (_clear, None),
        (_close, None),
    ],
)
def test_when_it_rings(run: Callable[..., None], steps: Steps, after_s: float | None) -> None:
    rang: list[float] = []

    async def go() -> None:
        began = time.monotonic()
        timer = LazyTimer(lambda: rang.append(time.monotonic() - began))
        await steps(timer)
        await asyncio.sleep(0.3)
        timer.close()

    run(go())
    if after_s is None:
        assert rang == []
    else:
        [at_s] = rang
        assert after_s - 0.002 <= at_s < after_s + 0.25


def test_it_may_be_set_again_when_it_rings() -> None:
    rang: list[int] = []

    async def go() -> None:
        def ring() -> None:
            rang.append(1)
            if len(rang) < 3:
                timer.set(0.01)

        timer = LazyTimer(ring)
        timer.set(0.01)
        await asyncio.sleep(0.2)
        timer.close()

    asyncio.run(go())
    assert len(rang) == 3
