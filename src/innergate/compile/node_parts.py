"""What units emit for the agent: networks, names and documents, and how they differ from what it was told before."""

from typing import Any, NamedTuple, final

import immutables

from innergate.compile.family import PublicName, Unit, UnitOutput
from innergate.compile.ledger import Ledger
from innergate.plans.documents import Document, DocumentName
from innergate.plans.network import HubNetwork, Link, NetworkChange, VpcNetwork


class TouchedParts(NamedTuple):
    """Names of parts whose values differ from before."""

    vpcs: frozenset[str]
    hubs: frozenset[str]
    links: frozenset[Link]
    names: frozenset[str]
    documents: frozenset[DocumentName]


class NodeParts(NamedTuple):
    """All of a node's parts, by name."""

    vpcs: "immutables.Map[str, VpcNetwork]"
    hubs: "immutables.Map[str, HubNetwork]"
    links: "immutables.Map[Link, None]"
    names: "immutables.Map[str, tuple[str, ...]]"
    documents: "immutables.Map[DocumentName, Document]"

    def change(self, revision: int, touched: TouchedParts | None = None) -> NetworkChange:
        """What to tell of the parts that were `touched`; None: all there is, as a complete change."""
        at = touched or TouchedParts(
            frozenset(self.vpcs),
            frozenset(self.hubs),
            frozenset(self.links),
            frozenset(self.names),
            frozenset(self.documents),
        )
        return NetworkChange(
            revision=revision,
            complete=touched is None,
            vpcs=tuple(self.vpcs[id] for id in sorted(at.vpcs) if id in self.vpcs),
            hubs=tuple(self.hubs[id] for id in sorted(at.hubs) if id in self.hubs),
            links=tuple(link for link in sorted(at.links) if link in self.links),
            dropped_vpcs=tuple(id for id in sorted(at.vpcs) if id not in self.vpcs),
            dropped_hubs=tuple(id for id in sorted(at.hubs) if id not in self.hubs),
            dropped_links=tuple(link for link in sorted(at.links) if link not in self.links),
            public_names={name: self.names[name] for name in sorted(at.names) if name in self.names},
            dropped_names=tuple(name for name in sorted(at.names) if name not in self.names),
            documents=tuple(self.documents[name] for name in sorted(at.documents) if name in self.documents),
            dropped_documents=tuple(name for name in sorted(at.documents) if name not in self.documents),
        )


@final
class NodeLedgers:
    """A ledger for each sort of part."""

    def __init__(self) -> None:
        self._vpcs: Ledger[str, VpcNetwork] = Ledger()
        self._hubs: Ledger[str, HubNetwork] = Ledger()
        self._links: Ledger[Link, None] = Ledger()
        self._names: Ledger[str, tuple[str, ...]] = Ledger()
        self._documents: Ledger[DocumentName, Document] = Ledger()

    def replace(self, unit: Unit, output: UnitOutput) -> None:
        """All that `unit` emits from now on. Counts after `settle`."""
        self._vpcs.replace(unit, ((vpc.vpc_id, vpc) for vpc in output.vpcs))
        self._hubs.replace(unit, ((hub.hub_id, hub) for hub in output.hubs))
        self._links.replace(unit, ((link, None) for link in output.links))
        self._names.replace(unit, ((name.name, name.addresses) for name in output.names))
        self._documents.replace(unit, ((document.name, document) for document in output.documents))

    def emitted(self, unit: Unit) -> UnitOutput:
        """Of what `unit` emits, these parts."""
        return UnitOutput(
            vpcs=tuple(vpc for _, vpc in self._vpcs.emitted(unit)),
            hubs=tuple(hub for _, hub in self._hubs.emitted(unit)),
            links=tuple(link for link, _ in self._links.emitted(unit)),
            names=tuple(PublicName(*name) for name in self._names.emitted(unit)),
            documents=tuple(document for _, document in self._documents.emitted(unit)),
        )

    def settle(self) -> TouchedParts:
        """Brings `current` up to date; what differs from before."""
        return TouchedParts(
            self._vpcs.settle(),
            self._hubs.settle(),
            self._links.settle(),
            self._names.settle(),
            self._documents.settle(),
        )

    @property
    def current(self) -> NodeParts:
        """What counts, as of the last `settle`."""
        return NodeParts(
            self._vpcs.current, self._hubs.current, self._links.current, self._names.current, self._documents.current
        )

    @property
    def joined(self) -> "tuple[Ledger[Any, Any], ...]":
        """The ledgers in which units can contradict each other; a link is nothing but its name."""
        return (self._vpcs, self._hubs, self._names, self._documents)
