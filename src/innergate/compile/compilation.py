"""What compile gives: the change for each executor, and the whole on demand."""

from functools import cached_property
from typing import final

import immutables

from innergate.compile.diagnostics import Diagnostic
from innergate.compile.family import Unit
from innergate.compile.node_parts import NodeParts, TouchedParts
from innergate.plans.envoy import EnvoyChange
from innergate.plans.network import NetworkChange, NetworkPlan


@final
class Compilation:
    """Plans at `revision`. `touched` are the node's parts that differ from the compilation before; None where the agent is to
    take all anew. The whole network plan and the list of diagnostics are put together when first asked for, so that
    a small change costs little."""

    def __init__(
        self,
        revision: int,
        envoy: EnvoyChange,
        parts: NodeParts,
        touched: TouchedParts | None,
        diagnostics: "immutables.Map[Unit, tuple[Diagnostic, ...]]",
        conflicts: tuple[Diagnostic, ...],
    ) -> None:
        self.revision = revision
        self.envoy = envoy
        self.network = parts.change(revision, touched)
        self._parts = parts
        self._diagnostics, self._conflicts = diagnostics, conflicts

    @cached_property
    def network_plan(self) -> NetworkPlan:
        """All of the node's network."""
        whole = self.whole_network
        return NetworkPlan(
            revision=whole.revision,
            vpcs=whole.vpcs,
            hubs=whole.hubs,
            links=whole.links,
            public_names=whole.public_names,
        )

    @cached_property
    def whole_network(self) -> NetworkChange:
        """The same as a complete change, for an agent that has just connected."""
        return self.network if self.network.complete else self._parts.change(self.revision)

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything that was left out, and why, in a stable order."""
        of_units = tuple(d for unit in sorted(self._diagnostics) for d in self._diagnostics[unit])
        return of_units + self._conflicts
