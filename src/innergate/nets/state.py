"""What a kernel holds (or should hold), as plain values that can be compared.

The same type serves for what was seen and for what is wanted; `Describer` gives the second for a plan. Nothing here
knows how a kernel is asked or told.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeAlias, final

from innergate.nets.names import WORKLOAD_DEVICE, name_link_device, name_workload_device, number_tables
from innergate.plans.network import AddressFilter, HubNetwork, Link, NetworkPlan, RouteSet, VpcNetwork, WorkloadHost

MAIN_TABLE = 254
LINK_SETS_PRIORITY = 100
"""Rules by the link that a packet came in over, where the plan gives that link a table."""
LINKS_PRIORITY = 110
"""Packets from any other link see only what is local: networks are not transitive by themselves."""
SOURCES_PRIORITY = 200

ROUTER = "router"
HOST = "host"


class Route(NamedTuple):
    """`kind`: unicast (over `device`, by `gateway` if there is one), throw (ask the next rule), blackhole (drop)."""

    table: int
    destination: str
    kind: str
    device: str = ""
    gateway: str = ""


class Rule(NamedTuple):
    """Which table is asked. Empty `source` or `device` match everything."""

    priority: int
    table: int
    source: str = ""
    device: str = ""


class Address(NamedTuple):
    """`address` with its prefix length ("10.0.0.1/32") on a device."""

    device: str
    address: str


class End(NamedTuple):
    """One end of a veth pair."""

    namespace: str
    device: str


class Pair(NamedTuple):
    """A veth pair. With `checks_source` the first end takes only packets whose source lies behind it."""

    a: End
    b: End
    checks_source: bool


class NamespaceState(NamedTuple):
    """One namespace. `mode` is router or host once it is prepared (loopback up, forwarding set), else ""."""

    mode: str = ""
    devices: frozenset[str] = frozenset()
    addresses: frozenset[Address] = frozenset()
    routes: frozenset[Route] = frozenset()
    rules: frozenset[Rule] = frozenset()
    filter_digest: str = ""
    """"" where nothing is filtered; see nftables.digest_filters."""


class Wanted(NamedTuple):
    """A namespace's state, with the packet filters that its digest stands for."""

    state: NamespaceState
    filters: tuple[AddressFilter, ...] = ()


class DesiredState(NamedTuple):
    """Everything that should be there, by namespace. `owners` names the VPC or hub that each namespace belongs to."""

    namespaces: Mapping[str, Wanted]
    pairs: frozenset[Pair]
    owners: Mapping[str, str]


KernelState: TypeAlias = Mapping[str, NamespaceState]


def pair_of_link(link: Link) -> Pair:
    """The veth pair of a link between two routers."""
    device = name_link_device(link.a, link.b)
    first, second = sorted((link.a, link.b))
    return Pair(End(first, device), End(second, device), False)


def pair_of_workload(vpc: VpcNetwork, workload: WorkloadHost) -> Pair:
    """The veth pair that joins a workload to its VPC."""
    outer = End(vpc.namespace, name_workload_device(workload.namespace))
    return Pair(outer, End(workload.namespace, WORKLOAD_DEVICE), True)


def describe_workload(workload: WorkloadHost) -> NamespaceState:
    """A host with one interface and a default route."""
    return NamespaceState(
        mode=HOST,
        devices=frozenset({WORKLOAD_DEVICE}),
        addresses=frozenset({Address(WORKLOAD_DEVICE, f"{workload.address}/{workload.prefix_length}")}),
        routes=frozenset({Route(MAIN_TABLE, "0.0.0.0/0", "unicast", WORKLOAD_DEVICE, workload.router)}),
    )


def describe_route_sets(
    namespace: str, route_sets: tuple[RouteSet, ...], neighbours: frozenset[str]
) -> tuple[frozenset[Route], frozenset[Rule]]:
    """Routes and rules of a router. A route over a link that does not exist is a blackhole, as is all that no route names:
    AWS drops such packets in silence."""
    routes = {Route(MAIN_TABLE, "0.0.0.0/0", "blackhole")}
    rules = {
        Rule(LINKS_PRIORITY, MAIN_TABLE, device=name_link_device(namespace, neighbour)) for neighbour in neighbours
    }
    numbers = number_tables(_key_of(route_set) for route_set in route_sets)
    for route_set in route_sets:
        table = numbers[_key_of(route_set)]
        if route_set.from_network in neighbours:
            device = name_link_device(namespace, route_set.from_network)
            rules.add(Rule(LINK_SETS_PRIORITY, table, device=device))
        rules |= {Rule(SOURCES_PRIORITY, table, source=source) for source in route_set.sources}
        chosen: dict[str, Route] = {}
        for entry in route_set.routes:
            hop = entry.hop
            if hop.kind == "local":
                route = Route(table, entry.destination, "throw")
            elif hop.kind == "link" and hop.network in neighbours:
                device = name_link_device(namespace, hop.network)
                route = Route(table, entry.destination, "unicast", device)
            else:
                route = Route(table, entry.destination, "blackhole")
            chosen.setdefault(entry.destination, route)
        routes |= set(chosen.values())
    return frozenset(routes), frozenset(rules)


