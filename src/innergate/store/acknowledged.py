"""The last revision that was acknowledged, in a small file beside the store.

SQLite takes a write-ahead log up to its first frame that is not whole, and says nothing of what comes after. The mark tells a
log that was cut within acknowledged commits from one whose last transaction had not been acknowledged. It is written after the
commit and not synced: it may lag behind the store, and never runs ahead of it.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import final

from innergate.store.errors import StoreDamaged

WIDTH = 20


def _path_of(path: Path) -> Path:
    return path.with_suffix(".acknowledged")


def check_acknowledged(path: Path, revision: int) -> None:
    """Raises StoreDamaged if more was acknowledged than `revision`, which is what the store at `path` holds."""
    mark = _path_of(path)
    said = mark.read_text().strip() if mark.exists() else ""
    acknowledged = int(said) if said.isdigit() else 0
    if acknowledged > revision:
        raise StoreDamaged(
            f"the state ends at revision {revision}, but revision {acknowledged} was acknowledged: its files were cut or "
            f"damaged. Put a saved copy of the state folder back, or delete {mark} to go on without the last "
            f"{acknowledged - revision} changes"
        )


@final
class AcknowledgedMark:
    """Of the store at `path`."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(_path_of(path), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def note(self, revision: int) -> None:
        """This much is acknowledged. A disk that does not take it leaves the mark behind, which does no harm."""
        with suppress(OSError):
            os.pwrite(self._file, b"%*d" % (WIDTH, revision), 0)

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)
