"""Processes that outlive the agent: started apart from it, remembered in a file, found again by pid and start time."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import final

import msgspec

STOP_TIMEOUT_S = 3.0
POLL_S = 0.02
DETACH_TIMEOUT_S = 20.0


class ProcessRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`started` is the start time in clock ticks since boot: a pid alone may be somebody else's by now. `fingerprint` names
    what it was started with."""

    pid: int
    started: int
    fingerprint: str = ""


def read_start_time(pid: int) -> int:
    """Clock ticks since boot; 0 if there is no such process, or only its remains (proc(5), fields 3 and 22)."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    fields = text.rpartition(")")[2].split()
    return 0 if fields[0] in "ZX" else int(fields[19])


def is_running(record: ProcessRecord) -> bool:
    """Whether that very process still runs."""
    return record.started != 0 and read_start_time(record.pid) == record.started


def read_record(path: Path) -> ProcessRecord | None:
    """None if there is none that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=ProcessRecord)
    except (OSError, msgspec.DecodeError):
        return None


def write_record(path: Path, record: msgspec.Struct) -> None:
    """Whole or not at all."""
    spare = path.with_suffix(".new")
    spare.write_bytes(msgspec.json.encode(record))
    spare.replace(path)


@final
class KeptProcess:
    """One process in a session (and so a process group) of its own, remembered in `record_path`."""

    def __init__(self, record_path: Path) -> None:
        self._path = record_path
        self._child: subprocess.Popen[bytes] | None = None
        self._record: ProcessRecord | None = None
        self._is_recorded = True

    @property
    def pid(self) -> int:
        """0 while none was started or adopted."""
        return self._record.pid if self._record is not None else 0

    @property
    def exit_code(self) -> int | None:
        """None while it runs, and for an adopted process."""
        return self._child.poll() if self._child is not None else None

    def adopt(self, fingerprint: str) -> bool:
        """Takes over the process of the record if it still runs and was started with the same fingerprint. One with
        another fingerprint is ended."""
        record = read_record(self._path)
        if record is None or not is_running(record):
            return False
        self._record = record
        if record.fingerprint != fingerprint:
            self.end()
            return False
        return True

    def start(self, command: Sequence[str], environment: Mapping[str, str], log: Path, fingerprint: str) -> None:
        """Starts it apart from this process, its output appended to `log`. Raises OSError."""
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                list(command),
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._remember(self._child.pid, fingerprint)

    def start_detached(
        self, command: Sequence[str], log: Path, fingerprint: str, environment: Mapping[str, str] | None = None
    ) -> None:
        """The same as nobody's child, for a command that would die with its parent; its exit code is not seen. None for this
        process's environment. Raises OSError."""
        argv = [sys.executable, "-m", "innergate.nets.detach", str(log), *command]
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment,
            timeout=DETACH_TIMEOUT_S,
            check=False,
        )
        if done.returncode != 0:
            raise OSError(f"cannot start {command[0]}: {done.stderr.decode(errors='replace').strip()}")
        self._child = None
        self._remember(int(done.stdout), fingerprint)

    def _remember(self, pid: int, fingerprint: str) -> None:
        self._record = ProcessRecord(pid=pid, started=read_start_time(pid), fingerprint=fingerprint)
        self._write_down()

    def _write_down(self) -> None:
        """A disk that is full is asked again whenever somebody looks: without the record the next agent would not know it."""
        self._is_recorded = False
        if self._record is not None:
            with suppress(OSError):
                write_record(self._path, self._record)
                self._is_recorded = True

    def is_alive(self) -> bool:
        """Also collects an ended child."""
        if not self._is_recorded:
            self._write_down()
        if self._child is not None:
            return self._child.poll() is None
        return self._record is not None and is_running(self._record)

    def end(self) -> None:
        """Ends the whole group: politely, then by force after 3 seconds. Blocks; idempotent."""
        if self._record is not None:
            was_alive = self.is_alive()
            group = self._record.pid
            if was_alive:
                self._signal(group, signal.SIGTERM)
                deadline = time.monotonic() + STOP_TIMEOUT_S
                while self.is_alive() and time.monotonic() < deadline:
                    time.sleep(POLL_S)
            if was_alive or self._child is not None:
                self._signal(group, signal.SIGKILL)
            if self._child is not None:
                self._child.wait()
        self._child = None
        self._record = None
        self._is_recorded = True
        self._path.unlink(missing_ok=True)

    @staticmethod
    def _signal(group: int, number: int) -> None:
        try:
            os.killpg(group, number)
        except (ProcessLookupError, PermissionError):
            return
