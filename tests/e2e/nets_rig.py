"""A control that only speaks the node socket, real agents, and plans with few words."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar, final

import msgspec

from innergate.nets.framing import FROM_AGENT, frame
from innergate.nets.processes import is_running, read_record
from innergate.nets.rootless import agent_command, enter_argv
from innergate.nets.state_folder import StateFolder
from innergate.plans.network import (
    AddressFilter,
    DnsZone,
    HubNetwork,
    Link,
    NetworkChange,
    NextHop,
    RouteEntry,
    RouteSet,
    VpcNetwork,
    WorkloadHost,
)
from innergate.plans.node_messages import Applied, Change, FromAgent, Stop, ToAgent
from innergate.testing.waiting import LONGEST_S

WAIT_S = 100.0

Seen = TypeVar("Seen", bound=msgspec.Struct)


def host(prefix: str, name: str, address: str, command: Sequence[str] = ()) -> WorkloadHost:
    """A workload of a VPC 10.x.0.0/16 in its subnet 10.x.1.0/24."""
    network = ".".join(address.split(".")[:2])
    return WorkloadHost(
        workload_id=name,
        namespace=f"{prefix}{name}",
        address=address,
        prefix_length=24,
        router=f"{network}.1.1",
        resolver=f"{network}.0.2",
        command=tuple(command),
    )


def vpc(
    prefix: str,
    name: str,
    network: str,
    hosts: Sequence[WorkloadHost] = (),
    filters: Sequence[AddressFilter] = (),
    route_sets: Sequence[RouteSet] = (),
    zones: Sequence[DnsZone] = (),
) -> VpcNetwork:
    """`network` is its first two numbers, "10.1"; it serves .1.10."""
    return VpcNetwork(
        vpc_id=name,
        namespace=f"{prefix}{name}",
        cidrs=(f"{network}.0.0/16",),
        router_addresses=(f"{network}.1.1",),
        resolver_addresses=(f"{network}.0.2", "169.254.169.253"),
        served_addresses=(f"{network}.1.10",),
        workloads=tuple(hosts),
        filters=tuple(filters),
        route_sets=tuple(route_sets),
        zones=tuple(zones),
    )


def routes(network: str, over: str, *destinations: str) -> RouteSet:
    """The subnet's table: local, and `destinations` over a link."""
    entries = [RouteEntry(destination=f"{network}.0.0/16", hop=NextHop(kind="local"))]
    entries += [RouteEntry(destination=one, hop=NextHop(kind="link", network=over)) for one in destinations]
    return RouteSet(sources=(f"{network}.1.0/24",), routes=tuple(entries))


def hub(prefix: str, name: str, tables: dict[str, dict[str, str]]) -> HubNetwork:
    """`tables`: for each attached VPC, where its packets go: destination to VPC."""
    sets = [
        RouteSet(
            from_network=f"{prefix}{source}",
            routes=tuple(
                RouteEntry(destination=destination, hop=NextHop(kind="link", network=f"{prefix}{target}"))
                for destination, target in table.items()
            ),
        )
        for source, table in tables.items()
    ]
    return HubNetwork(hub_id=name, namespace=f"{prefix}{name}", route_sets=tuple(sets))


def links(prefix: str, *pairs: tuple[str, str]) -> tuple[Link, ...]:
    return tuple(Link(a=f"{prefix}{a}", b=f"{prefix}{b}") for a, b in pairs)