def _key_of(route_set: RouteSet) -> str:
    return f"{route_set.from_network}|{','.join(sorted(route_set.sources))}"


def describe_vpc(vpc: VpcNetwork, neighbours: frozenset[str], filter_digest: str) -> NamespaceState:
    """The VPC's own namespace: its addresses on the loopback device, its workloads behind veth pairs."""
    routes, rules = describe_route_sets(vpc.namespace, vpc.route_sets, neighbours)
    served = {*vpc.router_addresses, *vpc.resolver_addresses, *vpc.served_addresses}
    hosts = {
        Route(MAIN_TABLE, f"{workload.address}/32", "unicast", name_workload_device(workload.namespace))
        for workload in vpc.workloads
    }
    devices = {name_link_device(vpc.namespace, neighbour) for neighbour in neighbours}
    devices |= {name_workload_device(workload.namespace) for workload in vpc.workloads}
    return NamespaceState(
        mode=ROUTER,
        devices=frozenset(devices),
        addresses=frozenset(Address("lo", f"{address}/32") for address in served),
        routes=routes | hosts,
        rules=rules,
        filter_digest=filter_digest,
    )


def describe_hub(hub: HubNetwork, neighbours: frozenset[str]) -> NamespaceState:
    """A namespace that only routes between its links."""
    routes, rules = describe_route_sets(hub.namespace, hub.route_sets, neighbours)
    devices = frozenset(name_link_device(hub.namespace, neighbour) for neighbour in neighbours)
    return NamespaceState(mode=ROUTER, devices=devices, routes=routes, rules=rules)


def find_neighbours(links: Iterable[Link], known: frozenset[str]) -> dict[str, frozenset[str]]:
    """Who is linked to whom; links to namespaces that this node does not have are left out."""
    found: dict[str, set[str]] = {}
    for link in links:
        if link.a in known and link.b in known and link.a != link.b:
            found.setdefault(link.a, set()).add(link.b)
            found.setdefault(link.b, set()).add(link.a)
    return {name: frozenset(names) for name, names in found.items()}


class _Known(NamedTuple):
    """What a VPC's description was made from, and what it was."""

    vpc: VpcNetwork
    neighbours: frozenset[str]
    namespaces: Mapping[str, Wanted]
    pairs: frozenset[Pair]


@final
class Describer:
    """Gives all that a plan wants. Remembers each VPC's part, so that a plan that differs little costs little."""

    def __init__(self, digest: Callable[[tuple[AddressFilter, ...]], str]) -> None:
        self._digest = digest
        self._known: dict[str, _Known] = {}

    def describe(self, plan: NetworkPlan) -> DesiredState:
        """Links to namespaces that the plan does not have are left out."""
        routers = frozenset(vpc.namespace for vpc in plan.vpcs) | frozenset(hub.namespace for hub in plan.hubs)
        neighbours = find_neighbours(plan.links, routers)
        nobody: frozenset[str] = frozenset()
        namespaces: dict[str, Wanted] = {}
        owners: dict[str, str] = {}
        pairs = {pair_of_link(link) for link in plan.links if link.b in neighbours.get(link.a, ())}
        for hub in plan.hubs:
            namespaces[hub.namespace] = Wanted(describe_hub(hub, neighbours.get(hub.namespace, nobody)))
            owners[hub.namespace] = hub.hub_id
        known: dict[str, _Known] = {}
        for vpc in plan.vpcs:
            part = known[vpc.vpc_id] = self._describe_vpc(vpc, neighbours.get(vpc.namespace, nobody))
            namespaces.update(part.namespaces)
            owners.update(dict.fromkeys(part.namespaces, vpc.vpc_id))
            pairs |= part.pairs
        self._known = known
        return DesiredState(namespaces, frozenset(pairs), owners)

    def _describe_vpc(self, vpc: VpcNetwork, neighbours: frozenset[str]) -> _Known:
        before = self._known.get(vpc.vpc_id)
        if before is not None and before.vpc is vpc and before.neighbours == neighbours:
            return before
        state = describe_vpc(vpc, neighbours, self._digest(vpc.filters))
        namespaces = {vpc.namespace: Wanted(state, vpc.filters)}
        namespaces |= {host.namespace: Wanted(describe_workload(host)) for host in vpc.workloads}
        return _Known(vpc, neighbours, namespaces, frozenset(pair_of_workload(vpc, host) for host in vpc.workloads))
