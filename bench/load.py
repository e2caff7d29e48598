"""Closed-loop load by wrk, with the CPU time that the process under test used for it."""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 60e3}


class LoadFailed(Exception):
    """The load did not do what it must; the message says what was seen."""


class NothingDone(LoadFailed):
    """No request was done in the time: the machine had no core to spare."""


ATTEMPTS = 4


class Target(NamedTuple):
    """What is loaded. `prefix` is the command in front of wrk (where it runs, on which core); `pid` is the process whose CPU
    time counts; `headers` are more than Host; `script` is one of wrk's for what its options cannot say ("" for none)."""

    prefix: tuple[str, ...]
    url: str
    host: str
    pid: int
    headers: tuple[tuple[str, str], ...] = ()
    script: str = ""


class Load(NamedTuple):
    """How: connections, whole seconds, and whether each request takes a new connection."""

    connections: int = 48
    seconds: float = 2.0
    is_new_connections: bool = False


class Sample(NamedTuple):
    """What one run of wrk saw. Latencies in milliseconds; `cpu_us` is CPU microseconds a request."""

    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    requests: int = 0


def cpu_seconds(pid: int) -> float:
    """CPU time of a process so far, with that of threads which have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run_load(target: Target, load: Load) -> Sample:
    """Loads the target, once more and twice as long where nothing at all was done. Raises LoadFailed where an answer was not
    a 2xx or 3xx, or none came."""
    for _ in range(ATTEMPTS - 1):
        try:
            return _run_once(target, load)
        except NothingDone:
            load = load._replace(seconds=load.seconds * 2)
    return _run_once(target, load)


def _run_once(target: Target, load: Load) -> Sample:
    command = [*target.prefix, "wrk", "-t1", f"-c{load.connections}", f"-d{max(round(load.seconds), 1)}s", "--latency"]
    command += ["-H", f"Host: {target.host}"]
    if load.is_new_connections:
        command += ["-H", "Connection: close"]
    if target.script:
        command += ["-s", target.script]
    for name, value in target.headers:
        command += ["-H", f"{name}: {value}"]
    before = cpu_seconds(target.pid)
    done = subprocess.run(
        [*command, target.url], capture_output=True, text=True, timeout=60 + load.seconds, check=False
    )
    used = cpu_seconds(target.pid) - before
    return read_wrk(done.stdout + done.stderr, used)


def pin(pid: int, core: int) -> None:
    """Puts every thread of a process on one core."""
    subprocess.run(["taskset", "-a", "-p", "-c", str(core), str(pid)], capture_output=True, check=True)


def on_core(core: int, command: Sequence[str] = ()) -> tuple[str, ...]:
    """The command that runs there."""
    return ("taskset", "-c", str(core), *command)


def read_wrk(said: str, cpu_s: float) -> Sample:
    """What wrk printed, with the CPU seconds that it cost. Raises LoadFailed."""
    count = re.search(r"(\d+) requests in", said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    p50, p99 = (re.search(rf"{percent}%\s+([\d.]+)(us|ms|s|m)\b", said) for percent in (50, 99))
    if count and int(count[1]) == 0:
        raise NothingDone(f"wrk got no answer:\n{said}")
    if not (count and rate and p50 and p99) or "Non-2xx" in said:
        raise LoadFailed(f"wrk did not get clean answers:\n{said}")
    median_ms, late_ms = (float(found[1]) * _UNITS[found[2]] for found in (p50, p99))
    return Sample(float(rate[1]), median_ms, late_ms, cpu_s / int(count[1]) * 1e6, int(count[1]))
