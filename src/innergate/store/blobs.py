"""Blobs: large immutable contents (a function's code) beside the resources that name them by their digest.

A blob is on disk before the transaction that names it commits, so no resource names what is not there. One that nobody names is
harmless, and is swept away when the platform starts.
"""

import hashlib
import os
from collections.abc import Container
from pathlib import Path
from typing import Protocol, final

SUFFIX = ".zip"


class Blobs(Protocol):
    """Where services keep what is too large for a resource."""

    def put(self, data: bytes) -> str:
        """The content's digest (SHA-256, 64 hex digits). When this returns, the content is durable."""
        ...


@final
class NoBlobs:
    """For whoever runs operations that keep none."""

    def put(self, data: bytes) -> str:
        raise RuntimeError("there is no place for blobs")


NO_BLOBS = NoBlobs()


@final
class FolderBlobs:
    """One file a blob: `<digest>.zip`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def put(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        path = self._folder / f"{digest}{SUFFIX}"
        if path.exists():
            return digest
        spare = path.with_suffix(".new")
        with os.fdopen(os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        spare.replace(path)
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return digest

    def sweep(self, named: Container[str]) -> int:
        """Deletes every blob whose digest is not among `named`; how many. Only while nobody writes."""
        gone = [path for path in self._folder.iterdir() if path.suffix != SUFFIX or path.stem not in named]
        for path in gone:
            path.unlink()
        return len(gone)
