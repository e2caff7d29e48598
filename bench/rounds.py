"""Rounds in turn (A B A B, then B A B A), so that a machine that wobbles wobbles for all; medians and spreads of them."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median, quantiles
from typing import NamedTuple, TypeVar

Measured = TypeVar("Measured")


class Compared(NamedTuple):
    """A median value, the median of the ratios round by round, and the ratios' spread."""

    value: float
    ratio: float
    spread: float


def take_rounds(
    variants: Mapping[str, Callable[[], Measured]], rounds: int, note: Callable[[int], None] | None = None
) -> dict[str, list[Measured]]:
    """Measures every variant once a round; every second round runs backwards. `note` is told how many rounds are done."""
    results: dict[str, list[Measured]] = {name: [] for name in variants}
    for number in range(rounds):
        if note is not None:
            note(number)
        order = list(variants) if number % 2 == 0 else list(variants)[::-1]
        for name in order:
            results[name].append(variants[name]())
    return results


def spread(values: Sequence[float]) -> float:
    """The distance between the quartiles over the median; 0 for fewer than two values."""
    if len(values) < 2 or not median(values):
        return 0.0
    low, _, high = quantiles(values, n=4, method="inclusive")
    return (high - low) / median(values)


def compare(values: Sequence[float], peers: Sequence[float]) -> Compared:
    """`values` against `peers`, both in the order of the rounds."""
    ratios = [value / peer for value, peer in zip(values, peers, strict=True) if peer]
    return Compared(median(values), median(ratios) if ratios else 0.0, spread(ratios))
