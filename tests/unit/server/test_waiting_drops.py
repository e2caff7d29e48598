"""Removals wait, come back, and never turn the clock back."""

from innergate.plans.network import Link, NetworkChange, VpcNetwork
from innergate.server.waiting_drops import WaitingDrops


def network(id: str) -> VpcNetwork:
    return VpcNetwork(
        vpc_id=id,
        namespace=id,
        cidrs=("10.0.0.0/16",),
        router_addresses=(),
        resolver_addresses=(),
        served_addresses=(),
    )


def change(
    revision: int, drops: tuple[str, ...] = (), vpcs: tuple[str, ...] = (), links: tuple[Link, ...] = ()
) -> NetworkChange:
    made = tuple(network(id) for id in vpcs)
    return NetworkChange(revision=revision, complete=False, vpcs=made, dropped_vpcs=drops, dropped_links=links)


def test_nothing_waits_at_first() -> None:
    drops = WaitingDrops()
    assert not drops
    drops.add(change(3, vpcs=("vpc-a",)))
    assert not drops
    assert drops.revision == 0


def test_what_comes_back_is_not_removed() -> None:
    drops = WaitingDrops()
    drops.add(change(3, drops=("vpc-a", "vpc-b")))
    drops.add(change(4, vpcs=("vpc-a",)))
    assert drops.take(4).dropped_vpcs == ("vpc-b",)


def test_a_change_without_removals_does_not_put_off_those_that_wait() -> None:
    drops = WaitingDrops()
    drops.add(change(3, drops=("vpc-a",)))
    drops.add(change(9, vpcs=("vpc-c",)))
    assert drops.revision == 3


def test_removals_bear_the_newest_revision_that_was_sent() -> None:
    drops = WaitingDrops()
    link = Link(a="vpc-a", b="tgw-a")
    drops.add(change(10, drops=("vpc-a",), links=(link,)))
    taken = drops.take(11)
    assert (taken.revision, taken.dropped_vpcs, taken.dropped_links) == (11, ("vpc-a",), (link,))
    assert not drops
