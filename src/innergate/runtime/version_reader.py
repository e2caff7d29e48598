"""Stages' documents, of which each version has a file of its own: what was read once is known."""

from collections import OrderedDict
from pathlib import Path
from typing import final

import msgspec

from innergate.plans.runtime import RuntimeStage

_MOST = 4_096
"""Documents that are kept decoded."""
_VERSIONS = 4
"""Of one stage."""


@final
class VersionReader:
    """A version outlives its file here: requests that Envoy sent on by an older route are still answered by it. Names must not
    come from clients as they are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._decoder = msgspec.json.Decoder(RuntimeStage)
        self._read: OrderedDict[str, dict[str, RuntimeStage]] = OrderedDict()

    def expect(self, name: str) -> RuntimeStage | None:
        """Reads it before a request's body, which may take its time, and the file be gone then. None as `find` has it."""
        return self.find(name) if name else None

    def find(self, name: str) -> RuntimeStage | None:
        """The document, or None where there is none or it cannot be read."""
        stem, _, version = name.rpartition(".")
        known = self._read.get(stem)
        if known is not None and version in known:
            return known[version]
        try:
            document = self._decoder.decode((self._folder / name).read_bytes())
        except (OSError, msgspec.DecodeError):
            return None
        versions = self._read.pop(stem, {})
        versions[version] = document
        if len(versions) > _VERSIONS:
            del versions[next(iter(versions))]
        self._read[stem] = versions
        if len(self._read) > _MOST:
            self._read.popitem(last=False)
        return document
