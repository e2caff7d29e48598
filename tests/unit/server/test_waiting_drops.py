"""Removals wait, come back, and never turn the clock back."""

from innergate.plans.documents import STAGES, DocumentName
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


def swept() -> WaitingDrops:
    """Removals once what an earlier control left is gone."""
    drops = WaitingDrops()
    assert drops
    taken = drops.take(1)
    assert taken is not None
    assert taken.sweeps_stages
    return drops


def test_nothing_waits_once_an_earlier_controls_documents_are_swept() -> None:
    drops = swept()
    assert not drops
    assert drops.take(2) is None
    drops.add(change(3, vpcs=("vpc-a",)))
    assert not drops
    assert drops.revision == 0


def test_what_comes_back_is_not_removed() -> None:
    drops = swept()
    drops.add(change(3, drops=("vpc-a", "vpc-b")))
    drops.add(change(4, vpcs=("vpc-a",)))
    taken = drops.take(4)
    assert taken is not None
    assert taken.dropped_vpcs == ("vpc-b",)


def test_a_change_without_removals_does_not_put_off_those_that_wait() -> None:
    drops = swept()
    drops.add(change(3, drops=("vpc-a",)))
    drops.add(change(9, vpcs=("vpc-c",)))
    assert drops.revision == 3


def test_removals_bear_the_newest_revision_that_was_sent() -> None:
    drops = swept()
    link = Link(a="vpc-a", b="tgw-a")
    drops.add(change(10, drops=("vpc-a",), links=(link,)))
    taken = drops.take(11)
    assert taken is not None
    assert (taken.revision, taken.dropped_vpcs, taken.dropped_links) == (11, ("vpc-a",), (link,))
    assert not drops


def test_documents_of_stages_stay_while_envoy_has_older_routes() -> None:
    stage, key = DocumentName(STAGES, "a.prod.1"), DocumentName("principals", "AKIA")
    drops = WaitingDrops()
    drops.add(NetworkChange(revision=3, complete=False, dropped_documents=(stage, key)))
    first = drops.take(3, has_old_routes=True)
    assert first is not None
    assert (first.dropped_documents, first.sweeps_stages) == ((key,), False)
    assert drops
    assert drops.take(4, has_old_routes=True) is None
    last = drops.take(5)
    assert last is not None
    assert (last.dropped_documents, last.sweeps_stages) == ((stage,), True)
    assert not drops


def test_another_agent_sweeps_again() -> None:
    drops = swept()
    drops.sweep_again()
    assert drops
    taken = drops.take(2)
    assert taken is not None
    assert taken.sweeps_stages
    assert not drops


def test_what_a_complete_change_leaves_waits_until_an_envoy_has_taken_all_of_it() -> None:
    drops = swept()
    drops.add(NetworkChange(revision=5, complete=True, vpcs=(network("vpc-a"),)))
    assert drops
    assert drops.release(5, None, refuses_routes=False) is None, "Envoy may be about to come back"
    assert drops.release(5, 4, refuses_routes=False) is None
    first = drops.release(6, 5, refuses_routes=True)
    assert first is not None
    assert (first.sweeps_networks, first.sweeps_stages) == (True, False)
    last = drops.release(6, 6, refuses_routes=False)
    assert last is not None
    assert (last.sweeps_networks, last.sweeps_stages) == (False, True)
    assert not drops


def test_another_agents_networks_are_swept_again() -> None:
    drops = swept()
    drops.sweep_again()
    taken = drops.release(2, 2, refuses_routes=False)
    assert taken is not None
    assert taken.sweeps_networks
