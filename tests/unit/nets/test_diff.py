from hypothesis import given, settings
from hypothesis import strategies as st

from innergate.nets.diff import SetFilter, compare
from innergate.nets.nftables import digest_filters
from innergate.nets.state import Describer, DesiredState
from innergate.plans.network import (
    AddressFilter,
    FilterRule,
    HubNetwork,
    Link,
    NetworkPlan,
    NextHop,
    RouteEntry,
    RouteSet,
    VpcNetwork,
    WorkloadHost,
)
from innergate.testing.kernel import FakeKernel

ROUTERS = ("p-a", "p-b", "p-c", "p-hub")


def describe(plan: NetworkPlan) -> DesiredState:
    return Describer(digest_filters).describe(plan)


hops = st.one_of(
    st.just(NextHop(kind="local")),
    st.just(NextHop(kind="blackhole")),
    st.sampled_from(ROUTERS).map(lambda name: NextHop(kind="link", network=name)),
)
entries = st.builds(RouteEntry, destination=st.sampled_from(["10.1.0.0/16", "10.2.0.0/16", "0.0.0.0/0"]), hop=hops)
route_sets = st.lists(
    st.builds(
        RouteSet,
        routes=st.lists(entries, max_size=3).map(tuple),
        sources=st.sampled_from([(), ("10.1.1.0/24",), ("10.1.2.0/24", "10.1.3.0/24")]),
        from_network=st.sampled_from(["", *ROUTERS]),
    ),
    max_size=2,
    unique_by=lambda one: (one.sources, one.from_network),
).map(tuple)
addresses = st.lists(st.integers(1, 5).map("10.1.1.{}".format), unique=True, max_size=3).map(tuple)
rules = st.builds(
    FilterRule,
    protocol=st.sampled_from(["tcp", "all"]),
    from_port=st.just(80),
    to_port=st.just(80),
    sources=st.just(("10.0.0.0/8",)),
)
filters = st.lists(
    st.builds(AddressFilter, address=st.just("10.1.1.1"), rules=st.lists(rules, max_size=1).map(tuple)), max_size=1
).map(tuple)


@st.composite
def networks(draw: st.DrawFn, name: str) -> VpcNetwork:
    hosts = [
        WorkloadHost(
            workload_id=f"{name}-{number}",
            namespace=f"p-{name}-{number}",
            address=f"10.1.9.{number}",
            prefix_length=draw(st.sampled_from([24, 25])),
            router="10.1.9.1",
            resolver="10.1.0.2",
        )
        for number in draw(st.sets(st.integers(5, 7), max_size=2))
    ]
    return VpcNetwork(
        vpc_id=name,
        namespace=f"p-{name}",
        cidrs=("10.1.0.0/16",),
        router_addresses=draw(addresses),
        resolver_addresses=(),
        served_addresses=draw(addresses),
        workloads=tuple(hosts),
        filters=draw(filters),
        route_sets=draw(route_sets),
    )


@st.composite
def plans(draw: st.DrawFn) -> NetworkPlan:
    names = sorted(draw(st.sets(st.sampled_from("abc"))))
    hubs = draw(st.sampled_from([(), (HubNetwork(hub_id="hub", namespace="p-hub", route_sets=draw(route_sets)),)]))
    pairs = draw(
        st.sets(st.tuples(st.sampled_from(ROUTERS), st.sampled_from(ROUTERS)).map(lambda two: tuple(sorted(two))))
    )
    links = tuple(Link(a=a, b=b) for a, b in sorted(pairs))
    return NetworkPlan(revision=1, vpcs=tuple(draw(networks(name)) for name in names), hubs=hubs, links=links)


@settings(max_examples=150, deadline=None)
@given(plans(), plans(), st.data())
def test_nothing_is_left_to_do_after_applying(before: NetworkPlan, after: NetworkPlan, data: st.DataObject) -> None:
    kernel = FakeKernel()
    operations = compare({}, describe(before))
    kernel.apply(operations[: data.draw(st.integers(0, len(operations)))])
    for name in data.draw(st.sets(st.sampled_from(sorted(kernel.namespaces) or ["none"]))):
        if name in kernel.namespaces:
            kernel.vanish(name)
    wanted = describe(after)
    kernel.apply(compare(kernel.namespaces, wanted))
    assert compare(kernel.namespaces, wanted) == []
    assert kernel.namespaces == {name: one.state for name, one in wanted.namespaces.items()}
    kernel.apply(compare(kernel.namespaces, describe(NetworkPlan(revision=2))))
    assert kernel.namespaces == {}


