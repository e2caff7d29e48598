"""Documents on disk: a folder a kind, a file each, whole or not at all, for their owner alone: some hold secrets."""

import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import final

from innergate.plans.documents import STAGES, DocumentName
from innergate.plans.network import NetworkChange

LINGER_S = 5.0
"""More than a busy or stopped worker needs to begin with a request that Envoy has sent it."""

_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


@final
class DocumentFolder:
    """The files below `root`. Their readers find a change by inode and time, so an equal file is left alone. A stage's version
    stays for a while after it was dropped: the worker that it was routed to may not have come to read it. `now` gives seconds
    that only grow."""

    def __init__(self, root: Path, now: Callable[[], float] = time.monotonic) -> None:
        self._root = root
        self._now = now
        self._leaving: dict[DocumentName, float] = {}
        self._current: set[DocumentName] = set()
        self._unwritten: dict[DocumentName, bytes] = {}

    @property
    def is_behind(self) -> bool:
        """Whether the disk has not taken all that it should hold: `tend` tries again."""
        return bool(self._unwritten)

    def take_over(self, change: NetworkChange) -> dict[DocumentName, str]:
        """Writes and deletes what the change says; a complete change leaves nothing else but stages' other versions, by which
        Envoy may still route, until a change sweeps them. Gives what no folder can hold, and why."""
        dropped = set(change.dropped_documents)
        written = {document.name: document.body for document in change.documents}
        forgotten = set(dropped)
        if change.complete:
            self._current = set()
            forgotten |= self._unwritten.keys() - written.keys()
            self._remove_spares()
        self._unwritten = {name: body for name, body in self._unwritten.items() if name not in forgotten}
        failures = self._write_all(written)
        self._current = (self._current | written.keys()) - dropped
        if change.complete or change.sweeps_stages:
            stray = set(self.names()) - self._current
            dropped |= {n for n in stray if (change.sweeps_stages if n.kind == STAGES else change.complete)}
        self._drop(dropped)
        return failures

    def tend(self) -> None:
        """Writes what the disk did not take before, and deletes what has stayed long enough."""
        self._write_all(dict(self._unwritten))
        now = self._now()
        for name in [name for name, leaves_at in self._leaving.items() if leaves_at <= now]:
            self._remove(name)

    def clear(self) -> None:
        """Deletes all at once: nobody reads them any more."""
        self._current, self._unwritten = set(), {}
        for name in self.names():
            self._remove(name)
        self._remove_spares()

    def names(self) -> list[DocumentName]:
        """All that are there, in order."""
        return sorted(
            DocumentName(folder.name, file.name)
            for folder in self._root.glob("*/")
            for file in folder.iterdir()
            if not file.name.startswith(".")
        )

    def _write_all(self, bodies: Mapping[DocumentName, bytes]) -> dict[DocumentName, str]:
        failures: dict[DocumentName, str] = {}
        for name, body in bodies.items():
            self._leaving.pop(name, None)
            try:
                self._write(name, body)
            except OSError:
                self._unwritten[name] = body
                continue
            except ValueError as error:
                failures[name] = str(error)
            self._unwritten.pop(name, None)
        return failures

    def _drop(self, names: Iterable[DocumentName]) -> None:
        leaves_at = self._now() + LINGER_S
        for name in names:
            self._leaving.setdefault(name, leaves_at if name.kind == STAGES else 0.0)
            if name.kind != STAGES:
                self._remove(name)

    def _remove(self, name: DocumentName) -> None:
        """Now, or at the next turn where the disk does not let it go. What no folder can hold is not there."""
        with suppress(OSError):
            if _is_safe(name):
                self._path(name).unlink(missing_ok=True)
            self._leaving.pop(name, None)

    def _remove_spares(self) -> None:
        """Of an agent that was killed while it wrote."""
        for spare in self._root.glob("*/.*"):
            with suppress(OSError):
                spare.unlink(missing_ok=True)

    def _write(self, name: DocumentName, body: bytes) -> None:
        path = self._path(name)
        try:
            if path.read_bytes() == body:
                return
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
        spare = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            spare.touch(mode=0o600)
            spare.write_bytes(body)
            spare.replace(path)
        except OSError:
            spare.unlink(missing_ok=True)
            raise

    def _path(self, name: DocumentName) -> Path:
        if not _is_safe(name):
            raise ValueError(f"{name.kind}/{name.name} is no document's name")
        return self._root / name.kind / name.name


def _is_safe(name: DocumentName) -> bool:
    return bool(_SAFE.fullmatch(name.kind) and _SAFE.fullmatch(name.name))
