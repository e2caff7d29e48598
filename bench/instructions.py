"""Instructions of Envoy's worker a request, by callgrind: a bare Envoy, the private path without and with access log.

`python -m bench.instructions [--requests N]`. Repeats differ by less than 1 %, whatever else the machine does, so this compares
settings that time cannot tell apart (docs/decisions/0021-request-path.md). The kernel's part is not in it. The private path is
the compiled plan of the cross-account scenario made static on loopback: the same listener, routes and cluster, without
namespaces. Under valgrind Envoy's allocator is slower than it is (no restartable sequences), for all alike.
"""

import argparse
import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from bench.effort import Unavailable
from bench.peers import BareHop, compose_bare
from innergate.compile.emit.envoy.units import ENVOY_FAMILIES
from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.nets.envoy_bootstrap import compose_bootstrap
from innergate.nets.envoy_process import find_envoy
from innergate.nets.state_folder import StateFolder
from innergate.primitives.clock import SystemClock
from innergate.resources.stages import AccessLogSettings
from innergate.server.certificates import CertificateAuthority
from innergate.testing.blog_scenarios import cross_account
from innergate.testing.envoy_static import Placement, StaticSecret, static_bootstrap
from innergate.testing.live_envoy import free_ports
from innergate.testing.scenario import Scenario

_START_S = 300.0
_WARM = 20
_BODY = b"x" * 1024
_ANSWER = (
    b"HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain\r\n"
    b"Content-Length: 1024\r\nConnection: keep-alive\r\n\r\n" + _BODY
)
BARE, NO_LOG, LOG = "bare_envoy", "private_path_no_log", "private_path_log"


class Call(NamedTuple):
    """What is asked of an Envoy, and where it listens."""

    port: int
    host: str
    path: str


class Subject(NamedTuple):
    """One Envoy with the calls that are counted one after the other."""

    bootstrap: dict[str, Any]
    calls: dict[str, Call]


def measure(requests: int) -> dict[str, float]:
    """Thousand instructions a request by variant. Raises Unavailable."""
    if shutil.which("valgrind") is None:
        raise Unavailable("valgrind not installed")
    with tempfile.TemporaryDirectory(prefix="innergate-bench-") as name, _origin() as origin:
        folder = Path(name)
        found: dict[str, float] = {}
        for subject in (_bare(folder, origin), _own(folder, origin)):
            found |= _count(subject, folder, requests)
        return found


def _certificate(folder: Path, host: str) -> StaticSecret:
    CertificateAuthority(folder / "pki", SystemClock()).leaf("bench", (host,))
    chain = next((folder / "pki").glob("leaf-*.pem"))
    return StaticSecret(str(chain), str(chain.with_suffix(".key")))


def _bare(folder: Path, origin: int) -> Subject:
    (port,) = free_ports(1)
    hop = BareHop(("127.0.0.1", port, ""), ("127.0.0.1", origin, ""), *_certificate(folder, "bare.invalid"))
    return Subject(compose_bare(hop), {BARE: Call(port, "bare.invalid", "/1k")})


def _own(folder: Path, origin: int) -> Subject:
    scenario = Scenario()
    made = cross_account(scenario)
    api, stage = scenario.private_api(made.link, made.api_endpoint, stage="logged")
    log = AccessLogSettings(destination_arn="arn:aws:logs:us-east-1:1:log-group:g", format="$context.requestId")
    scenario.put(msgspec.structs.replace(stage, access_log_settings=log))
    settings = CompileSettings(log_folder=str(folder), health_events_file=str(folder / "health.jsonl"))
    plan = Compiler(ENVOY_FAMILIES, settings, strict=True).compile(scenario.state).envoy.plan
    listeners = sorted(plan.resources["listeners"])
    ports = dict(zip(listeners, free_ports(len(listeners)), strict=True))
    entry = next(port for name, port in ports.items() if name.startswith("eni-") and name.endswith(":443"))
    placement = Placement(
        listener_address=lambda name, address, port: ("127.0.0.1", ports[name]),
        endpoint_address=lambda address, port: ("127.0.0.1", origin),
    )
    hosts = {id: f"{id}.execute-api.us-east-1.amazonaws.com" for id in (made.api.id, api.id)}
    secret = _certificate(folder, "*.execute-api.us-east-1.amazonaws.com")
    bootstrap = static_bootstrap(plan, {"execute-api/us-east-1": secret}, placement)
    for cluster in bootstrap["static_resources"]["clusters"]:
        cluster.pop("health_checks", None)
    own = compose_bootstrap(StateFolder(folder), "bench")
    bootstrap |= {name: own[name] for name in ("stats_config", "overload_manager", "layered_runtime")}
    calls = {
        NO_LOG: Call(entry, hosts[made.api.id], "/test/1k"),
        LOG: Call(entry, hosts[api.id], "/logged/1k"),
    }
    return Subject(bootstrap, calls)


