"""A whole platform as the demo, tests and benchmarks run it: a state folder of its own, free ports, processes, a clean stop."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, final

from innergate.driver.client import ControlClient, ControlRefused, ControlUnreachable
from innergate.driver.hosts import transient_host
from innergate.driver.patience import measure_patience
from innergate.nets.trust import machine_environment, trust_variables

START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 40.0
HOST_TIMEOUT_S = 60.0
SETTLE_TIMEOUT_S = 10.0
BUSY = 2.0
"""The patience from which on a machine counts as busy: on another, what stands still for ten seconds has failed."""


class PlatformFailed(Exception):
    """The platform, or a host in it, did not do what it must; the message says what was seen."""


@final
class RunningPlatform:
    """Starts on entering, stops on leaving. `state` None is a temporary folder that is removed afterwards; `options` are more
    of `innergate up`; `public` is where REGIONAL APIs answer."""

    def __init__(
        self,
        state: Path | None = None,
        auth: str = "sigv4",
        concurrency: int = 0,
        options: Sequence[str] = (),
        public: str = "127.0.0.1:0",
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="innergate-") if state is None else None
        self.state = Path(self._folder.name) if self._folder is not None else state or Path()
        self.client = ControlClient(self.state)
        self._auth = auth
        self._concurrency = concurrency
        self._options = tuple(options)
        self._public = public
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "RunningPlatform":
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
        if self._folder is not None:
            self._folder.cleanup()

    # -- processes ----------------------------------------------------------------------------------------------------

    def start(self, listen: str = "127.0.0.1:0") -> float:
        """Starts `innergate up` and waits until everything serves; the seconds that it took. Raises PlatformFailed."""
        command = [sys.executable, "-m", "innergate.cli.main", "up", "--state", str(self.state), "--listen", listen]
        command += ["--auth", self._auth, "--envoy-concurrency", str(self._concurrency)]
        command += ["--public", self._public, *self._options]
        began = time.monotonic()
        with (self.state / "up.out").open("ab") as out:
            self._process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
        while not self.is_ready():
            if self._process.poll() is not None or time.monotonic() > began + START_TIMEOUT_S:
                self.stop()
                raise PlatformFailed(f"the platform did not start:\n{self.said()}")
            time.sleep(0.02)
        return time.monotonic() - began

    def stop(self) -> None:
        """Stops it as Ctrl-C would; the state stays."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None

    def kill_control(self) -> None:
        """`kill -9` of the control process alone: agent, Envoy and hosts go on."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None

    def is_ready(self) -> bool:
        """Whether everything serves the newest revision."""
        try:
            return bool(self.client.call("GET", "/status")["ready"])
        except (ControlUnreachable, ControlRefused):
            return False

    def said(self) -> str:
        """What its processes printed and logged, newest last."""
        logs = [self.state / "up.out", *sorted((self.state / "log").glob("*.log")), self.state / "log" / "agent.err"]
        return "\n".join(f"--- {p.name}\n{p.read_text(errors='replace')[-3000:]}" for p in logs if p.exists())

    def settle(self) -> None:
        """Waits until every executor has taken the newest revision: as long as control says, and longer on a machine that takes
        longer for everything. Raises PlatformFailed."""
        began = time.monotonic()
        while not (answer := self.client.call("POST", "/wait"))["live"]:
            patience = measure_patience()
            if patience < BUSY or time.monotonic() > began + SETTLE_TIMEOUT_S * patience:
                raise PlatformFailed(f"revision {answer['revision']} did not go live:\n{self.said()}")

    # -- accounts -----------------------------------------------------------------------------------------------------

    def add_account(self, name: str) -> str:
        """Makes an account; its id."""
        return str(self.client.call("POST", "/accounts", {"name": name})["id"])

    def environment(self, account: str) -> dict[str, str]:
        """The variables of an AWS client of the account."""
        return dict(self.client.call("GET", f"/accounts/{account}/environment")["environment"])

    # -- hosts --------------------------------------------------------------------------------------------------------

    def start_origin(self, vpc: str, address: str, name: str, port: int = 80, options: Sequence[str] = ()) -> str:
        """Starts an origin server as a host of the VPC; its id. `options` as `innergate.driver.origin` has them. Raises
        PlatformFailed."""
        command = [sys.executable, "-m", "innergate.driver.origin", "--port", str(port), "--name", name, *options]
        environment = {"PATH": os.environ.get("PATH", "")}
        request = {"vpc": vpc, "ip": address, "name": name, "command": command, "environment": environment}
        host = self.client.call("POST", "/workloads", request)
        if not host["live"]:
            self.settle()
        if "--certificate" not in options:
            self._wait_until_it_answers(vpc, f"http://{address}:{port}/health")
        return str(host["id"])

    def stop_host(self, id: str) -> None:
        """Ends a host of a VPC."""
        self.client.call("DELETE", f"/workloads/{id}")

    def _wait_until_it_answers(self, vpc: str, url: str) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while self.fetch(vpc, url, "-m", "2").get("status") != 200:
            if time.monotonic() > deadline:
                raise PlatformFailed(f"{url} does not answer inside {vpc}:\n{self.said()}")

    def inside(self, vpc: str, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Runs a command as a host of the VPC, as `innergate exec` does, without a process for the CLI itself."""
        environment = {**machine_environment(), **trust_variables(self.state)}
        with transient_host(self.client, command, vpc) as argv:
            return subprocess.run(
                argv, capture_output=True, text=True, timeout=HOST_TIMEOUT_S, check=False, env=environment
            )

    def exec_argv(self, vpc: str, command: Sequence[str]) -> list[str]:
        """The command line of `innergate exec`."""
        front = [sys.executable, "-m", "innergate.cli.main", "exec", "--state", str(self.state), "--vpc", vpc, "--"]
        return [*front, *command]

    def fetch(self, vpc: str, url: str, *options: str) -> dict[str, Any]:
        """What a host of the VPC gets from `url`: status, headers, body; or error (see `innergate.driver.fetch`)."""
        done = self.inside(vpc, [sys.executable, "-m", "innergate.driver.fetch", *options, url])
        try:
            answer: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            raise PlatformFailed(f"a host of {vpc} could not run:\n{done.stdout}{done.stderr}") from None
        return answer

    # -- explanations -------------------------------------------------------------------------------------------------

    def simulate(self, vpc: str, method: str, url: str) -> dict[str, Any]:
        """What `innergate simulate` says."""
        return self.client.call("POST", "/simulate", {"target": url, "method": method, "from_vpc": vpc})
