"""Identifiers that count instead of being random."""

import random
from typing import final


@final
class SeededIds:
    """The same identifiers in the same order, for the same seed."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)

    def pick(self, alphabet: str, length: int) -> str:
        return "".join(self._random.choice(alphabet) for _ in range(length))
