"""It ends with what it waits for, and says what it has waited for in vain."""

import asyncio

import pytest

from innergate.testing import waiting
from innergate.testing.waiting import until, wait_until


def test_it_looks_until_it_is_so() -> None:
    looks = iter([False, False, True] * 2)
    wait_until(lambda: next(looks))
    assert len(list(looks)) == 3
    looks = iter([False, False, True] * 2)
    asyncio.run(until(lambda: next(looks)))
    assert len(list(looks)) == 3


def test_what_does_not_come_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LONGEST_S", 0.02)
    with pytest.raises(AssertionError, match="the moon did not come true"):
        wait_until(lambda: False, "the moon")
    with pytest.raises(AssertionError, match="the moon did not come true"):
        asyncio.run(until(lambda: False, "the moon"))
