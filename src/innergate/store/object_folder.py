"""Files that the operator puts where services expect an object of S3: `<folder>/<bucket>/<key>`. Only read, never written."""

from pathlib import Path
from typing import final

_MAX_BYTES = 16 * 1024 * 1024


@final
class ObjectFolder:
    """`folder` None has no objects."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def read_object(self, bucket: str, key: str) -> bytes | None:
        """The object's bytes (at most 16 MiB of them), None where there is none or its path would leave the folder."""
        if self._folder is None:
            return None
        try:
            root = self._folder.resolve()
            path = (root / bucket / key).resolve()
            if not path.is_relative_to(root / bucket) or not path.is_file():
                return None
            with path.open("rb") as file:
                return file.read(_MAX_BYTES)
        except (OSError, ValueError):
            return None
