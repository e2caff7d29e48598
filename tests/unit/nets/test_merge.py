from innergate.nets.merge import merge
from innergate.plans.network import HubNetwork, Link, NetworkChange, NetworkPlan, VpcNetwork


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
