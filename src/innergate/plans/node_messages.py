"""What control and a node's agent say to each other over the node socket: length-prefixed MessagePack, one struct a message.

Control speaks first after the agent's `Hello`, with a complete `NetworkChange`; then changes as they come. The agent answers
each with `Applied` or, where a part failed, `Applied` with `refusals`. It also reports what it sees of its own accord.
"""

import msgspec

from innergate.plans.network import NetworkChange


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag="hello"):
    """The agent's first message. `applied_revision` is what it holds from before (0 for nothing)."""

    node: str
    pid: int
    applied_revision: int


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a plan that the kernel did not take. `subject` is a VPC's, hub's or workload's id."""

    subject: str
    reason: str


class Applied(msgspec.Struct, frozen=True, kw_only=True, tag="applied"):
    """All of `revision` is done but for `refusals`. Where it `lacks_documents`, since the disk does not take them, all but
    these is; it is said again once they are there."""

    revision: int
    refusals: tuple[Refused, ...] = ()
    lacks_documents: bool = False


class NamespaceRemade(msgspec.Struct, frozen=True, kw_only=True, tag="namespace-remade"):
    """Namespaces had vanished and were made anew under their old paths: sockets that listened in them are dead. By name, what
    tells the new one from the old. Said again until control answers with `Reopened`."""

    namespaces: dict[str, int]


class TargetHealthSeen(msgspec.Struct, frozen=True, kw_only=True, tag="target-health"):
    """Envoy's verdict on one endpoint of a cluster. `failure` is "" where healthy; else ACTIVE, PASSIVE, NETWORK or
    NETWORK_TIMEOUT as Envoy calls it; `http_status` 0 where there was none."""

    cluster: str
    address: str
    port: int
    is_healthy: bool
    failure: str = ""
    http_status: int = 0


class EnvoyState(msgspec.Struct, frozen=True, kw_only=True, tag="envoy-state"):
    """Envoy's process: how often it was started since the agent began."""

    is_running: bool
    pid: int
    starts: int
    version: str = ""


class WorkloadState(msgspec.Struct, frozen=True, kw_only=True, tag="workload-state"):
    """A kept command: running with `pid`, or ended with `exit_code` (and started again after a pause)."""

    workload_id: str
    is_running: bool
    pid: int = 0
    exit_code: int | None = None


class Stop(msgspec.Struct, frozen=True, kw_only=True, tag="stop"):
    """Control asks the agent to take everything down (workloads, Envoy, namespaces) and to end."""


FromAgent = Hello | Applied | NamespaceRemade | TargetHealthSeen | EnvoyState | WorkloadState


class Change(msgspec.Struct, frozen=True, kw_only=True, tag="change"):
    """A `NetworkChange` to take over."""

    change: NetworkChange


class Reopened(msgspec.Struct, frozen=True, kw_only=True, tag="reopened"):
    """Envoy has let go of its sockets in what these namespaces were before: the agent need not speak of them any more."""

    namespaces: dict[str, int]


ToAgent = Change | Reopened | Stop
