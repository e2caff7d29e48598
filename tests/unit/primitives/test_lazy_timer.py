"""It rings once, when the time set last is over, and not if that was cleared."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from innergate.primitives.lazy_timer import LazyTimer
from innergate.testing.waiting import LONGEST_S

Steps = Callable[[LazyTimer], Awaitable[None]]


async def _set_once(timer: LazyTimer) -> None:
    timer.set(0.05)


async def _set_later_and_later(timer: LazyTimer) -> None:
    """Each time long before it would ring, also where the machine is busy."""
    for _ in range(3):
        timer.set(1.0)
        await asyncio.sleep(0.1)


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
        (_set_later_and_later, 1.2),
        (_set_earlier, 0.05),
        (_set_again_after_it_was_cleared, 0.08),
        (_clear, None),
        (_close, None),
    ],
)
def test_when_it_rings(run: Callable[..., None], steps: Steps, after_s: float | None) -> None:
    rang: list[float] = []

    async def go() -> None:
        began, has_rung = time.monotonic(), asyncio.Event()

        def ring() -> None:
            rang.append(time.monotonic() - began)
            has_rung.set()

        timer = LazyTimer(ring)
        await steps(timer)
        if after_s is not None:
            async with asyncio.timeout(LONGEST_S):
                await has_rung.wait()
        await asyncio.sleep(0.1)
        timer.close()

    run(go())
    if after_s is None:
        assert rang == []
    else:
        [at_s] = rang
        assert at_s >= after_s - 0.002


def test_it_may_be_set_again_when_it_rings() -> None:
    rang: list[int] = []

    async def go() -> None:
        is_over = asyncio.Event()

        def ring() -> None:
            rang.append(1)
            if len(rang) < 3:
                timer.set(0.01)
            else:
                is_over.set()

        timer = LazyTimer(ring)
        timer.set(0.01)
        async with asyncio.timeout(LONGEST_S):
            await is_over.wait()
        await asyncio.sleep(0.05)
        timer.close()

    asyncio.run(go())
    assert len(rang) == 3
