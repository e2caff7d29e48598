"""Calls per second of the control plane by kind, with several clients at once, against moto's server where it is installed.

Kinds that create also delete, so that quotas and sizes stay as they were. Innergate checks every signature and commits every
write to disk before it answers; moto does neither. The server has core 0, the clients share core 1.
"""

import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.control_client import ControlCalls, Door
from bench.effort import Effort, Unavailable
from bench.figures import Figure, compared
from bench.load import cpu_seconds, on_core, pin
from bench.rounds import spread, take_rounds
from bench.store_commits import measure_commits
from innergate.driver.platform import RunningPlatform
from innergate.testing.live_envoy import free_ports

PART = "control-plane"
CLIENTS = 4
SERVER_CORE, CLIENT_CORE = 0, 1
MOTO = "moto"
_START_S = 20.0


class Server(NamedTuple):
    """A control plane under load: where it is, its process, an API to work on."""

    door: Door
    pid: int
    api: str
    root: str


class Sample(NamedTuple):
    """Calls per second and CPU microseconds a call."""

    per_s: float
    cpu_us: float


Work = Callable[[ControlCalls, Server, str], int]
"""Does one turn under a name that nobody else uses; how many calls it made."""


def describe_vpcs(calls: ControlCalls, server: Server, name: str) -> int:
    """DescribeVpcs."""
    calls.ec2("DescribeVpcs")
    return 1


def get_resources(calls: ControlCalls, server: Server, name: str) -> int:
    """GetResources."""
    calls.apigateway("GET", f"/restapis/{server.api}/resources")
    return 1


def create_vpc(calls: ControlCalls, server: Server, name: str) -> int:
    """CreateVpc, DeleteVpc."""
    made = re.search(r"<vpcId>([^<]+)", calls.ec2("CreateVpc", CidrBlock="10.9.0.0/16"))
    assert made is not None
    calls.ec2("DeleteVpc", VpcId=made[1])
    return 2


def create_method(calls: ControlCalls, server: Server, name: str) -> int:
    """CreateResource, PutMethod, PutIntegration, DeleteResource."""
    base = f"/restapis/{server.api}/resources"
    resource = json.loads(calls.apigateway("POST", f"{base}/{server.root}", _body({"pathPart": name})))["id"]
    calls.apigateway("PUT", f"{base}/{resource}/methods/GET", _body({"authorizationType": "NONE"}))
    integration = _body({"type": "HTTP_PROXY", "httpMethod": "GET", "uri": "http://example.com/"})
    calls.apigateway("PUT", f"{base}/{resource}/methods/GET/integration", integration)
    calls.apigateway("DELETE", f"{base}/{resource}")
    return 4


KINDS: Mapping[str, Work] = {
    "describe_vpcs": describe_vpcs,
    "get_resources": get_resources,
    "create_delete_vpc": create_vpc,
    "create_delete_method": create_method,
}


def _body(value: dict[str, str]) -> bytes:
    return json.dumps(value).encode()


def measure(effort: Effort) -> list[Figure]:
    """The figures. Raises Unavailable."""
    if (os.cpu_count() or 1) < 2 or not hasattr(os, "sched_setaffinity"):
        raise Unavailable("the server and the clients each need a core of their own")
    before = os.sched_getaffinity(0)
    moto_python = find_moto()
    try:
        commits = measure_commits(effort, PART)
        with innergate_server() as own:
            os.sched_setaffinity(0, {CLIENT_CORE})
            if moto_python is None:
                print("no Python with moto's server was found (pip install 'moto[server]'): figures without that peer")
                return commits + _measure({"innergate": own}, effort)
            with moto_server(moto_python) as peer:
                return commits + _measure({"innergate": own, MOTO: peer}, effort)
    finally:
        os.sched_setaffinity(0, before)