def build_vpc(name: str, **changes: object) -> VpcNetwork:
    plain = VpcNetwork(
        vpc_id=name,
        namespace=f"p-{name}",
        cidrs=("10.1.0.0/16",),
        router_addresses=("10.1.1.1",),
        resolver_addresses=(),
        served_addresses=(),
    )
    return VpcNetwork(**{**{field: getattr(plain, field) for field in plain.__struct_fields__}, **changes})


def test_reads_as_a_person_would_type_it() -> None:
    host = WorkloadHost(
        workload_id="w", namespace="p-w", address="10.1.1.5", prefix_length=24, router="10.1.1.1", resolver=""
    )
    kernel = FakeKernel()
    kernel.apply(compare({}, describe(NetworkPlan(revision=1, vpcs=(build_vpc("a", workloads=(host,)),)))))
    assert kernel.lines == [
        "ip netns add p-a",
        "ip netns exec p-a sysctl net.ipv4.ip_forward=1",
        "ip -n p-a link set lo up",
        "ip netns add p-w",
        "ip netns exec p-w sysctl net.ipv4.ip_forward=0",
        "ip -n p-w link set lo up",
        "ip -n p-a link add wle2877a759cc6 up arp off type veth peer eth0 netns p-w up arp off",
        "ip -n p-a addr add 10.1.1.1/32 dev lo",
        "ip -n p-a route replace blackhole 0.0.0.0/0 table 254",
        "ip -n p-a route replace 10.1.1.5/32 dev wle2877a759cc6 table 254",
        "ip -n p-w addr add 10.1.1.5/24 dev eth0",
        "ip -n p-w route replace 0.0.0.0/0 via 10.1.1.1 dev eth0 onlink table 254",
    ]


def test_a_filter_is_there_before_its_address_and_links() -> None:
    one = AddressFilter(address="10.1.1.9", rules=())
    plan = NetworkPlan(revision=1, vpcs=(build_vpc("a", filters=(one,), served_addresses=("10.1.1.9",)),))
    kinds = [type(operation).__name__ for operation in compare({}, describe(plan))]
    assert kinds.index("SetFilter") < kinds.index("AddAddress")


def test_a_network_that_refuses_its_filter_gets_no_address() -> None:
    one = AddressFilter(address="10.1.1.9", rules=())
    plan = NetworkPlan(revision=1, vpcs=(build_vpc("a", filters=(one,)), build_vpc("b")))
    kernel = FakeKernel(refusing=["p-a"])
    refusals = kernel.apply(compare({}, describe(plan)))
    assert [refusal.namespace for refusal in refusals] == ["p-a"]
    assert kernel.namespaces["p-a"].addresses == frozenset()
    assert kernel.namespaces["p-b"].addresses != frozenset()


def test_only_the_changed_network_is_touched() -> None:
    before = describe(NetworkPlan(revision=1, vpcs=(build_vpc("a"), build_vpc("b"))))
    kernel = FakeKernel()
    kernel.apply(compare({}, before))
    one = AddressFilter(address="10.1.1.1", rules=())
    after = describe(NetworkPlan(revision=2, vpcs=(build_vpc("a", filters=(one,)), build_vpc("b"))))
    assert compare(kernel.namespaces, after) == [SetFilter("p-a", digest_filters([one]), (one,))]


def test_routes_over_links_that_are_not_there_drop_packets() -> None:
    route_set = RouteSet(
        sources=("10.1.1.0/24",),
        routes=(RouteEntry(destination="10.2.0.0/16", hop=NextHop(kind="link", network="p-gone")),),
    )
    state = describe(NetworkPlan(revision=1, vpcs=(build_vpc("a", route_sets=(route_set,)),))).namespaces["p-a"].state
    assert [route.kind for route in state.routes if route.destination == "10.2.0.0/16"] == ["blackhole"]


def test_a_remembered_description_is_the_same_as_a_new_one() -> None:
    describer = Describer(digest_filters)
    one, two = build_vpc("a"), build_vpc("b")
    link = (Link(a="p-a", b="p-b"),)
    plans_in_turn = [NetworkPlan(revision=1, vpcs=(one, two)), NetworkPlan(revision=2, vpcs=(one, two), links=link)]
    plans_in_turn.append(
        NetworkPlan(revision=3, vpcs=(one, build_vpc("b", served_addresses=("10.1.1.8",))), links=link)
    )
    for plan in plans_in_turn:
        assert describer.describe(plan) == describe(plan)
