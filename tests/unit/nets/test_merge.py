import msgspec

from innergate.nets.merge import merge
from innergate.plans.network import HubNetwork, Leaving, Link, NetworkChange, NetworkPlan, VpcNetwork


def build_vpc(name: str, address: str = "10.0.0.1") -> VpcNetwork:
    return VpcNetwork(
        vpc_id=name,
        namespace=f"p-{name}",
        cidrs=(),
        router_addresses=(address,),
        resolver_addresses=(),
        served_addresses=(),
    )


BEFORE = NetworkPlan(
    revision=3,
    vpcs=(build_vpc("a"), build_vpc("b")),
    hubs=(HubNetwork(hub_id="h", namespace="p-h", route_sets=()),),
    links=(Link(a="p-a", b="p-h"),),
    public_names={"x": ("1.1.1.1",), "y": ("2.2.2.2",)},
)


def test_complete_forgets_what_was() -> None:
    after = merge(BEFORE, NetworkChange(revision=4, complete=True, vpcs=(build_vpc("c"),)))
    assert after == NetworkPlan(revision=4, vpcs=(build_vpc("c"),))


def test_takes_over_adds_and_drops() -> None:
    change = NetworkChange(
        revision=5,
        complete=False,
        vpcs=(build_vpc("b", "10.0.0.9"), build_vpc("c")),
        dropped_vpcs=("a",),
        dropped_hubs=("h",),
        links=(Link(a="p-b", b="p-c"),),
        dropped_links=(Link(a="p-a", b="p-h"),),
        public_names={"z": ("3.3.3.3",)},
        dropped_names=("x",),
    )
    after = merge(BEFORE, change)
    assert after.vpcs == (build_vpc("b", "10.0.0.9"), build_vpc("c"))
    assert after.hubs == ()
    assert after.links == (Link(a="p-b", b="p-c"),)
    assert after.public_names == {"y": ("2.2.2.2",), "z": ("3.3.3.3",)}


def test_untouched_values_stay_the_same_objects() -> None:
    after = merge(BEFORE, NetworkChange(revision=6, complete=False, vpcs=(build_vpc("c"),)))
    assert after.vpcs[0] is BEFORE.vpcs[0]
    assert after.public_names is BEFORE.public_names


def whole(revision: int, *vpcs: VpcNetwork) -> NetworkChange:
    return NetworkChange(
        revision=revision, complete=True, keeps_networks=True, vpcs=vpcs, public_names={"z": ("3.3.3.3",)}
    )


SWEEP = NetworkChange(revision=9, complete=False, sweeps_networks=True)


def test_what_a_complete_change_keeps_goes_with_the_sweep() -> None:
    kept = merge(BEFORE, whole(4, build_vpc("b", "10.0.0.9"), build_vpc("c")))
    assert kept.vpcs == (build_vpc("a"), build_vpc("b", "10.0.0.9"), build_vpc("c"))
    assert (kept.hubs, kept.links) == (BEFORE.hubs, BEFORE.links)
    assert kept.public_names == {"z": ("3.3.3.3",)}
    assert kept.leaving == Leaving(
        vpcs=frozenset({"a"}), hubs=frozenset({"h"}), links=frozenset({Link(a="p-a", b="p-h")})
    )
    later = merge(kept, NetworkChange(revision=5, complete=False, vpcs=(build_vpc("d"),)))
    assert [vpc.vpc_id for vpc in later.vpcs] == ["a", "b", "c", "d"]
    assert merge(later, SWEEP) == NetworkPlan(
        revision=9,
        vpcs=(build_vpc("b", "10.0.0.9"), build_vpc("c"), build_vpc("d")),
        public_names={"z": ("3.3.3.3",)},
    )


def test_what_has_come_back_is_not_swept() -> None:
    kept = merge(BEFORE, whole(4))
    hub, link = BEFORE.hubs[0], BEFORE.links[0]
    back = merge(kept, NetworkChange(revision=5, complete=False, vpcs=(build_vpc("a"),), hubs=(hub,), links=(link,)))
    swept = merge(back, SWEEP)
    assert (swept.vpcs, swept.hubs, swept.links) == ((build_vpc("a"),), (hub,), (link,))


def test_what_is_dropped_while_it_leaves_may_come_back_for_good() -> None:
    kept = merge(BEFORE, whole(4, build_vpc("b")))
    gone = merge(kept, NetworkChange(revision=5, complete=False, dropped_vpcs=("a",)))
    assert "a" not in gone.leaving.vpcs
    back = merge(gone, NetworkChange(revision=6, complete=False, vpcs=(build_vpc("a"),)))
    assert {vpc.vpc_id for vpc in merge(back, SWEEP).vpcs} == {"a", "b"}


def test_an_agent_that_starts_anew_still_knows_what_leaves() -> None:
    kept = merge(BEFORE, whole(4))
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(kept), type=NetworkPlan)
    assert again == kept
    assert merge(again, SWEEP).vpcs == ()
    assert merge(kept, whole(5)).leaving == kept.leaving, "said once more"
