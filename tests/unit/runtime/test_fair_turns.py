"""Callers take turns."""

import asyncio

from innergate.runtime.fair_turns import FairTurns
from innergate.testing.waiting import LONGEST_S


def served(order: str, at_once: int = 2, each: int = 2) -> str:
    """In which order callers begin, each call asked for in the order given, before any has ended."""
    begun: list[str] = []

    async def call(turns: FairTurns, who: str) -> None:
        async with turns.turn(who):
            begun.append(who)
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    async def run() -> None:
        turns = FairTurns(at_once, each)
        await asyncio.gather(*(call(turns, who) for who in order))
        assert turns.waiting == 0

    asyncio.run(run())
    return "".join(begun)


def test_a_storm_is_not_everybodys_wait() -> None:
    assert served("a" * 50 + "b").index("b") <= 3


def test_those_who_wait_are_served_one_after_the_other() -> None:
    assert served("aaaabbbbcccc", at_once=1, each=1) == "a" + "abc" * 3 + "bc"


def test_order_within_one_caller_is_that_of_arrival() -> None:
    begun: list[int] = []

    async def call(turns: FairTurns, number: int) -> None:
        async with turns.turn("a"):
            begun.append(number)

    async def run() -> None:
        turns = FairTurns(1, 1)
        await asyncio.gather(*(call(turns, number) for number in range(20)))

    asyncio.run(run())
    assert begun == list(range(20))


def test_one_caller_never_has_all_places() -> None:
    running: list[str] = []
    most = 0

    async def call(turns: FairTurns) -> None:
        nonlocal most
        async with turns.turn("a"):
            running.append("a")
            most = max(most, len(running))
            await asyncio.sleep(0)
            running.pop()

    async def run() -> None:
        turns = FairTurns(8, 6)
        await asyncio.gather(*(call(turns) for _ in range(50)))

    asyncio.run(run())
    assert most == 6


def test_who_leaves_while_waiting_takes_no_place() -> None:
    async def hold(turns: FairTurns, ended: asyncio.Event) -> None:
        async with turns.turn("a"):
            await ended.wait()

    async def run() -> None:
        turns, ended = FairTurns(1, 1), asyncio.Event()
        first = asyncio.ensure_future(hold(turns, ended))
        await asyncio.sleep(0)
        gone = [asyncio.ensure_future(hold(turns, ended)) for _ in range(3)]
        await asyncio.sleep(0)
        gone[0].cancel()
        ended.set()
        await first
        gone[1].cancel()  # it has been given the place, and has not run yet
        await asyncio.gather(*gone, return_exceptions=True)
        assert turns.waiting == 0
        async with asyncio.timeout(LONGEST_S):
            await hold(turns, ended)

    asyncio.run(run())
