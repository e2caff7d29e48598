"""Removals of networks and documents that wait until Envoy has settled on the revision that made them: it must let go first."""

from typing import final

from innergate.plans.documents import STAGES, DocumentName
from innergate.plans.network import Link, NetworkChange


@final
class WaitingDrops:
    """What is to be removed, less what has come back since. True while there is any; `revision` is that of the newest.

    At first, and after each complete change, that is whatever it does not name: an earlier control or agent has left it."""

    def __init__(self) -> None:
        self.revision = 0
        self._vpcs: set[str] = set()
        self._hubs: set[str] = set()
        self._links: set[Link] = set()
        self._documents: set[DocumentName] = set()
        self._has_swept_stages = False
        self._has_swept_networks = False

    def __bool__(self) -> bool:
        has_swept = self._has_swept_stages and self._has_swept_networks
        return bool(not has_swept or self._vpcs or self._hubs or self._links or self._documents)

    def add(self, change: NetworkChange) -> None:
        """Takes up the removals of a change."""
        if change.complete:
            self.sweep_again()
        drops = change.dropped_vpcs or change.dropped_hubs or change.dropped_links or change.dropped_documents
        if change.complete or drops:
            self.revision = change.revision
        self._vpcs |= set(change.dropped_vpcs)
        self._hubs |= set(change.dropped_hubs)
        self._links |= set(change.dropped_links)
        self._documents |= set(change.dropped_documents)
        self._vpcs -= {vpc.vpc_id for vpc in change.vpcs}
        self._hubs -= {hub.hub_id for hub in change.hubs}
        self._links -= set(change.links)
        self._documents -= {document.name for document in change.documents}

    def sweep_again(self) -> None:
        """An agent has come: what it or the one before was told to remove may be there still."""
        self._has_swept_stages = self._has_swept_networks = False

    def release(self, newest_revision: int, settled: int | None, *, refuses_routes: bool) -> NetworkChange | None:
        """What Envoy no longer uses. `settled` is the revision of which it has acknowledged everything, -1 while something is
        under way; without an Envoy (None) only documents of stages wait, by which one may still route that control has lost,
        and what complete changes have left, which one may be about to ask for."""
        if settled is not None and settled < self.revision:
            return None
        has_envoy = settled is not None
        return self.take(newest_revision, has_old_routes=not has_envoy or refuses_routes, has_envoy=has_envoy)

    def take(
        self, newest_revision: int, *, has_old_routes: bool = False, has_envoy: bool = True
    ) -> NetworkChange | None:
        """The removals as a change; None where all wait. Documents of stages wait while Envoy `has_old_routes`, which workers
        execute by them. The change bears the newest revision that was sent: an agent that said it had taken an older one would
        make the platform look as if it had gone back."""
        held = {name for name in self._documents if name.kind == STAGES} if has_old_routes else set()
        sweeps_stages = not has_old_routes and not self._has_swept_stages
        sweeps_networks = has_envoy and not self._has_swept_networks
        if not (sweeps_stages or sweeps_networks or self._vpcs or self._hubs or self._links or self._documents - held):
            return None
        change = NetworkChange(
            revision=newest_revision,
            complete=False,
            dropped_vpcs=tuple(sorted(self._vpcs)),
            dropped_hubs=tuple(sorted(self._hubs)),
            dropped_links=tuple(sorted(self._links)),
            dropped_documents=tuple(sorted(self._documents - held)),
            sweeps_stages=sweeps_stages,
            sweeps_networks=sweeps_networks,
        )
        self._vpcs, self._hubs, self._links, self._documents = set(), set(), set(), held
        self._has_swept_stages |= sweeps_stages
        self._has_swept_networks |= sweeps_networks
        return change
