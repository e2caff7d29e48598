"""Users that functions run as: one for each process, so that none has a part of another's limits (processes, signals)."""

import errno
from typing import final

FIRST_USER = 700_000
USERS = 100_000
"""Users that nobody else has."""


@final
class UserIds:
    """`take` one for a process, `give_back` when all of it has ended. One that was given back comes last again."""

    def __init__(self) -> None:
        self._taken: set[int] = set()
        self._last = FIRST_USER - 1

    def take(self) -> int:
        """An id that no living process has. Raises OSError where each has one."""
        if len(self._taken) >= USERS:
            raise OSError(errno.EAGAIN, "every user that functions may run as has a process")
        while True:
            self._last = FIRST_USER + (self._last + 1 - FIRST_USER) % USERS
            if self._last not in self._taken:
                self._taken.add(self._last)
                return self._last

    def give_back(self, user: int) -> None:
        """The process has ended."""
        self._taken.discard(user)