def _measure(servers: Mapping[str, Server], effort: Effort) -> list[Figure]:
    figures = []
    for kind, work in KINDS.items():
        for server in servers.values():
            run_kind(server, work, 0.2)
        measures = {name: partial(run_kind, server, work, effort.seconds) for name, server in servers.items()}
        rounds = max(effort.rounds // 2, 1)
        note = effort.note(f"{kind} by {CLIENTS} clients: {' / '.join(servers)}", rounds)
        figures += _figures(kind, take_rounds(measures, rounds, note))
    return figures


def _figures(kind: str, samples: Mapping[str, list[Sample]]) -> list[Figure]:
    figures = []
    for name, unit, read in ((kind, "calls/s", _per_s), (f"cpu_{kind}", "us/call", _cpu_us)):
        own = [read(sample) for sample in samples["innergate"]]
        if MOTO in samples:
            peers = [read(sample) for sample in samples[MOTO]]
            figures.append(compared(name, own, MOTO, peers, unit, PART))
        else:
            figures.append(Figure(name=name, value=median(own), unit=unit, part=PART, spread=spread(own)))
    return figures


def _per_s(sample: Sample) -> float:
    return sample.per_s


def _cpu_us(sample: Sample) -> float:
    return sample.cpu_us


def run_kind(server: Server, work: Work, seconds: float) -> Sample:
    """All clients do `work` for so long. Raises what one of them met."""
    counts: list[int] = []
    failures: list[Exception] = []
    numbers = itertools.count(int(time.time() * 1000))
    end = time.monotonic() + seconds

    def client() -> None:
        calls = ControlCalls(server.door)
        made = 0
        try:
            while time.monotonic() < end:
                made += work(calls, server, f"n{next(numbers)}")
        except Exception as error:  # noqa: BLE001 - handed to the caller below
            failures.append(error)
        finally:
            calls.close()
            counts.append(made)

    used, began = cpu_seconds(server.pid), time.monotonic()
    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    took, total = time.monotonic() - began, max(sum(counts), 1)
    return Sample(total / took, (cpu_seconds(server.pid) - used) / total * 1e6)


@contextmanager
def innergate_server() -> Iterator[Server]:
    """A fresh platform with one account."""
    with RunningPlatform(concurrency=1) as platform:
        environment = platform.environment(platform.add_account("bench"))
        host, _, port = environment["AWS_ENDPOINT_URL"].removeprefix("http://").partition(":")
        door = Door(host, int(port), environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])
        pid = _control_pid(platform.state)
        pin(pid, SERVER_CORE)
        yield _prepared(door, pid)


@contextmanager
def moto_server(python: str) -> Iterator[Server]:
    """moto's threaded development server, as its documents start it."""
    (port,) = free_ports(1)
    command = on_core(SERVER_CORE, (python, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)))
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        door = Door("127.0.0.1", port, "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        _wait_for(door, process)
        yield _prepared(door, process.pid)
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(door: Door, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            socket.create_connection((door.host, door.port), timeout=1).close()
        except ConnectionRefusedError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise Unavailable("moto's server did not start") from None
            time.sleep(0.1)
        else:
            return


def _prepared(door: Door, pid: int) -> Server:
    calls = ControlCalls(door)
    create_vpc(calls, Server(door, pid, "", ""), "")  # a region's first write stores its default network
    api = json.loads(calls.apigateway("POST", "/restapis", _body({"name": "bench"})))["id"]
    root = json.loads(calls.apigateway("GET", f"/restapis/{api}/resources"))
    calls.close()
    found = root["item"] if "item" in root else root["_embedded"]["item"]
    return Server(door, pid, api, (found if isinstance(found, dict) else found[0])["id"])


def find_moto() -> str | None:
    """A Python that has moto's server: this one, or the first in PATH; None where there is none."""
    for python in (sys.executable, shutil.which("python3"), shutil.which("python")):
        if python is not None and _has_moto(python):
            return python
    return None


def _has_moto(python: str) -> bool:
    done = subprocess.run([python, "-c", "import moto.server, flask"], capture_output=True, check=False)
    return done.returncode == 0


def _control_pid(state: Path) -> int:
    """The process of `innergate up` for this state folder."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if b"innergate.cli.main" in words and b"up" in words and str(state).encode() in words:
            return int(path.parent.name)
    raise Unavailable(f"no control process of {state} was found")
