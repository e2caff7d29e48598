"""Waiting for what will be so, not for a time: a test that waits for a time fails on a machine that takes longer."""

import asyncio
import time
from collections.abc import Callable

LONGEST_S = 60.0
"""However busy the machine is: what is not so by then is not going to be."""
_LOOK_S = 0.005


async def until(holds: Callable[[], object], what: str = "it") -> None:
    """Comes back once `holds` says so. Raises AssertionError with `what` after LONGEST_S."""
    deadline = time.monotonic() + LONGEST_S
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not come true"
        await asyncio.sleep(_LOOK_S)


def wait_until(holds: Callable[[], object], what: str = "it") -> None:
    """The same, for a test without a loop."""
    deadline = time.monotonic() + LONGEST_S
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not come true"
        time.sleep(_LOOK_S)
