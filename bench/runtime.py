"""The runtime: requests a second of a worker's core by kind of method, against a bare uvicorn hello's in the same rounds.

Requests come as they do in life: TLS at the endpoint, Envoy, the worker's socket; templates' backends by way of the link. What
counts is the CPU time of the process in question a request, so a busy machine does not change the ratios much. The worker has
core 0 (the hello, too), everything else core 1. A function's own process is the user's; the supervisor that feeds it is ours.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.effort import Effort
from bench.figures import Figure, compared
from bench.load import Load, Target, cpu_seconds, on_core, pin, run_load
from bench.rig import ENTRY_ADDRESS, LOAD_CORE, PROXY_CORE, Rig, inside, need, running_rig
from bench.rounds import spread, take_rounds
from bench.runtime_methods import ORDER, PATHS, STAGE, Methods, build_methods
from innergate.testing.live_envoy import free_ports

PART = "runtime"
HELLO = "uvicorn_hello"
CONNECTIONS = 32
FUNCTION_CONNECTIONS = 6
"""Each keeps a process of the function busy; processes of their own would compete for the core."""
WITH_FUNCTIONS = frozenset({"lambda", "authorizer_cached", "authorizer_uncached"})
SHORT_S = 1.0
COLD_STARTS = 5
_START_S = 15.0


class Spent(NamedTuple):
    """Microseconds of CPU a request: of the workers, of the functions' supervisor, of functions' processes, of Envoy."""

    worker: float
    supervisor: float
    functions: float
    envoy: float
    per_s: float

    @property
    def runtime(self) -> float:
        """Of what is ours and Python."""
        return self.worker + self.supervisor


class Processes(NamedTuple):
    """Whose time is counted: that of all workers, among whom Envoy shares the requests."""

    workers: tuple[int, ...]
    supervisor: int
    envoy: int


def measure(effort: Effort) -> list[Figure]:
    """The figures. Raises Unavailable."""
    need("wrk", "nginx", "ip", "taskset", "curl")
    with tempfile.TemporaryDirectory(prefix="innergate-bench-") as folder, running_rig() as rig, hello() as bare:
        methods = build_methods(rig)
        script = write_script(Path(folder))
        targets = {kind: _target(rig, methods, path, script) for kind, path in PATHS.items()}
        for kind, target in targets.items():
            check_answer(kind, target)
        processes = find_processes(rig)
        for worker in processes.workers:
            pin(worker, PROXY_CORE)
        pin(rig.envoy_pid, LOAD_CORE)
        load = Load(CONNECTIONS, min(effort.seconds, SHORT_S))
        measures: dict[str, Callable[[], Spent]] = {HELLO: partial(_spend_hello, bare, load)}
        for kind, target in targets.items():
            own = load._replace(connections=FUNCTION_CONNECTIONS) if kind in WITH_FUNCTIONS else load
            measures[kind] = partial(spend, target, own, processes)
            run_load(target, own)
        samples = take_rounds(measures, effort.rounds, effort.note(" / ".join(measures), effort.rounds))
        effort.progress("cold starts of a function", 0, 1)
        cold = [cold_start(rig, methods, targets["lambda"]) for _ in range(min(COLD_STARTS, effort.rounds))]
        python = [_python_start() for _ in cold]
    return [*_figures(samples), *_cold_figures(cold, python)]


def _target(rig: Rig, methods: Methods, path: str, script: Path) -> Target:
    host = f"{methods.api}.execute-api.us-east-1.amazonaws.com"
    client = inside(rig.client_namespace, on_core(LOAD_CORE))
    return Target(client, f"https://{ENTRY_ADDRESS}/{STAGE}{path}", host, rig.envoy_pid, script=str(script))


def write_script(folder: Path) -> Path:
    """wrk's: a POST with a JSON body to the HTTP method, GETs elsewhere, an Authorization that an authorizer can keep."""
    body = json.dumps(ORDER)
    path = folder / "request.lua"
    path.write_text(
        f"""
wrk.headers["Authorization"] = "bench"
if string.sub(wrk.path, -5) == "/http" then
  wrk.method = "POST"
  wrk.body = '{body}'
  wrk.headers["Content-Type"] = "application/json"
end
"""
    )
    return path


def check_answer(kind: str, target: Target) -> None:
    """A measurement of errors would be worthless. Raises RuntimeError."""
    command = [*target.prefix, "curl", "-sk", "-m", "20", "-H", f"Host: {target.host}", "-H", "Authorization: bench"]
    if kind == "http":
        command += ["-H", "Content-Type: application/json", "-d", json.dumps(ORDER)]
    deadline = time.monotonic() + _START_S
    while True:
        said = subprocess.run([*command, "-w", "%{http_code}", target.url], capture_output=True, text=True, check=False)
        if said.stdout.endswith("200"):
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"{kind} at {target.url} answers {said.stdout[:300]!r}")
        time.sleep(0.2)