@final
class Rig:
    """One state folder with its control's side of the socket and its agent. Leaves nothing behind on `close`."""

    def __init__(self, root: Path, prefix: str, runs_envoy: bool = False) -> None:
        self.root = root
        self.prefix = prefix
        self.folder = StateFolder(root)
        self.folder.prepare()
        self.revision = 0
        self.host_namespace = f"host-{prefix.rstrip('-')}"
        self._arguments = ["--prefix", prefix, "--host-namespace", self.host_namespace]
        self._arguments += ["--envoy-concurrency", "1", *([] if runs_envoy else ["--no-envoy"])]
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.folder.node_socket))
        self._listener.listen()
        self._listener.settimeout(WAIT_S)
        self._connection: socket.socket | None = None
        self.agent: subprocess.Popen[bytes] | None = None
        self.seen: list[FromAgent] = []

    def start(self) -> None:
        """A new agent; returns once it has connected."""
        self.agent = subprocess.Popen(agent_command(self.root, self._arguments))
        self._connection = self._listener.accept()[0]
        self._connection.settimeout(WAIT_S)

    def kill(self) -> None:
        """The agent dies without a word."""
        self.end(signal.SIGKILL)

    def end(self, number: signal.Signals) -> int:
        """The agent gets a signal; gives its exit code."""
        assert self.agent is not None
        self.agent.send_signal(number)
        code = self.agent.wait(WAIT_S)
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        return code

    def send(self, message: ToAgent) -> None:
        assert self._connection is not None
        self._connection.sendall(frame(message))

    def apply(self, change: NetworkChange) -> Applied:
        """Sends it under the next revision and waits until it is taken over."""
        self.revision += 1
        self.send(Change(change=msgspec.structs.replace(change, revision=self.revision)))
        return self.wait_for(Applied, lambda applied: applied.revision == self.revision)

    def wait_for(self, kind: type[Seen], fits: Callable[[Seen], bool] = lambda _: True) -> Seen:
        """The next message of a kind; fails after WAIT_S."""
        assert self._connection is not None
        while True:
            size = int.from_bytes(self._read(4))
            message = FROM_AGENT.decode(self._read(size))
            self.seen.append(message)
            if isinstance(message, kind) and fits(message):
                return message

    def recall(self, kind: type[Seen], fits: Callable[[Seen], bool] = lambda _: True) -> Seen:
        """The last message of a kind that came already, or the next."""
        found = [message for message in self.seen if isinstance(message, kind) and fits(message)]
        return found[-1] if found else self.wait_for(kind, fits)

    def _read(self, size: int) -> bytes:
        assert self._connection is not None
        data = b""
        while len(data) < size:
            part = self._connection.recv(size - len(data))
            assert part, "the agent hung up"
            data += part
        return data

    def run(self, workload: str, *command: str, timeout_s: float = LONGEST_S) -> subprocess.CompletedProcess[str]:
        """A command as the workload's host."""
        argv = enter_argv(self.root, f"{self.prefix}{workload}", command)
        return subprocess.run(argv, capture_output=True, text=True, timeout=timeout_s, check=False)

    def identify_host(self) -> str:
        """The namespace that the name of the host's network leads to; "" where it leads nowhere."""
        argv = enter_argv(self.root, self.host_namespace, ["readlink", "/proc/self/ns/net"])
        return subprocess.run(argv, capture_output=True, text=True, timeout=LONGEST_S, check=False).stdout.strip()

    def can_connect(self, workload: str, address: str, port: int) -> str:
        """open, refused or timeout."""
        script = (
            "import socket,sys\n"
            "s=socket.socket(); s.settimeout(0.7)\n"
            "try: s.connect((sys.argv[1],int(sys.argv[2]))); print('open')\n"
            "except TimeoutError: print('timeout')\n"
            "except ConnectionRefusedError: print('refused')\n"
            "except OSError as e: print(e)\n"
        )
        found = self.run(workload, sys.executable, "-c", script, address, str(port))
        return found.stdout.strip() or found.stderr

    def stop(self) -> int:
        """Says Stop; gives the agent's exit code."""
        self.send(Stop())
        assert self.agent is not None
        return self.agent.wait(WAIT_S)

    def close(self) -> None:
        """Whatever the test left."""
        if self.agent is not None and self.agent.poll() is None and self._connection is not None:
            try:
                self.stop()
            except (OSError, subprocess.TimeoutExpired):
                self.kill()
        if self.folder.plan.exists():
            self.start()
            self.stop()
        if self._connection is not None:
            self._connection.close()
        self._listener.close()
        holder = read_record(self.folder.holder_record)
        if holder is not None and is_running(holder):
            os.kill(holder.pid, signal.SIGKILL)


def wait_until(check: Callable[[], bool], what: str) -> None:
    """Fails after WAIT_S."""
    deadline = time.monotonic() + WAIT_S
    while not check():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.05)
