"""What of a body is not there yet when an answer begins."""

from collections.abc import AsyncIterator
from typing import Protocol, runtime_checkable


@runtime_checkable
class BodyRest(Protocol):
    """The parts of a body that are still being made. An exchange hands it on and never reads it; whoever has it reads it to its
    end, or closes it."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The parts as they come. Raises BodyBroken, BodyLate."""

    async def close(self) -> None:
        """Gives up what has not been read; nothing where all has been."""


class BodyBroken(Exception):
    """A body ended before it was whole."""


class BodyLate(BodyBroken):
    """No more of a body came in time."""
