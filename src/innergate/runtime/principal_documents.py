"""The principals that a worker knows, as the files say at each use: a key that control has taken away is unknown at once."""

import re
from pathlib import Path
from typing import NamedTuple, final

import msgspec

from innergate.plans.principals import RuntimePrincipal

_DECODER = msgspec.json.Decoder(RuntimePrincipal)
_KEY_ID = re.compile(r"[A-Z0-9]{16,128}")
_MOST = 10_000


class _Read(NamedTuple):
    inode: int
    changed_ns: int
    size: int
    principal: RuntimePrincipal


@final
class PrincipalDocuments:
    """Reads a document again when its file has changed; a file is replaced whole, never written into."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, _Read] = {}

    def find(self, access_key_id: str) -> RuntimePrincipal | None:
        """Whose key it is, or None where there is no such document or it cannot be read."""
        if not _KEY_ID.fullmatch(access_key_id):
            return None
        path = self._folder / access_key_id
        try:
            status = path.stat()
            known = self._read.get(access_key_id)
            if known is not None and known[:3] == (status.st_ino, status.st_mtime_ns, status.st_size):
                return known.principal
            principal = _DECODER.decode(path.read_bytes())
        except (OSError, msgspec.DecodeError):
            self._read.pop(access_key_id, None)
            return None
        if len(self._read) >= _MOST:
            self._read.clear()
        self._read[access_key_id] = _Read(status.st_ino, status.st_mtime_ns, status.st_size, principal)
        return principal
