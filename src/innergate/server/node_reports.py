"""What the agent and Envoy report, kept where services and status read it."""

from collections.abc import Callable, Iterable
from typing import final

from innergate.compile.resolve.path import target_group_of_cluster
from innergate.plans.node_messages import EnvoyState, FromAgent, NamespaceRemade, TargetHealthSeen, WorkloadState
from innergate.primitives.clock import Clock
from innergate.primitives.json_value import JsonValue
from innergate.resources.target_groups import TargetGroup
from innergate.store.observations import Observation
from innergate.store.sqlite import SqliteStore
from innergate.store.state import Commit
from innergate.xds.session import Refusal, Taken


@final
class NodeReports:
    """Sorts reports into observations (target health) and live values (processes). `on_remade` gets namespaces made anew."""

    def __init__(self, store: SqliteStore, clock: Clock, on_remade: Callable[[dict[str, int]], None]) -> None:
        self._store = store
        self._clock = clock
        self._on_remade = on_remade
        self.envoy: EnvoyState | None = None
        self.workloads: dict[str, WorkloadState] = {}
        self.envoy_refusals: dict[str, str] = {}

    def take(self, message: FromAgent) -> None:
        """Takes one report."""
        match message:
            case TargetHealthSeen():
                self._take_health(message)
            case EnvoyState():
                self.envoy = message
            case WorkloadState():
                self.workloads[message.workload_id] = message
            case NamespaceRemade():
                self._on_remade(message.namespaces)
            case _:
                pass

    def take_refusal(self, node: str, refusal: Refusal) -> None:
        """Keeps what an Envoy refused, until the same names are taken."""
        for name in refusal.names:
            self.envoy_refusals[f"{refusal.kind}/{name}"] = refusal.reason

    def forget_refusals(self, taken: Taken) -> None:
        """Drops what was said of names that Envoy has taken since."""
        for name in taken.names:
            self.envoy_refusals.pop(f"{taken.kind}/{name}", None)

    def _take_health(self, seen: TargetHealthSeen) -> None:
        """A report may come in after its target group is gone: it would stay for ever."""
        arn = target_group_of_cluster(seen.cluster)
        if arn and self._store.state().get(TargetGroup, arn) is not None:
            value: JsonValue = {"healthy": seen.is_healthy, "failure": seen.failure, "status": seen.http_status}
            name = f"{seen.address}:{seen.port}"
            self._store.observe([Observation(f"target/{arn}", name, value, self._clock.now())])


def forget_deleted_groups(store: SqliteStore, commits: Iterable[Commit]) -> None:
    """Drops what was seen of the targets of groups that these commits deleted."""
    for commit in commits:
        for change in commit.changes:
            if change.after is None and change.key.kind == TargetGroup.kind:
                store.forget_observations(f"target/{change.key.id}")