def _count(subject: Subject, folder: Path, requests: int) -> dict[str, float]:
    counts = Path(tempfile.mkdtemp(dir=folder))
    with _running(subject, counts) as process:
        found = {}
        for name, call in subject.calls.items():
            with _connected(call, process) as client:
                _ask(client, call, _WARM)
                _control(process, "-i", "on")
                _ask(client, call, _WARM)
                _control(process, "-d")
                _ask(client, call, requests)
                _control(process, "-d")
            found[name] = _newest_total(counts) / requests / 1000
        return found


@contextmanager
def _running(subject: Subject, counts: Path) -> Iterator[subprocess.Popen[bytes]]:
    file = counts / "bootstrap.json"
    file.write_text(json.dumps(subject.bootstrap))
    valgrind = ("valgrind", "--tool=callgrind", "--separate-threads=yes", "--instr-atstart=no")
    envoy = (str(find_envoy()), "-c", str(file), "--concurrency", "1", "--use-dynamic-base-id", "-l", "error")
    command = [*valgrind, f"--callgrind-out-file={counts}/counts", *envoy, "--disable-hot-restart"]
    with (counts / "out").open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def _connected(call: Call, process: subprocess.Popen[bytes]) -> Iterator[ssl.SSLSocket]:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    deadline = time.monotonic() + _START_S
    while True:
        try:
            plain = socket.create_connection(("127.0.0.1", call.port), timeout=_START_S)
            break
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise Unavailable("Envoy did not start under valgrind") from None
            time.sleep(0.2)
    with context.wrap_socket(plain) as client:
        yield client


def _ask(client: ssl.SSLSocket, call: Call, times: int) -> None:
    """One after the other. Raises RuntimeError where an answer is not the origin's."""
    request = f"GET {call.path} HTTP/1.1\r\nHost: {call.host}\r\n\r\n".encode()
    for _ in range(times):
        client.sendall(request)
        answer = b""
        while not answer.endswith(_BODY):
            part = client.recv(65536)
            if not part or not (answer + part).startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"{call} was answered {answer + part!r}")
            answer += part


def _control(process: subprocess.Popen[bytes], *arguments: str) -> None:
    subprocess.run(["callgrind_control", *arguments, str(process.pid)], capture_output=True, check=True)
    time.sleep(0.1)


def _newest_total(counts: Path) -> int:
    """Of the busiest thread since the dump before."""
    found: dict[int, list[int]] = {}
    for file in counts.glob("counts.*"):
        if numbered := re.fullmatch(r"counts\.(\d+)-\d+", file.name):
            totals = re.findall(r"^(?:totals|summary): (\d+)", file.read_text(errors="replace"), re.MULTILINE)
            found.setdefault(int(numbered[1]), []).append(int(totals[-1]) if totals else 0)
    return max(found[max(found)])


@contextmanager
def _origin() -> Iterator[int]:
    """The port of an origin that answers every request with the same kilobyte in one write."""
    server = socket.create_server(("127.0.0.1", 0))

    def answer(connection: socket.socket) -> None:
        with connection:
            while connection.recv(65536):
                connection.sendall(_ANSWER)

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield int(server.getsockname()[1])
    finally:
        server.close()


def main() -> int:
    """0 if it could be measured."""
    parser = argparse.ArgumentParser(prog="bench.instructions", description=__doc__)
    parser.add_argument("--requests", type=int, default=200)
    try:
        found = measure(parser.parse_args().requests)
    except Unavailable as reason:
        print(f"not measured: {reason}")
        return 1
    for name, thousand in found.items():
        print(f"{name:24s} {thousand:7.1f} thousand instructions a request, {thousand / found[BARE]:.2f} of {BARE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
