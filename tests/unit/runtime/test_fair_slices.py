"""Owners take turns on a loop that they share, once there is more to do than a moment's work."""

import asyncio

from innergate.runtime.fair_slices import FairSlices
from innergate.testing.waiting import LONGEST_S


class Clock:
    """Told how long each slice takes."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def computed(order: str, slice_s: float) -> str:
    """In which order owners compute."""
    clock, done = Clock(), list[str]()

    async def compute(slices: FairSlices, who: str) -> None:
        await slices.turn(who)
        clock.now += slice_s
        done.append(who)

    async def run() -> None:
        slices = FairSlices(clock)
        await asyncio.gather(*(compute(slices, who) for who in order))

    asyncio.run(run())
    return "".join(done)


def test_costly_slices_are_taken_in_turn() -> None:
    assert computed("a" * 100 + "b", 1.0).index("b") <= 4


def test_cheap_slices_wait_for_nobody() -> None:
    assert computed("a" * 100 + "b", 0.00001) == "a" * 100 + "b"


def test_everybody_computes_in_the_end() -> None:
    order = computed("aaabbbccc" * 10, 0.002)
    assert sorted(order) == sorted("aaabbbccc" * 10)


def test_who_leaves_while_waiting_holds_up_nobody() -> None:
    async def run() -> None:
        clock = Clock()
        slices = FairSlices(clock)
        await slices.turn("a")
        clock.now += 1
        waiting = [asyncio.ensure_future(slices.turn("a")) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        async with asyncio.timeout(LONGEST_S):
            await asyncio.gather(*waiting[1:])

    asyncio.run(run())
