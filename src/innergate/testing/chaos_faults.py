"""Makes faults on a running platform: each by what a machine or a careless person could do to it."""

import json
import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import final

from innergate.nets.namespaces import remove_namespace
from innergate.testing.chaos_leaks import read_owned_namespaces
from innergate.testing.chaos_scene import Scene
from innergate.testing.chaos_schedule import Planned
from innergate.testing.platform import PlatformFailed, RunningPlatform

STOPPED_S = 1.0


@final
class FaultMaker:
    """Faults of the kinds that this platform's processes allow."""

    def __init__(self, platform: RunningPlatform, scene: Scene) -> None:
        self._platform = platform
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
        }

    def kinds(self) -> list[str]:
        """What can be broken here."""
        names = " ".join(self._records())
        absent = {kind for kind, part in (("worker", "runtime-"), ("supervisor", "functions")) if part not in names}
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

    def _kill_host(self, choice: int) -> None:
        rows = self._platform.client.call("GET", "/workloads")["workloads"]
        pods = [row for row in rows if row["name"].startswith("pod-")]
        os.kill(pods[choice % len(pods)]["pid"], signal.SIGKILL)
