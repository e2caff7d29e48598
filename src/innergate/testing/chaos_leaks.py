"""What a platform holds of the machine: to compare before and after, and to see that nothing stays once it has stopped."""

import json
import os
import time
from pathlib import Path
from typing import NamedTuple

from innergate.nets.document_folder import LINGER_S
from innergate.nets.namespaces import NAMESPACE_FOLDER
from innergate.plans.documents import STAGES

REMOVAL_S = 5.0 + LINGER_S
"""What is removed goes after the change is live: once Envoy has let go of it, and a stage's document stays for a while."""

LOOK_EVERY_S = 0.1


class Holdings(NamedTuple):
    """Names only: processes by their program, namespaces, sockets by their paths, files of the folder `run`."""

    processes: tuple[str, ...]
    namespaces: tuple[str, ...]
    sockets: tuple[str, ...]
    files: tuple[str, ...]

    def without_repeated_files(self) -> "Holdings":
        """One version of each stage's document: the others are about to go."""
        return self._replace(files=tuple(sorted(set(self.files))))


def read_holdings(state: Path, namespaces: frozenset[str]) -> Holdings:
    """Of the platform of one state folder; of namespaces only those of `namespaces` that are there."""
    return Holdings(
        tuple(sorted(_processes(state))),
        tuple(sorted(namespaces & set(os.listdir(NAMESPACE_FOLDER)))),
        tuple(sorted({path for path in _unix_sockets() if path.startswith(f"{state}/")})),
        tuple(sorted(_name(path.relative_to(state)) for path in (state / "run").rglob("*"))),
    )


def _name(path: Path) -> str:
    """A stage's document bears its version, which any change of the stage makes another."""
    is_version = path.parts[:-1] == ("run", "documents", STAGES)
    return str(path.with_suffix("")) if is_version else str(path)


def read_owned_namespaces(state: Path) -> frozenset[str]:
    """Every namespace that an agent of the folder made."""
    return frozenset(json.loads((state / "run" / "namespaces").read_text()))


def say_difference(before: Holdings, after: Holdings) -> list[str]:
    """What is there afterwards and was not before, in sentences."""
    found = []
    for what, old, new in zip(Holdings._fields, before, after, strict=True):
        surplus = list(new)
        for name in old:
            if name in surplus:
                surplus.remove(name)
        found += [f"left over, of {what}: {name}" for name in surplus]
    return found


def wait_for_no_difference(state: Path, before: Holdings, namespaces: frozenset[str]) -> list[str]:
    """What is still there after removals have had their time, and was not before, in sentences."""
    give_up = time.monotonic() + REMOVAL_S
    while found := say_difference(before, read_holdings(state, namespaces)):
        if time.monotonic() > give_up:
            break
        time.sleep(LOOK_EVERY_S)
    return found


def _processes(state: Path) -> list[str]:
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or folder.name == str(os.getpid()):
            continue
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if any(word == str(state) or word.startswith(f"{state}/") for word in words):
            found.append(" ".join(word for word in words[:4] if not word.startswith("/tmp")))
    return found


def _unix_sockets() -> list[str]:
    lines = Path("/proc/net/unix").read_text().splitlines()[1:]
    return [words[7] for line in lines if len(words := line.split()) > 7]
