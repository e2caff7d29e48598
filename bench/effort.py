"""How much a run may take, what it says on the way, and how a part says that it cannot run."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

Progress: TypeAlias = Callable[[str, int, int], None]
"""Takes what is being measured, how many rounds of it are done and how many there are."""


class Unavailable(Exception):
    """The part cannot run here; the message says what is missing."""


def be_silent(what: str, done: int, rounds: int) -> None:
    """Progress for nobody."""


class Effort(NamedTuple):
    """`rounds` of each variant, `seconds` of each measurement; `apis` are the sizes of configurations that are tried, `changes`
    how many changes are timed."""

    rounds: int = 7
    seconds: float = 2.0
    apis: tuple[int, ...] = (10, 100)
    changes: int = 100
    progress: Progress = be_silent

    def note(self, what: str, rounds: int) -> Callable[[int], None]:
        """Tells the progress of `rounds` rounds of one measurement."""
        return lambda done: self.progress(what, done, rounds)
