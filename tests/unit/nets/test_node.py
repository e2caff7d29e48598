from pathlib import Path

from innergate.nets.node import Node
from innergate.plans.network import AddressFilter, NetworkPlan, VpcNetwork, WorkloadHost
from innergate.testing.disk import refusing_disk
from innergate.testing.kernel import FakeKernel

HOST = WorkloadHost(
    workload_id="w", namespace="p-w", address="10.1.1.5", prefix_length=24, router="10.1.1.1", resolver=""
)


def build_plan(revision: int, filters: tuple[AddressFilter, ...] = ()) -> NetworkPlan:
    vpc = VpcNetwork(
        vpc_id="vpc-1",
        namespace="p-vpc-1",
        cidrs=("10.1.0.0/16",),
        router_addresses=("10.1.1.1",),
        resolver_addresses=(),
        served_addresses=("10.1.1.9",),
        workloads=(HOST,),
        filters=filters,
    )
    return NetworkPlan(revision=revision, vpcs=(vpc,))


def test_the_same_plan_again_costs_nothing(tmp_path: Path) -> None:
    kernel = FakeKernel()
    node = Node(kernel, tmp_path / "owned")
    node.apply(build_plan(1))
    done = len(kernel.lines)
    assert node.apply(build_plan(2)).remade == ()
    assert len(kernel.lines) == done


def test_remakes_what_vanished_and_says_so(tmp_path: Path) -> None:
    kernel = FakeKernel()
    node = Node(kernel, tmp_path / "owned")
    node.apply(build_plan(1))
    whole = dict(kernel.namespaces)
    assert not node.has_lost_any()
    kernel.vanish("p-vpc-1")
    assert node.has_lost_any()
    assert node.apply(build_plan(1)).remade == ("p-vpc-1",)
    assert kernel.namespaces == whole
    assert not node.has_lost_any()


def test_a_new_process_adopts_and_sweeps(tmp_path: Path) -> None:
    kernel = FakeKernel()
    Node(kernel, tmp_path / "owned").apply(build_plan(1))
    done = len(kernel.lines)
    later = Node(kernel, tmp_path / "owned")
    assert later.apply(build_plan(1)).remade == ()
    assert len(kernel.lines) == done
    last = Node(kernel, tmp_path / "owned")
    last.apply(NetworkPlan(revision=2))
    assert kernel.namespaces == {}


def test_a_new_process_says_again_what_nobody_may_have_heard(tmp_path: Path) -> None:
    kernel = FakeKernel()
    node = Node(kernel, tmp_path / "owned")
    node.apply(build_plan(1))
    kernel.vanish("p-vpc-1")
    node.apply(build_plan(1))
    assert set(node.untold) == {"p-vpc-1"}
    later = Node(kernel, tmp_path / "owned")
    assert later.apply(build_plan(1)).remade == ("p-vpc-1",)
    assert not later.has_lost_any()
    later.forget_untold(later.untold)
    assert later.untold == {}
    assert Node(kernel, tmp_path / "owned").apply(build_plan(1)).remade == ()


def test_what_was_made_anew_once_more_stays_untold(tmp_path: Path) -> None:
    kernel = FakeKernel()
    node = Node(kernel, tmp_path / "owned")
    node.apply(build_plan(1))
    kernel.vanish("p-vpc-1")
    node.apply(build_plan(1))
    first = dict(node.untold)
    kernel.vanish("p-vpc-1")
    node.apply(build_plan(1))
    node.forget_untold(first)
    assert set(node.untold) == {"p-vpc-1"}
    node.apply(NetworkPlan(revision=2))
    assert node.untold == {}, "a namespace that no plan wants any more has no sockets"


def test_a_new_process_notices_what_vanished_meanwhile(tmp_path: Path) -> None:
    kernel = FakeKernel()
    Node(kernel, tmp_path / "owned").apply(build_plan(1))
    kernel.vanish("p-w")
    assert Node(kernel, tmp_path / "owned").apply(build_plan(1)).remade == ("p-w",)


def test_a_refusal_names_the_network_and_is_tried_again(tmp_path: Path) -> None:
    kernel = FakeKernel(refusing=["p-vpc-1"])
    node = Node(kernel, tmp_path / "owned")
    plan = build_plan(1, (AddressFilter(address="10.1.1.9", rules=()),))
    for _ in range(2):
        refusals = node.apply(plan).refusals
        assert [refused.subject for refused in refusals] == ["vpc-1"]
        assert "not supported" in refusals[0].reason
    assert kernel.namespaces["p-vpc-1"].addresses == frozenset()


def test_a_full_disk_delays_what_is_written_down_alone(tmp_path: Path) -> None:
    kernel = FakeKernel()
    node = Node(kernel, tmp_path / "owned")
    with refusing_disk():
        assert node.apply(build_plan(1)).refusals == ()
        node.keep_record()
    assert not (tmp_path / "owned").exists()
    node.keep_record()
    last = Node(kernel, tmp_path / "owned")
    last.apply(NetworkPlan(revision=2))
    assert kernel.namespaces == {}
