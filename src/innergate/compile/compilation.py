"""What compile gives: the change for each executor, and the whole on demand."""

from functools import cached_property
from typing import final

import immutables

from innergate.compile.diagnostics import Diagnostic
from innergate.compile.family import Unit
from innergate.plans.documents import Document, DocumentName
from innergate.plans.envoy import EnvoyChange
from innergate.plans.network import HubNetwork, Link, NetworkChange, NetworkPlan, VpcNetwork


@final
class Compilation:
    """Plans at `revision`. The whole network plan and the list of diagnostics are put together when first asked for, so that
    a small change costs little."""

    def __init__(
        self,
        revision: int,
        envoy: EnvoyChange,
        network: NetworkChange,
        vpcs: "immutables.Map[str, VpcNetwork]",
        hubs: "immutables.Map[str, HubNetwork]",
        links: "immutables.Map[Link, None]",
        names: "immutables.Map[str, tuple[str, ...]]",
        documents: "immutables.Map[DocumentName, Document]",
        diagnostics: "immutables.Map[Unit, tuple[Diagnostic, ...]]",
        conflicts: tuple[Diagnostic, ...],
    ) -> None:
        self.revision = revision
        self.envoy = envoy
        self.network = network
        self._vpcs, self._hubs, self._links, self._names = vpcs, hubs, links, names
        self._documents = documents
        self._diagnostics, self._conflicts = diagnostics, conflicts

    @cached_property
    def network_plan(self) -> NetworkPlan:
        """All of the node's network."""
        return NetworkPlan(
            revision=self.revision,
            vpcs=tuple(self._vpcs[id] for id in sorted(self._vpcs)),
            hubs=tuple(self._hubs[id] for id in sorted(self._hubs)),
            links=tuple(sorted(self._links)),
            public_names={name: self._names[name] for name in sorted(self._names)},
        )

    @cached_property
    def whole_network(self) -> NetworkChange:
        """The same as a complete change, for an agent that has just connected."""
        plan = self.network_plan
        return NetworkChange(
            revision=plan.revision,
            complete=True,
            vpcs=plan.vpcs,
            hubs=plan.hubs,
            links=plan.links,
            public_names=plan.public_names,
            documents=tuple(self._documents[name] for name in sorted(self._documents)),
        )

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything that was left out, and why, in a stable order."""
        of_units = tuple(d for unit in sorted(self._diagnostics) for d in self._diagnostics[unit])
        return of_units + self._conflicts
