"""A plan and a change of it give the next plan. Pure."""

from innergate.plans.network import NetworkChange, NetworkPlan


def merge(plan: NetworkPlan, change: NetworkChange) -> NetworkPlan:
    """Values that the change does not name stay the very same objects."""
    if change.complete:
        return NetworkPlan(
            revision=change.revision,
            vpcs=change.vpcs,
            hubs=change.hubs,
            links=tuple(sorted(set(change.links))),
            public_names=change.public_names,
        )
    vpcs = {vpc.vpc_id: vpc for vpc in plan.vpcs} | {vpc.vpc_id: vpc for vpc in change.vpcs}
    hubs = {hub.hub_id: hub for hub in plan.hubs} | {hub.hub_id: hub for hub in change.hubs}
    links = (set(plan.links) | set(change.links)) - set(change.dropped_links)
    names = plan.public_names
    if change.public_names or change.dropped_names:
        names = {**names, **change.public_names}
        for name in change.dropped_names:
            names.pop(name, None)
    return NetworkPlan(
        revision=change.revision,
        vpcs=tuple(vpc for vpc_id, vpc in vpcs.items() if vpc_id not in change.dropped_vpcs),
        hubs=tuple(hub for hub_id, hub in hubs.items() if hub_id not in change.dropped_hubs),
        links=tuple(sorted(links)),
        public_names=names,
    )
