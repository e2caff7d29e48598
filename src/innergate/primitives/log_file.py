"""Files for log lines that never stop who writes them: what a full disk does not take is dropped."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


@final
class _Lossy(io.FileIO):
    def write(self, data: "ReadableBuffer") -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def open_log(file: Path | int) -> io.TextIOWrapper:
    """Appends to a path, or to a descriptor that stays open when the file is closed; every write goes out at once."""
    return io.TextIOWrapper(_Lossy(file, "a", closefd=not isinstance(file, int)), encoding="utf-8", write_through=True)
