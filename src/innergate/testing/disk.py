"""A disk that takes nothing, for one process: what it writes to files fails, what it reads is there."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def refusing_disk(pid: int = 0) -> Iterator[None]:
    """Within the block every write of the process (0: this one) to a file fails with EFBIG, as with ENOSPC on a full disk."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
