"""A body that is sent while it is made: between the connection that it comes by and the one that it leaves by."""

from collections.abc import Callable
from typing import TypeAlias, final

Hold: TypeAlias = Callable[[bool], None]
"""Tells who makes the body to wait (True) and to go on (False)."""


def _hold_nobody(is_full: bool) -> None:
    pass


@final
class StreamedBody:
    """One body. Who makes it calls `write` and `end`; the connection that sends it calls `attach`, `set_full` and `lose`. What
    is written before a connection is there waits; what is written after it has gone is dropped, since a function goes on
    without its caller (Lambda Developer Guide, "Response streaming for Lambda functions")."""

    def __init__(self) -> None:
        self._write: Callable[[bytes], None] | None = None
        self._break: Callable[[], None] | None = None
        self._waiting: list[bytes] = []
        self._hold: Hold = _hold_nobody
        self._is_full = False
        self._is_lost = False

    def write(self, data: bytes) -> None:
        """More of the body."""
        if data:
            self._pass_on(data)

    def end(self) -> None:
        """The body is whole."""
        self._pass_on(b"")

    def break_off(self) -> None:
        """The body will never be whole: the connection ends, so that the other side sees it."""
        if self._break is not None:
            self._break()

    def held_by(self, hold: Hold) -> None:
        """`hold` is called as there is room, and as there is none."""
        self._hold = hold
        if self._is_full:
            hold(True)

    def attach(self, write: Callable[[bytes], None], break_off: Callable[[], None]) -> None:
        """`write` takes the parts, and b"" after the last; `break_off` ends the connection at once."""
        self._write, self._break = write, break_off
        waiting, self._waiting = self._waiting, []
        for data in waiting:
            write(data)

    def set_full(self, is_full: bool) -> None:
        """Whether the connection takes no more for now."""
        self._is_full = is_full
        self._hold(is_full)

    def lose(self) -> None:
        """The connection has gone."""
        self._is_lost = True
        self._waiting.clear()
        self.set_full(False)

    def _pass_on(self, data: bytes) -> None:
        if self._is_lost:
            return
        if self._write is None:
            self._waiting.append(data)
        else:
            self._write(data)
