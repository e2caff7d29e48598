"""Packages unpacked, once each: `<digest>/` below a folder, whole or not there."""

import lzma
import os
import shutil
import stat
import threading
import zipfile
import zlib
from collections.abc import Container, Sequence
from pathlib import Path
from typing import final
from weakref import WeakValueDictionary

from innergate.primitives.digest import digest_text

MAX_UNZIPPED_BYTES = 262_144_000
MAX_DEPTH = 64
"""Folders that a file may lie in: each costs something with every file."""
_BROKEN = (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError)


class BadPackage(Exception):
    """The package is not there, or cannot be unpacked."""


@final
class CodeFolder:
    """`unpack` blocks; call it in a thread. Who waits for a package waits for no other."""

    def __init__(self, blobs: Path, folder: Path) -> None:
        self._blobs = blobs
        self._folder = folder
        self._lock = threading.Lock()
        self._locks: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
        folder.mkdir(parents=True, exist_ok=True)

    def find(self, digests: Sequence[str]) -> Path | None:
        """The folder that `unpack` gives, if it is there."""
        target = self._folder / folder_name(digests)
        return target if target.is_dir() else None

    def unpack(self, digests: Sequence[str]) -> Path:
        """The folder with the files of packages, of a later one over those of an earlier one. Raises BadPackage."""
        name = folder_name(digests)
        target = self._folder / name
        with self._lock:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if target.is_dir():
                return target
            spare = self._folder / f"{name}.new"
            shutil.rmtree(spare, ignore_errors=True)
            spare.mkdir()
            spare.chmod(0o755)
            try:
                for digest in digests:
                    with zipfile.ZipFile(self._blobs / f"{digest}.zip") as package:
                        _extract(package, spare)
            except _BROKEN as error:
                shutil.rmtree(spare, ignore_errors=True)
                raise BadPackage(f"the packages {', '.join(digests)} cannot be unpacked: {error}") from error
            spare.rename(target)
        return target

    def sweep(self, wanted: Container[str]) -> None:
        """Deletes what is no longer named."""
        for path in self._folder.iterdir():
            if path.name not in wanted:
                shutil.rmtree(path, ignore_errors=True)


def folder_name(digests: Sequence[str]) -> str:
    """The name of the folder that packages are unpacked into together."""
    return digests[0] if len(digests) == 1 else digest_text(" ".join(digests), 64)


def _extract(package: zipfile.ZipFile, folder: Path) -> None:
    """Files with the modes that the package gives them, readable for everybody; links stay inside."""
    size = 0
    for entry in package.infolist():
        size += entry.file_size
        if size > MAX_UNZIPPED_BYTES:
            raise ValueError("it is too large")
        target = folder / entry.filename
        if len(target.parts) - len(folder.parts) > MAX_DEPTH:
            raise ValueError(f"{entry.filename[:64]!r} lies too deep")
        if ".." in Path(entry.filename).parts or not target.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"{entry.filename!r} leads out of it")
        mode = entry.external_attr >> 16
        if entry.is_dir():
            _make_folder(target, folder)
        elif stat.S_ISLNK(mode):
            _make_folder(target.parent, folder)
            link = package.read(entry).decode()
            if not (target.parent / link).resolve().is_relative_to(folder.resolve()):
                raise ValueError(f"the link {entry.filename!r} leads out of it")
            target.unlink(missing_ok=True)
            target.symlink_to(link)
        else:
            _make_folder(target.parent, folder)
            target.unlink(missing_ok=True)
            with package.open(entry) as source, target.open("wb") as out:
                shutil.copyfileobj(source, out)
            os.chmod(target, 0o755 if mode & 0o111 else 0o644)


def _make_folder(path: Path, root: Path) -> None:
    path.mkdir(parents=True, exist_ok=True)
    while path != root:
        path.chmod(0o755)
        path = path.parent
