"""How much a run may take, and how a part says that it cannot run."""

from typing import NamedTuple


class Unavailable(Exception):
    """The part cannot run here; the message says what is missing."""


class Effort(NamedTuple):
    """`rounds` of each variant, `seconds` of each measurement."""

    rounds: int = 7
    seconds: float = 2.0
