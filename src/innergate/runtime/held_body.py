"""The body of an answer, as far as a worker may hold it."""

from typing import final

from innergate.runtime.http_app import Hold

MAX_ANSWER_BYTES = 10 * 1024 * 1024
"""API Gateway quotas, "Payload size"."""


class NoRoomForAnswer(Exception):
    """The body is too large, or there is no room for it; the message says which."""


@final
class HeldBody:
    """`add` each part as it comes, then `join`."""

    def __init__(self, hold: Hold) -> None:
        self._hold = hold
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, part: bytes) -> None:
        """Raises NoRoomForAnswer."""
        self._size += len(part)
        if self._size > MAX_ANSWER_BYTES:
            raise NoRoomForAnswer("the answer is over 10 MB")
        if not self._hold(len(part)):
            raise NoRoomForAnswer("the worker holds as much of this API as it may")
        self._parts.append(part)

    def join(self) -> bytes:
        """The whole."""
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
