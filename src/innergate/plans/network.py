"""What one node's kernel, resolvers and workloads must look like.

The value of a VPC is whole: an agent compares it with what it made and does the difference. Names of namespaces are chosen
here. A packet filter's address is an interface that the platform serves itself (an endpoint, a load balancer) or a workload.
"""

import msgspec

from innergate.plans.documents import Document, DocumentName


class FilterRule(msgspec.Struct, frozen=True, kw_only=True):
    """Admits new connections to an address. `protocol` is tcp, udp, icmp or all; ports are inclusive, -1..-1 for all."""

    protocol: str
    from_port: int
    to_port: int
    sources: tuple[str, ...]
    """CIDRs (a member of a referenced group stands here as its address/32)."""


class AddressFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What may open connections to `address`; everything else is dropped without an answer. Answers always pass."""

    address: str
    rules: tuple[FilterRule, ...]


class NextHop(msgspec.Struct, frozen=True, kw_only=True):
    """`kind`: local, link (through the veth to `network`), blackhole."""

    kind: str
    network: str = ""
    """The other end's namespace name: a hub's or a peered VPC's."""


class RouteEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One route of a table."""

    destination: str
    hop: NextHop


class RouteSet(msgspec.Struct, frozen=True, kw_only=True):
    """The routes for packets that come from one of `sources` (subnets of a VPC), or in over the link from `from_network`
    (hubs: each attachment has its table). Most specific wins."""

    routes: tuple[RouteEntry, ...]
    sources: tuple[str, ...] = ()
    from_network: str = ""


class WorkloadHost(msgspec.Struct, frozen=True, kw_only=True):
    """A host of the VPC with a namespace of its own. `command` is kept running; empty means that somebody else runs one."""

    workload_id: str
    namespace: str
    address: str
    prefix_length: int
    router: str
    resolver: str
    name: str = ""
    command: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    working_directory: str = ""


class DnsZone(msgspec.Struct, frozen=True, kw_only=True):
    """Names that this zone alone answers: a name inside `name` that has no record does not exist. Wildcards ("*.x") are
    records. `ttl_s` seconds."""

    name: str
    records: dict[str, tuple[str, ...]]
    ttl_s: int = 60


class VpcNetwork(msgspec.Struct, frozen=True, kw_only=True):
    """One VPC on this node."""

    vpc_id: str
    namespace: str
    cidrs: tuple[str, ...]
    router_addresses: tuple[str, ...]
    """The base + 1 of each subnet; workloads route through them."""
    resolver_addresses: tuple[str, ...]
    """Where its resolver listens: base + 2 and 169.254.169.253; empty where DNS support is off."""
    served_addresses: tuple[str, ...]
    """Addresses of interfaces that Envoy serves here."""
    workloads: tuple[WorkloadHost, ...] = ()
    filters: tuple[AddressFilter, ...] = ()
    route_sets: tuple[RouteSet, ...] = ()
    zones: tuple[DnsZone, ...] = ()


class HubNetwork(msgspec.Struct, frozen=True, kw_only=True):
    """A transit gateway on this node: a namespace that routes between its links."""

    hub_id: str
    namespace: str
    route_sets: tuple[RouteSet, ...]


class Link(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A veth pair between two namespaces (VPC and hub, hub and hub, VPC and VPC)."""

    a: str
    b: str


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """Parts of a plan that are no more wanted, and stay until Envoy has let go of them."""

    vpcs: frozenset[str] = frozenset()
    hubs: frozenset[str] = frozenset()
    links: frozenset[Link] = frozenset()


class NetworkPlan(msgspec.Struct, frozen=True, kw_only=True):
    """All of one node at a revision of the store, in the form in which it crosses the socket to the agent."""

    revision: int
    vpcs: tuple[VpcNetwork, ...] = ()
    hubs: tuple[HubNetwork, ...] = ()
    links: tuple[Link, ...] = ()
    public_names: dict[str, tuple[str, ...]] = {}
    """Names that every VPC's resolver answers, unless a zone of its own covers them: load balancers' and endpoints' own DNS
    names are public in AWS and resolve to private addresses."""

    leaving: Leaving = Leaving()


class NetworkChange(msgspec.Struct, frozen=True, kw_only=True):
    """What differs from the plan before: whole values to take over, ids to drop. `complete` means that it is all there is;
    where it `keeps_networks`, others stay until a change sweeps them."""

    revision: int
    complete: bool
    vpcs: tuple[VpcNetwork, ...] = ()
    hubs: tuple[HubNetwork, ...] = ()
    links: tuple[Link, ...] = ()
    dropped_vpcs: tuple[str, ...] = ()
    dropped_hubs: tuple[str, ...] = ()
    dropped_links: tuple[Link, ...] = ()
    public_names: dict[str, tuple[str, ...]] = {}
    dropped_names: tuple[str, ...] = ()
    documents: tuple[Document, ...] = ()
    dropped_documents: tuple[DocumentName, ...] = ()
    sweeps_stages: bool = False
    """No route of before is left: documents of stages that are not current may go, which a complete change leaves alone."""

    keeps_networks: bool = False
    sweeps_networks: bool = False
    """Envoy has let go of what complete changes have left."""
