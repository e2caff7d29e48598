"""Steady traffic inside a VPC while a test breaks things."""

import json
import os
import signal
import subprocess
import sys
from typing import Any, NamedTuple, final

from innergate.driver.platform import PlatformFailed, RunningPlatform


class LoadResult(NamedTuple):
    """What the traffic met. `failures` are the first few; `longest_gap_s` is between two good answers."""

    requests: int
    failed: int
    failures: tuple[str, ...]
    longest_gap_s: float


@final
class RunningLoad:
    """Keep-alive and new-connection requests from a host of `vpc`, from entering until `end`."""

    def __init__(self, platform: RunningPlatform, vpc: str, url: str, asks_once: bool = False) -> None:
        command = [sys.executable, "-m", "innergate.testing.loader", url, *(["--once"] if asks_once else [])]
        self._argv = platform.exec_argv(vpc, command)
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> "RunningLoad":
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(self._argv, stdin=pipe, stdout=pipe, text=True, start_new_session=True)
        assert self._process.stdout is not None
        if json.loads(self._process.stdout.readline() or "{}") != {"ready": True}:
            self._process.kill()
            raise PlatformFailed("the load did not begin")
        return self

    def __exit__(self, *exc: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()

    def pause(self) -> None:
        """Holds the traffic until `resume`; a request that is on its way stays so."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Lets it go on."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGCONT)

    def end(self) -> LoadResult:
        """Stops the traffic. Gives what it met."""
        assert self._process is not None
        said, _ = self._process.communicate(timeout=30)
        seen: dict[str, Any] = json.loads(said.splitlines()[-1])
        return LoadResult(seen["requests"], seen["failed"], tuple(seen["failures"]), seen["longest_gap_s"])
