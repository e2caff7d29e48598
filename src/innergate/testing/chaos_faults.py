"""Makes faults on a running platform: each by what a machine or a careless person could do to it."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, final

from innergate.driver.platform import PlatformFailed, RunningPlatform
from innergate.nets.namespaces import remove_namespace
from innergate.testing.chaos_leaks import read_owned_namespaces
from innergate.testing.chaos_scene import STAGE, Scene
from innergate.testing.chaos_schedule import PROMISES, Planned
from innergate.testing.chaos_store import tear, try_damage
from innergate.testing.disk import full_disk, refusing_disk

STOPPED_S = 1.0
TARGET = "target "
SECOND_TIMEOUT_S = 30.0


@final
class FaultMaker:
    """Faults of the kinds that this platform's processes allow. What must hold while a fault lasts and does not is added to
    `violations`."""

    def __init__(self, platform: RunningPlatform, scene: Scene) -> None:
        self._platform = platform
        self._scene = scene
        self.violations: list[str] = []
        networks = (scene.world.application_network, scene.world.gateway_network, scene.world.consumer_network)
        self._vpcs = [network.vpc for network in networks]
        self._endpoint = str(platform.client.call("GET", "/status")["endpoint"]).removeprefix("http://")
        self._makers: dict[str, Callable[[int], None]] = {
            "control killed": self._kill_control,
            "agent killed": lambda _: self._signal("agent", signal.SIGKILL),
            "envoy killed": lambda _: self._signal("envoy", signal.SIGKILL),
            "worker killed": lambda choice: os.kill(self._process("runtime-", choice), signal.SIGKILL),
            "supervisor killed": lambda choice: os.kill(self._process("functions", choice), signal.SIGKILL),
            "namespace deleted": self._delete_namespace,
            "control stopped a second": lambda _: self._stop_a_second(self._status_pid("control")),
            "agent stopped a second": lambda _: self._stop_a_second(self._status_pid("agent")),
            "envoy stopped a second": lambda _: self._stop_a_second(self._status_pid("envoy")),
            "worker stopped a second": lambda choice: self._stop_a_second(self._process("runtime-", choice)),
            "host killed": self._kill_host,
            "host's namespace deleted": self._delete_hosts_namespace,
            "function killed": self._kill_function,
            "disk full": self._fill_disk,
            "control's disk takes nothing": self._refuse_writes,
            "write torn": self._tear_write,
            "second control": self._start_second,
        }
        for kind in PROMISES:
            if kind.startswith(TARGET):
                self._makers[kind] = partial(self._misbehave, kind.removeprefix(TARGET))

    def kinds(self) -> list[str]:
        """What can be broken here."""
        names = " ".join(self._records())
        parts = (("worker", "runtime-"), ("supervisor", "functions"), ("function", "functions"))
        absent = {kind for kind, part in parts if part not in names}
        if not os.path.ismount(self._platform.state):
            absent.add("disk")
        return [kind for kind in self._makers if kind.split()[0] not in absent]

    def make(self, planned: Planned) -> None:
        """Makes the fault, and ends it where it has an end (a process goes on, control is started again)."""
        self._makers[planned.kind](planned.choice)

    def _records(self) -> Mapping[str, Path]:
        return {path.name: path for path in sorted((self._platform.state / "run").glob("*.pid.json"))}

    def _process(self, prefix: str, choice: int) -> int:
        found = [path for name, path in self._records().items() if name.startswith(prefix)]
        return int(json.loads(found[choice % len(found)].read_text())["pid"])

    def _status_pid(self, part: str) -> int:
        status = self._platform.client.call("GET", "/status")
        pid = int(status["pid"] if part == "control" else status[part]["pid"])
        if not pid:
            raise PlatformFailed(f"{part} does not run:\n{self._platform.said()}")
        return pid

    def _signal(self, part: str, number: signal.Signals) -> None:
        os.kill(self._status_pid(part), number)

    def _stop_a_second(self, pid: int) -> None:
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(STOPPED_S)
        finally:
            os.kill(pid, signal.SIGCONT)

    def _kill_control(self, choice: int) -> None:
        self._platform.kill_control()
        time.sleep(choice % 1000 / 1000)
        self._platform.start(listen=self._endpoint)

    def _delete_namespace(self, choice: int) -> None:
        vpc = self._vpcs[choice % len(self._vpcs)]
        owned = read_owned_namespaces(self._platform.state)
        remove_namespace(next(name for name in owned if name.endswith(vpc)))

    def _delete_hosts_namespace(self, choice: int) -> None:
        id = self._pod(choice)["id"]
        remove_namespace(next(n for n in read_owned_namespaces(self._platform.state) if n.endswith(id)))

    def _kill_host(self, choice: int) -> None:
        os.kill(self._pod(choice)["pid"], signal.SIGKILL)

    def _pod(self, choice: int) -> dict[str, Any]:
        rows = self._platform.client.call("GET", "/workloads")["workloads"]
        pods: list[dict[str, Any]] = [row for row in rows if row["name"].startswith("pod-")]
        return pods[choice % len(pods)]

    def _kill_function(self, choice: int) -> None:
        children = read_children(self._process("functions", 0))
        if children:
            os.killpg(children[choice % len(children)], signal.SIGKILL)

    def _misbehave(self, mode: str, choice: int) -> None:
        self._scene.mode.write_text(mode)
        try:
            time.sleep(STOPPED_S)
        finally:
            self._scene.mode.write_text("well")

    def _fill_disk(self, choice: int) -> None:
        """A change is taken where the write-ahead log has room of its own."""
        with full_disk(self._platform.state):
            self._look_at_writes(may_take=True)

    def _refuse_writes(self, choice: int) -> None:
        with refusing_disk(self._status_pid("control")):
            self._look_at_writes(may_take=False)

    def _look_at_writes(self, may_take: bool) -> None:
        """For a second: a change is refused in AWS's words for trying again, and reading goes on."""
        gateway, api = self._scene.gateway, self._scene.mock
        until = time.monotonic() + STOPPED_S
        while time.monotonic() < until:
            gateway.get_stage(restApiId=api, stageName=STAGE)
            try:
                gateway.create_rest_api(name="no room")
                if not may_take:
                    self.violations.append("a change was acknowledged by a disk that takes nothing")
            except gateway.exceptions.ServiceUnavailableException:
                time.sleep(0.05)

    def _tear_write(self, choice: int) -> None:
        state = self._platform.state
        self._platform.kill_control()
        tear(state)
        self.violations += try_damage(state, random.Random(choice))
        self._platform.start(listen=self._endpoint)

    def _start_second(self, choice: int) -> None:
        command = [sys.executable, "-m", "innergate.cli.main", "up", "--state", str(self._platform.state)]
        command += ["--listen", "127.0.0.1:0"]
        second = subprocess.run(command, capture_output=True, text=True, timeout=SECOND_TIMEOUT_S, check=False)
        if second.returncode != 1 or "another process has" not in second.stderr or "Traceback" in second.stderr:
            self.violations.append(f"a second control ended with {second.returncode}: {second.stderr[-500:]}")


def read_children(pid: int) -> list[int]:
    """The processes that a process started (proc(5), field 4 of `stat`)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return sorted(found)
