"""Two processes share the tests of `make test`: each takes a file at a time; what measures time has the machine to itself.

Files go to whichever process is free, the longest first. The real clients' files stay together, for their Terraform runs go on
in the background of one session. A test marked `alone` starts once nothing else runs, and nothing else starts before it ends:
its bounds are for a machine that does one thing (docs/decisions/0034).
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import final

import pytest

CLIENTS = "tests/e2e/clients/"
_FIRST = ("tests/e2e/test_bench_smoke.py", "tests/e2e/test_docs_commands.py", CLIENTS)
"""The longest: begun late they would keep one process when the other has ended."""


def unit_of_work(nodeid: str) -> str:
    """What goes to one process as a whole: a file, or all of the clients'."""
    return CLIENTS if nodeid.startswith(CLIENTS) else nodeid.partition("::")[0]


def place_in_line(nodeid: str, is_alone: bool) -> int:
    """Smaller is earlier: what is alone, the longest, the other end-to-end tests; the short rest fills the gaps."""
    if is_alone:
        return 0
    if nodeid.startswith(_FIRST):
        return 1
    return 2 if nodeid.startswith("tests/e2e/") else 3


def put_in_line(items: list[pytest.Item]) -> None:
    """Sorts by the last place that a test of its unit of work has; else the order stays."""
    places: dict[str, int] = {}
    for item in items:
        unit, place = unit_of_work(item.nodeid), place_in_line(item.nodeid, is_alone(item))
        places[unit] = max(place, places.get(unit, place))
    items.sort(key=lambda item: places[unit_of_work(item.nodeid)])


def is_alone(item: pytest.Item | None) -> bool:
    """Whether it is marked so."""
    return item is not None and item.get_closest_marker("alone") is not None


@final
class Turns:
    """Locks between the processes of one run. One who waits to be alone keeps others from starting, so it is not put off."""

    def __init__(self, folder: Path) -> None:
        self._queue = os.open(folder / "queue", os.O_CREAT | os.O_RDWR, 0o600)
        self._machine = os.open(folder / "machine", os.O_CREAT | os.O_RDWR, 0o600)
        self._holds_alone = False

    @contextmanager
    def turn(self, alone: bool, next_alone: bool) -> Iterator[None]:
        """For one test; a row of tests that are alone keeps the machine in between."""
        if not self._holds_alone:
            fcntl.flock(self._queue, fcntl.LOCK_EX)
            fcntl.flock(self._machine, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
            fcntl.flock(self._queue, fcntl.LOCK_UN)
        try:
            yield
        finally:
            self._holds_alone = alone and next_alone
            if not self._holds_alone:
                fcntl.flock(self._machine, fcntl.LOCK_UN)

    def close(self) -> None:
        """Whoever waits goes on."""
        os.close(self._queue)
        os.close(self._machine)
