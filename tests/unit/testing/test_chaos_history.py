"""Which histories of registers can be told as one story."""

import itertools
import math
import random

import pytest

from innergate.testing.chaos_history import Operation, find_anomalies


def write(value: int, began: float, ended: float = math.inf) -> Operation:
    return Operation("x", True, value, began, ended)


def read(value: int, began: float, ended: float) -> Operation:
    return Operation("x", False, value, began, ended)


@pytest.mark.parametrize(
    "history",
    [
        [],
        [read(0, 0, 1)],
        [write(1, 0, 1), read(1, 2, 3)],
        [write(1, 0, 10), read(0, 1, 2), read(1, 3, 4)],
        [write(1, 0, 10), write(2, 0, 10), read(2, 11, 12)],
        [write(1, 0, 10), write(2, 0, 10), read(1, 11, 12)],
        [write(1, 0), read(0, 5, 6), read(1, 7, 8)],
        [write(1, 0), write(2, 1, 2), read(2, 3, 4), read(1, 5, 6)],
        [write(1, 0), write(2, 1, 2), read(2, 3, 4)],
    ],
)
def test_what_can_be_told(history: list[Operation]) -> None:
    assert find_anomalies(history) == []


@pytest.mark.parametrize(
    ("history", "said"),
    [
        ([write(1, 0, 1), read(0, 2, 3)], "1 was written while 0 was there before and after"),
        ([write(1, 0, 1), write(2, 2, 3), read(1, 4, 5)], "2 was written while 1 was there before and after"),
        ([write(1, 0), read(1, 1, 2), read(0, 3, 4)], "1 was written while 0 was there before and after"),
        ([write(1, 0, 10), read(1, 1, 2), read(0, 3, 4)], "1 was written while 0 was there before and after"),
        ([read(7, 0, 1)], "7 was read and never written"),
        ([read(1, 0, 1), write(1, 2, 3)], "1 was read before it was written"),
        ([write(1, 0, 9), write(2, 0, 9), read(1, 10, 11), read(2, 12, 13), read(1, 14, 15)], "was there before"),
    ],
)
def test_what_cannot(history: list[Operation], said: str) -> None:
    assert said in "; ".join(find_anomalies(history))


def test_registers_are_told_apart() -> None:
    other = read(0, 2, 3)._replace(register="y")
    assert find_anomalies([write(1, 0, 1), other]) == []


def has_story(history: list[Operation]) -> bool:
    """By trying every order, and every choice of what never happened."""
    open_ones = [o for o in history if o.ended == math.inf]
    for left_out in itertools.chain.from_iterable(
        itertools.combinations(open_ones, n) for n in range(len(open_ones) + 1)
    ):
        kept = [o for o in history if o not in left_out]
        if any(_is_story(order) for order in itertools.permutations(kept)):
            return True
    return False


def _is_story(order: tuple[Operation, ...]) -> bool:
    value = 0
    for place, operation in enumerate(order):
        if any(later.ended < operation.began for later in order[place + 1 :]):
            return False
        if operation.is_write:
            value = operation.value
        elif operation.value != value:
            return False
    return True


def test_as_trying_every_order_says() -> None:
    chance, told = random.Random(5), 0
    for _ in range(600):
        history: list[Operation] = []
        instants = iter(chance.sample(range(1000), 12))
        for value in range(1, chance.randint(1, 3) + 1):
            began, ended = sorted((next(instants), next(instants)))
            history.append(write(value, began, math.inf if chance.random() < 0.3 else ended))
        for _ in range(chance.randint(1, 3)):
            began, ended = sorted((next(instants), next(instants)))
            history.append(read(chance.randint(0, 3), began, ended))
        assert (find_anomalies(history) == []) == has_story(history), history
        told += has_story(history)
    assert 100 < told < 500
