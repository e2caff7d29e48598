"""Answers that leave in one piece: what is written in one turn of the event loop is one write to the socket.

uvicorn writes head and body apart, and asyncio and uvloop send each at once. A client whose process is held up between the two
may close the connection before it has read the body (Go's HTTP transport does so on a busy machine), and the AWS SDK then makes
a call again that was made already.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, TypeAlias, final

Bytes: TypeAlias = bytes | bytearray | memoryview

HELD_BYTES = 64 * 1024
"""No more than this waits for the end of a turn: from there on the socket says when to write on."""


@final
class OnePieceTransport(asyncio.Transport):
    """A transport that holds what is written until the turn of the loop ends, and goes on with the other one's work."""

    def __init__(self, under: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._under = under
        self._loop = loop
        self._held: list[Bytes] = []
        self._size = 0

    def write(self, data: Bytes) -> None:
        """Sends it with whatever else is written in this turn."""
        if not data:
            return
        if not self._held:
            self._loop.call_soon(self._flush)
        self._held.append(data)
        self._size += len(data)
        if self._size > HELD_BYTES:
            self._flush()

    def write_now(self, data: Bytes) -> None:
        """Sends it after what is held, at once: it is a piece by itself."""
        if self._held:
            self._flush()
        self._under.write(data)

    def writelines(self, list_of_data: Iterable[Bytes]) -> None:
        """As `write` of each."""
        for data in list_of_data:
            self.write(data)

    def _flush(self) -> None:
        held, self._held, self._size = self._held, [], 0
        if held:
            self._under.write(held[0] if len(held) == 1 else b"".join(held))

    def close(self) -> None:
        """Sends what is held, then closes."""
        self._flush()
        self._under.close()

    def abort(self) -> None:
        """Closes at once; what is held is lost."""
        self._held, self._size = [], 0
        self._under.abort()

    def is_closing(self) -> bool:
        """Whether it is closed or about to be."""
        return self._under.is_closing()

    def get_write_buffer_size(self) -> int:
        """The bytes that are not yet sent."""
        return self._under.get_write_buffer_size() + self._size

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What the other transport knows of its socket."""
        return self._under.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Reads no more for now."""
        self._under.pause_reading()

    def resume_reading(self) -> None:
        """Reads again."""
        self._under.resume_reading()
