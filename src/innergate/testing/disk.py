"""Disks that take nothing: for one process, or a small one that is full for all."""

import os
import resource
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

BLOCK_BYTES = 1 << 16


@contextmanager
def refusing_disk(pid: int = 0, after_bytes: int = 0) -> Iterator[None]:
    """Within the block a write of the process (0: this one) to a file fails with EFBIG, as with ENOSPC on a full disk; what
    stands before so many bytes of each file is taken."""
    before = resource.prlimit(
        pid, resource.RLIMIT_FSIZE, (after_bytes, resource.prlimit(pid, resource.RLIMIT_FSIZE)[1])
    )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def small_disk(size_bytes: int) -> Iterator[Path]:
    """A folder with a file system of its own, as large as that, where this process may mount one; else without."""
    with tempfile.TemporaryDirectory(prefix="innergate-") as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes},mode=700", "tmpfs", folder]
        is_mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0
        try:
            yield Path(folder)
        finally:
            if is_mounted:
                subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """Within the block the folder's file system has no room for another byte. Give it a small one."""
    ballast = folder / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(b"x" * BLOCK_BYTES):
                pass
        yield
    finally:
        ballast.unlink(missing_ok=True)
