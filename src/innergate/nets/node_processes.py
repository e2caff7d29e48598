"""The runtime's workers and the functions' supervisor: processes beside Envoy, kept running while there is work for them.

A kind of process is started when the first document of its kind is there, so a node that needs none pays for none.
"""

import os
import socket
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, final

from innergate.nets.names import shorten
from innergate.nets.processes import KeptProcess
from innergate.nets.state_folder import StateFolder
from innergate.plans.documents import FUNCTIONS, STAGES
from innergate.plans.function_urls import FUNCTION_URLS
from innergate.plans.usage import USAGE

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 10.0
STABLE_AFTER_S = 10.0
READY_TIMEOUT_S = 8.0
POLL_S = 0.02


class Part(NamedTuple):
    """One process: which documents it is there for, what it is started with, and the socket that it answers on."""

    name: str
    kinds: tuple[str, ...]
    arguments: tuple[str, ...]
    socket: Path


def list_parts(folder: StateFolder, workers: int) -> tuple[Part, ...]:
    """All processes of a node: `workers` of the runtime, and one supervisor of functions."""
    common = ("--state", str(folder.root))
    runtime = tuple(
        Part(
            f"runtime-{number}",
            (STAGES, USAGE, FUNCTION_URLS),
            ("innergate.runtime.worker", *common, "--number", str(number)),
            folder.worker_socket(number),
        )
        for number in range(workers)
    )
    return (
        *runtime,
        Part("functions", (FUNCTIONS,), ("innergate.runtime.functions", *common), folder.functions_socket),
    )


@final
class _Kept:
    def __init__(self, part: Part, process: KeptProcess) -> None:
        self.part = part
        self.process = process
        self.is_wanted = False
        self.started_at = 0.0
        self.start_at = 0.0
        self.pause_s = 0.0


@final
class NodeProcesses:
    """All methods block for a moment and belong in a thread. `now` gives seconds that only grow."""

    def __init__(self, folder: StateFolder, parts: Iterable[Part], now: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._now = now
        self._kept = [_Kept(part, KeptProcess(folder.process_record(part.name))) for part in parts]

    def open(self) -> None:
        """Adopts what an agent before left running."""
        for kept in self._kept:
            if kept.process.adopt(_fingerprint(kept.part)):
                kept.is_wanted = True
                kept.started_at = self._now()

    def want(self, kinds: Iterable[str]) -> list[str]:
        """Starts the processes of these kinds that do not run, and waits until they answer. Gives the names of those that do
        not in time (they go on starting)."""
        wanted = set(kinds)
        fresh = [kept for kept in self._kept if wanted & set(kept.part.kinds) and not kept.is_wanted]
        for kept in fresh:
            kept.is_wanted = True
        self.tend()
        deadline = self._now() + READY_TIMEOUT_S
        waiting = fresh
        while waiting and self._now() < deadline:
            waiting = [kept for kept in waiting if not answers(kept.part.socket)]
            if waiting:
                time.sleep(POLL_S)
        return [kept.part.name for kept in waiting]

    def tend(self) -> None:
        """Starts what should run and does not, with a growing pause after each death."""
        now = self._now()
        for kept in self._kept:
            if not kept.is_wanted or kept.process.is_alive():
                continue
            if kept.started_at and not kept.start_at:
                lived_s = now - kept.started_at
                longer = min(max(kept.pause_s * 2, FIRST_PAUSE_S), LONGEST_PAUSE_S)
                kept.pause_s = 0.0 if lived_s > STABLE_AFTER_S else longer
                kept.start_at = now + kept.pause_s
            if now >= kept.start_at:
                kept.start_at = 0.0
                kept.started_at = now
                self._start(kept)

    def stop(self) -> None:
        """Ends all."""
        for kept in self._kept:
            kept.is_wanted = False
            kept.process.end()
            kept.part.socket.unlink(missing_ok=True)

    def _start(self, kept: _Kept) -> None:
        log = self._folder.log / f"{kept.part.name}.log"
        command = [sys.executable, "-m", *kept.part.arguments]
        kept.process.start(command, os.environ, log, _fingerprint(kept.part))


def answers(path: Path) -> bool:
    """Whether somebody takes connections on a unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _fingerprint(part: Part) -> str:
    return shorten(repr((sys.executable, part.arguments)), 16)