def find_processes(rig: Rig) -> Processes:
    """Those that run. Raises FileNotFoundError where one was not started."""
    run = rig.platform.state / "run"

    def pid_of(name: str) -> int:
        return int(json.loads((run / f"{name}.pid.json").read_text())["pid"])

    workers = sorted(path.name.removesuffix(".pid.json") for path in run.glob("runtime-*.pid.json"))
    return Processes(tuple(map(pid_of, workers)), pid_of("functions"), rig.envoy_pid)


def descendants_seconds(pid: int) -> float:
    """CPU time of the living descendants of a process."""
    total, ahead = 0.0, [pid]
    while ahead:
        for task in Path(f"/proc/{ahead.pop()}/task").glob("*/children"):
            for child in map(int, task.read_text().split()):
                total += cpu_seconds(child)
                ahead.append(child)
    return total


def spend(target: Target, load: Load, processes: Processes) -> Spent:
    """One measurement."""
    counted = (processes.workers, (processes.supervisor,), (processes.envoy,))
    before = [sum(map(cpu_seconds, pids)) for pids in counted]
    functions = descendants_seconds(processes.supervisor)
    sample = run_load(target, load)
    worker, supervisor, envoy = (
        (sum(map(cpu_seconds, pids)) - then) / sample.requests * 1e6 for pids, then in zip(counted, before, strict=True)
    )
    functions = (descendants_seconds(processes.supervisor) - functions) / sample.requests * 1e6
    return Spent(worker, supervisor, functions, envoy, sample.per_s)


def _spend_hello(target: Target, load: Load) -> Spent:
    sample = run_load(target, load)
    return Spent(sample.cpu_us, 0.0, 0.0, 0.0, sample.per_s)


@contextmanager
def hello() -> Iterator[Target]:
    """A bare uvicorn with uvloop and httptools on core 0."""
    (port,) = free_ports(1)
    process = subprocess.Popen(on_core(PROXY_CORE, (sys.executable, "-m", "bench.hello", str(port))))
    try:
        target = Target(on_core(LOAD_CORE), f"http://127.0.0.1:{port}/", "localhost", process.pid)
        deadline = time.monotonic() + _START_S
        while subprocess.run(["curl", "-s", target.url], capture_output=True, check=False).stdout != b"hello\n":
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("uvicorn did not start")
            time.sleep(0.1)
        yield target
    finally:
        process.terminate()
        process.wait(10)


def cold_start(rig: Rig, methods: Methods, target: Target) -> float:
    """Milliseconds of the first request after a change of the function's configuration, which no warm process fits."""
    variables = {"Variables": {"ROUND": str(time.monotonic_ns())}}
    methods.functions.update_function_configuration(FunctionName="bench", Environment=variables)
    rig.platform.settle()
    command = [*target.prefix, "curl", "-sk", "-m", "20", "-H", f"Host: {target.host}", "-o", "/dev/null"]
    said = subprocess.run(
        [*command, "-w", "%{time_total}", target.url], capture_output=True, text=True, check=True
    ).stdout
    return float(said) * 1000


def _python_start() -> float:
    """Milliseconds that a Python takes to load Lambda's runtime client."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import awslambdaric.bootstrap"], check=True)
    return (time.monotonic() - began) * 1000


def _figures(samples: Mapping[str, list[Spent]]) -> list[Figure]:
    bare = [1e6 / sample.worker for sample in samples[HELLO]]
    figures = [Figure(name=HELLO, value=median(bare), unit="req/s/core", part=PART, spread=spread(bare))]
    for kind, found in samples.items():
        if kind == HELLO:
            continue
        own = [1e6 / sample.runtime for sample in found]
        figures.append(compared(f"runtime_{kind}", own, HELLO, bare, "req/s/core", PART))
        for process in ("worker", "supervisor", "functions", "envoy"):
            used = [float(getattr(sample, process)) for sample in found]
            if median(used) > 1:
                name = f"cpu_{kind}_{process}"
                figures.append(Figure(name=name, value=median(used), unit="us/req", part=PART, spread=spread(used)))
    return figures


def _cold_figures(cold: list[float], python: list[float]) -> list[Figure]:
    return [compared("lambda_cold_start", cold, "python_start", python, "ms", PART)]
