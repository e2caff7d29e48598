"""Where an agent keeps what it runs with, below the state folder."""

from pathlib import Path
from typing import NamedTuple


class StateFolder(NamedTuple):
    """Paths only; `prepare` makes the folders."""

    root: Path

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def node_socket(self) -> Path:
        return self.run / "node.sock"

    @property
    def xds_socket(self) -> Path:
        return self.run / "xds.sock"

    @property
    def envoy_admin_socket(self) -> Path:
        return self.run / "envoy-admin.sock"

    @property
    def envoy_bootstrap(self) -> Path:
        return self.run / "envoy.json"

    @property
    def envoy_record(self) -> Path:
        return self.run / "envoy.pid.json"

    @property
    def envoy_log(self) -> Path:
        return self.log / "envoy.log"

    @property
    def health_events(self) -> Path:
        return self.run / "health.jsonl"

    @property
    def plan(self) -> Path:
        """The last plan that the agent took over."""
        return self.run / "plan.msgpack"

    @property
    def documents(self) -> Path:
        """What workers and the functions' supervisor read (see `plans.documents`)."""
        return self.run / "documents"

    @property
    def functions_socket(self) -> Path:
        """Where the functions' supervisor takes invocations."""
        return self.run / "functions.sock"

    @property
    def egress_socket(self) -> Path:
        """Where Envoy takes the calls that workers make to backends."""
        return self.run / "egress.sock"

    def worker_socket(self, number: int) -> Path:
        """Where a worker of the runtime takes requests from Envoy."""
        return self.run / f"runtime-{number}.sock"

    def process_record(self, name: str) -> Path:
        """Of a worker or the supervisor."""
        return self.run / f"{name}.pid.json"

    @property
    def owned_namespaces(self) -> Path:
        """Every namespace that an agent of this folder ever made and did not remove, one name a line."""
        return self.run / "namespaces"

    @property
    def agent_record(self) -> Path:
        """Pid, start time and namespaces of the running agent."""
        return self.run / "agent.json"

    @property
    def agent_lock(self) -> Path:
        return self.run / "agent.lock"

    @property
    def stamp(self) -> Path:
        """Which folder of the machine `run` is; in a copy it is another one."""
        return self.run / "folder"

    @property
    def holder_record(self) -> Path:
        """The process that keeps a rootless node's namespaces."""
        return self.run / "holder.json"

    @property
    def agent_log(self) -> Path:
        return self.log / "agent.log"

    def resolver_file(self, namespace: str) -> Path:
        """The resolv.conf of commands in a namespace."""
        return self.run / "resolv" / f"{namespace}.conf"

    def workload_record(self, workload_id: str) -> Path:
        return self.run / "workloads" / f"{workload_id}.json"

    def workload_log(self, workload_id: str) -> Path:
        return self.log / "workloads" / f"{workload_id}.log"

    def prepare(self) -> None:
        """Makes the folders; only their owner may look into `run`."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.run.mkdir(mode=0o700, exist_ok=True)
        for folder in (
            self.log,
            self.log / "workloads",
            self.log / "access",
            self.run / "resolv",
            self.run / "workloads",
        ):
            folder.mkdir(exist_ok=True)
