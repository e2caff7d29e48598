"""What functions, or a worker's calls, say, as JSON lines of one file that control reads: it grows while control is away.

Control renames the file when it is large; then a new one is begun.
"""

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple, final

import msgspec

LOOK_INTERVAL_S = 1.0
MAX_FILE_BYTES = 1 << 30
"""What comes while nobody reads, or faster than it is read, is dropped from here on."""
_ENCODER = msgspec.json.Encoder()


class LogTarget(NamedTuple):
    """Where lines of a process go."""

    account: str
    region: str
    group: str
    stream: str


class LogLine(NamedTuple):
    """`at_ms` is Unix time."""

    at_ms: int
    message: str


class LogRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the file: what one process said at once."""

    account: str
    region: str
    group: str
    stream: str
    lines: tuple[LogLine, ...]


@final
class LogFile:
    """Appends; a record in one write. What a full disk, or a full file, does not take is dropped: a log fails nobody's call."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        self._looked_at = 0.0
        self._is_torn = False
        self._size = 0

    def write(self, target: LogTarget, lines: Sequence[LogLine]) -> None:
        """Appends lines."""
        if not lines:
            return
        record = LogRecord(
            account=target.account,
            region=target.region,
            group=target.group,
            stream=target.stream,
            lines=tuple(lines),
        )
        self.append(_ENCODER.encode(record))

    def append(self, line: bytes) -> None:
        """Appends a line of JSON."""
        text = (b"\n" if self._is_torn else b"") + line + b"\n"
        with suppress(OSError):
            file = self._opened()
            if self._size + len(text) > MAX_FILE_BYTES:
                return
            taken = file.write(text) or 0
            self._size += taken
            self._is_torn = 0 < taken < len(text) or (self._is_torn and not taken)

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _opened(self) -> IO[bytes]:
        now = time.monotonic()
        is_due = now > self._looked_at + LOOK_INTERVAL_S
        if is_due:
            self._looked_at = now
        if is_due and self._file is not None and self._has_moved(self._file):
            self.close()
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("ab", buffering=0)
            self._size = os.fstat(self._file.fileno()).st_size
        return self._file

    def _has_moved(self, file: IO[bytes]) -> bool:
        try:
            return os.stat(self._path).st_ino != os.fstat(file.fileno()).st_ino
        except FileNotFoundError:
            return True

    def look(self) -> None:
        """Begins a new file where the old one was renamed, even if nobody writes."""
        if self._file is not None and self._has_moved(self._file):
            self.close()
            self._opened()
