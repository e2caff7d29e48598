"""A plan and a change of it give the next plan. Pure."""

from collections.abc import Set as AbstractSet

from innergate.plans.network import HubNetwork, Leaving, Link, NetworkChange, NetworkPlan, VpcNetwork


def merge(plan: NetworkPlan, change: NetworkChange) -> NetworkPlan:
    """Values that the change does not name stay the very same objects."""
    if change.complete and not change.keeps_networks:
        return NetworkPlan(
            revision=change.revision,
            vpcs=change.vpcs,
            hubs=change.hubs,
            links=tuple(sorted(set(change.links))),
            public_names=change.public_names,
        )
    vpcs = {vpc.vpc_id: vpc for vpc in plan.vpcs} | {vpc.vpc_id: vpc for vpc in change.vpcs}
    hubs = {hub.hub_id: hub for hub in plan.hubs} | {hub.hub_id: hub for hub in change.hubs}
    links = set(plan.links) | set(change.links)
    leaving = _leaving(plan, change, vpcs, hubs, links)
    swept = leaving if change.sweeps_networks else Leaving()
    dropped_vpcs = swept.vpcs.union(change.dropped_vpcs)
    dropped_hubs = swept.hubs.union(change.dropped_hubs)
    names = change.public_names if change.complete else plan.public_names
    if not change.complete and (change.public_names or change.dropped_names):
        names = {**names, **change.public_names}
        for name in change.dropped_names:
            names.pop(name, None)
    return NetworkPlan(
        revision=change.revision,
        vpcs=tuple(vpc for vpc_id, vpc in vpcs.items() if vpc_id not in dropped_vpcs),
        hubs=tuple(hub for hub_id, hub in hubs.items() if hub_id not in dropped_hubs),
        links=tuple(sorted(links - swept.links - set(change.dropped_links))),
        public_names=names,
        leaving=Leaving() if change.sweeps_networks else leaving,
    )


def _leaving(
    plan: NetworkPlan,
    change: NetworkChange,
    vpcs: dict[str, VpcNetwork],
    hubs: dict[str, HubNetwork],
    links: AbstractSet[Link],
) -> Leaving:
    """Of all that there is, what a complete change does not name, less what has come back or gone since."""
    old = plan.leaving
    if change.complete:
        old = Leaving(vpcs=frozenset(vpcs), hubs=frozenset(hubs), links=frozenset(links))
    return Leaving(
        vpcs=old.vpcs.difference((vpc.vpc_id for vpc in change.vpcs), change.dropped_vpcs),
        hubs=old.hubs.difference((hub.hub_id for hub in change.hubs), change.dropped_hubs),
        links=old.links.difference(change.links, change.dropped_links),
    )
