"""The documents that say what functions there are: looked at on every use, read again when a file has changed."""

import os
from pathlib import Path
from typing import NamedTuple, final

import msgspec

from innergate.plans.functions import FunctionPlan, document_of
from innergate.primitives.event_log import EventLog
from innergate.runtime.functions.code_folder import folder_name

log = EventLog()


class _Read(NamedTuple):
    identity: tuple[int, int, int]
    plan: FunctionPlan


@final
class FunctionDocuments:
    """`folder` is where the agent writes them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, _Read] = {}

    def find(self, arn: str) -> FunctionPlan | None:
        """The function of an ARN without qualifier; None where there is none."""
        try:
            name = document_of(arn)
        except ValueError:
            return None
        if "/" in name or "\0" in name or name.startswith("."):
            return None
        path = f"{self._folder}/{name}"
        try:
            status = os.stat(path)
        except OSError:
            self._read.pop(arn, None)
            return None
        identity = (status.st_ino, status.st_mtime_ns, status.st_size)
        known = self._read.get(arn)
        if known is None or known.identity != identity:
            try:
                plan = msgspec.json.decode(Path(path).read_bytes(), type=FunctionPlan)
            except (OSError, msgspec.DecodeError) as error:
                log.error("a function's document cannot be read", function=arn, reason=str(error))
                return None
            known = self._read[arn] = _Read(identity, plan)
        return known.plan if known.plan.arn == arn else None

    def list_folders(self) -> set[str]:
        """The names of all folders of packages that a document wants."""
        folders = set()
        for path in self._folder.glob("*") if self._folder.is_dir() else ():
            try:
                plan = msgspec.json.decode(path.read_bytes(), type=FunctionPlan)
            except (OSError, msgspec.DecodeError):
                continue
            for version in plan.versions.values():
                folders |= {folder_name(digests) for digests in ((version.code_digest,), version.layers) if digests}
        return folders
