"""Whatever order calls come in: plans, references, tenants and the disk stay right, and refusals are AWS's (walk/walker.py)."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fuzzing import EXAMPLES, FACTOR, SEED
from tests.unit.server.walk.walker import Walk

STEPS, CHECK_EVERY = 300, 75


def walks_of(folder: Path, seed: int, steps: int) -> Iterator[Walk]:
    """One walk, gone to its end."""
    EXAMPLES["run"] += 1
    walk = Walk(folder, seed)
    walk.go(steps, CHECK_EVERY)
    yield walk
    walk.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_known_walk(tmp_path: Path, seed: int) -> None:
    for walk in walks_of(tmp_path, seed, STEPS):
        assert walk.taken > STEPS // 3, "a walk whose calls are refused shows little"
        assert walk.refused > STEPS // 20


def test_a_walk_that_nobody_has_gone(tmp_path: Path) -> None:
    """The seed stands in the failure; INNERGATE_FUZZ_SEED chooses it, INNERGATE_FUZZ_FACTOR makes the walk longer. In CI it is
    the same each time, as the draws of property tests are."""
    drawn = 3 if "CI" in os.environ else int.from_bytes(os.urandom(4))
    seed = random.Random(SEED).randrange(2**32) if SEED else drawn
    for walk in walks_of(tmp_path, seed, STEPS * FACTOR):
        assert walk.taken
