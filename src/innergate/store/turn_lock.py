"""A lock that threads get in the order in which they asked for it.

Python's own goes to whoever is quickest, and that is who has just let it go: one who writes without a pause could keep it from
everybody else for seconds.
"""

import threading
from collections import deque
from types import TracebackType
from typing import final


@final
class TurnLock:
    """Use it in a `with` statement. Not reentrant."""

    __slots__ = ("_guard", "_is_held", "_waiting")

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._is_held = False
        self._waiting: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        with self._guard:
            if not self._is_held:
                self._is_held = True
                return
            ticket = threading.Lock()
            ticket.acquire()
            self._waiting.append(ticket)
        ticket.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_held = False
