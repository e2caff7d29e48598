"""What a process prints: read from a pipe as it comes, cut into lines, kept per invocation and written to the log file."""

import array
import asyncio
import fcntl
import os
import termios
import time
from typing import final

from innergate.runtime.functions.log_file import LogFile, LogLine, LogTarget

READ_BYTES = 1 << 16
MAX_LINE_BYTES = 256 * 1024
MAX_LINES_OF_A_READ = 2048
"""What is left of a read then is one event: a line costs the supervisor, and the log, far more than its one byte."""
LINE_COST_BYTES = 128
"""What a line takes besides its text, until it is written."""
COSTLY_S = 0.002
REST_FACTOR = 19
"""Reading what costs more than that is followed by a pause so many times as long: one process that prints without end has a
twentieth of the supervisor's time, and waits for the rest of it itself."""
MAX_KEPT_BYTES = 64 * 1024
"""Of an invocation's own log, from its end: only the tail is ever shown."""


@final
class LogPipe:
    """`writer` is the descriptor that the process writes to; `close_writer` once the process has it."""

    def __init__(self, file: LogFile, target: LogTarget) -> None:
        self._file = file
        self._target = target
        self._rest = b""
        self._lines: list[LogLine] = []
        self._size = 0
        self._kept = bytearray()
        self._reader, self.writer = os.pipe()
        os.set_blocking(self._reader, False)
        self._is_open = True
        self._has_writer = True
        self._rest_timer: asyncio.TimerHandle | None = None
        self._listen()

    def say(self, text: str) -> None:
        """A line of the platform's own."""
        self._kept += text.encode()
        self._lines.append(LogLine(int(time.time() * 1000), text))

    def begin(self, text: str) -> None:
        """The first line of an invocation."""
        self._kept.clear()
        self.say(text)

    def drain(self) -> None:
        """Takes all that the process has written up to now, an unfinished line too. What it goes on writing meanwhile is for
        later: it may never end; and so is what a pipe holds that the process has enlarged."""
        left = min(self._waiting_bytes(), READ_BYTES) if self._is_open else 0
        while self._is_open and left > 0:
            taken = self._read()
            left -= taken or left
        if self._rest:
            self._add(self._rest)
            self._rest = b""

    def flush(self) -> bytes:
        """Writes the lines to the file; gives the end of what the invocation said."""
        lines, self._lines, self._size = self._lines, [], 0
        self._file.write(self._target, lines)
        return bytes(self._kept[-MAX_KEPT_BYTES:])

    def close_writer(self) -> None:
        """Nobody writes but who has got a descriptor of his own."""
        if self._has_writer:
            self._has_writer = False
            os.close(self.writer)

    def close(self) -> None:
        """Reads what is left and ends."""
        self.close_writer()
        if self._is_open:
            self.drain()
            self.flush()
            self._end()

    def _listen(self) -> None:
        self._rest_timer = None
        asyncio.get_running_loop().add_reader(self._reader, self._read_on)

    def _read_on(self) -> None:
        began = time.perf_counter()
        self._read()
        if self._size > MAX_LINE_BYTES:
            self.flush()
        took_s = time.perf_counter() - began
        if self._is_open and took_s > COSTLY_S:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._reader)
            self._rest_timer = loop.call_later(took_s * REST_FACTOR, self._listen)

    def _waiting_bytes(self) -> int:
        count = array.array("i", [0])
        fcntl.ioctl(self._reader, termios.FIONREAD, count)
        return count[0]

    def _read(self) -> int:
        """How many bytes there were."""
        try:
            data = os.read(self._reader, READ_BYTES)
        except BlockingIOError:
            return 0
        if not data:
            self._end()
            return 0
        *whole, self._rest = (self._rest + data).split(b"\n", MAX_LINES_OF_A_READ)
        for line in whole:
            self._add(line + b"\n")
        bulk, has_more, rest = self._rest.rpartition(b"\n")
        if has_more:
            self._add(bulk + b"\n")
            self._rest = rest
        if len(self._rest) > MAX_LINE_BYTES:
            self._add(self._rest)
            self._rest = b""
        return len(data)

    def _end(self) -> None:
        if self._is_open:
            self._is_open = False
            if self._rest_timer is not None:
                self._rest_timer.cancel()
            asyncio.get_running_loop().remove_reader(self._reader)
            os.close(self._reader)

    def _add(self, line: bytes) -> None:
        """awslambdaric writes the lines of one message with carriage returns between them."""
        line = line.replace(b"\r", b"\n")
        self._kept += line
        if len(self._kept) > 2 * MAX_KEPT_BYTES:
            del self._kept[:-MAX_KEPT_BYTES]
        self._lines.append(LogLine(int(time.time() * 1000), line.decode("utf-8", "replace")))
        self._size += len(line) + LINE_COST_BYTES
