"""The stages that a worker executes, as the files say at each use."""

from pathlib import Path
from typing import NamedTuple, final

import msgspec

from innergate.plans.runtime import RuntimeStage

_DECODER = msgspec.json.Decoder(RuntimeStage)
_MOST = 10_000


class _Read(NamedTuple):
    inode: int
    changed_ns: int
    size: int
    stage: RuntimeStage


@final
class StageDocuments:
    """Reads a document again when its file has changed; a file is replaced whole, never written into."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, _Read] = {}

    def find(self, name: str) -> RuntimeStage | None:
        """The stage, or None where there is no such document or it cannot be read."""
        path = self._folder / name
        try:
            status = path.stat()
            known = self._read.get(name)
            if known is not None and known[:3] == (status.st_ino, status.st_mtime_ns, status.st_size):
                return known.stage
            stage = _DECODER.decode(path.read_bytes())
        except (OSError, msgspec.DecodeError):
            self._read.pop(name, None)
            return None
        if len(self._read) >= _MOST:
            self._read.clear()
        self._read[name] = _Read(status.st_ino, status.st_mtime_ns, status.st_size, stage)
        return stage
