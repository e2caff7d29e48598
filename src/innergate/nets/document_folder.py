"""Documents on disk: a folder a kind, a file each, whole or not at all, for their owner alone: some hold secrets."""

import os
import re
from pathlib import Path
from typing import final

from innergate.plans.documents import STAGES, DocumentName
from innergate.plans.network import NetworkChange

_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


@final
class DocumentFolder:
    """The files below `root`. Their readers find a change by inode and time, so an equal file is left alone."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._current: set[DocumentName] = set()

    def take_over(self, change: NetworkChange) -> dict[DocumentName, str]:
        """Writes and deletes what the change says; a complete change leaves nothing else but stages' other versions, by which
        Envoy may still route, until a change sweeps them. Gives why, where that failed."""
        failures: dict[DocumentName, str] = {}
        if change.complete:
            self._current = set()
        for document in change.documents:
            try:
                self._write(document.name, document.body)
            except (OSError, ValueError) as error:
                failures[document.name] = str(error)
        dropped = set(change.dropped_documents)
        self._current = (self._current | {document.name for document in change.documents}) - dropped
        if change.complete or change.sweeps_stages:
            stray = set(self.names()) - self._current
            dropped |= {n for n in stray if (change.sweeps_stages if n.kind == STAGES else change.complete)}
        for name in dropped:
            self._path(name).unlink(missing_ok=True)
        return failures

    def names(self) -> list[DocumentName]:
        """All that are there, in order."""
        return sorted(
            DocumentName(folder.name, file.name)
            for folder in self._root.glob("*")
            for file in folder.iterdir()
            if not file.name.startswith(".")
        )

    def _write(self, name: DocumentName, body: bytes) -> None:
        path = self._path(name)
        try:
            if path.read_bytes() == body:
                return
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
        spare = path.with_name(f".{path.name}.{os.getpid()}")
        spare.touch(mode=0o600)
        spare.write_bytes(body)
        spare.replace(path)

    def _path(self, name: DocumentName) -> Path:
        if not (_SAFE.fullmatch(name.kind) and _SAFE.fullmatch(name.name)):
            raise ValueError(f"{name.kind}/{name.name} is no document's name")
        return self._root / name.kind / name.name
