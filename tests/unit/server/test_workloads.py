"""Hosts: in the VPC that is meant, at the address that is asked for, gone with the process that holds them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.workloads import Workload
from innergate.server.workloads import Holder, WorkloadRefused, WorkloadRequest, Workloads, holder_of
from innergate.services.ec2.operations import OPERATIONS
from innergate.testing.services import ServiceHarness

ACCOUNT = "111122223333"


class World:
    """A VPC named "one" with two subnets, and the hosts."""

    def __init__(self, folder: Path) -> None:
        self.harness = ServiceHarness(folder, OPERATIONS)
        self.hosts = Workloads(self.harness.store, self.harness.clock, self.harness.ids)
        self.vpc = self.make_vpc("one")
        self.subnets = [self.make_subnet(n) for n in (1, 2)]

    def make_vpc(self, name: str) -> str:
        tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": name}]}]
        made = self.harness.call("CreateVpc", CidrBlock="10.0.0.0/16", TagSpecifications=tags)
        return str(made["Vpc"]["VpcId"])

    def make_subnet(self, number: int) -> str:
        made = self.harness.call("CreateSubnet", VpcId=self.vpc, CidrBlock=f"10.0.{number}.0/24")
        return str(made["Subnet"]["SubnetId"])

    def add(self, **wanted: Any) -> Workload:
        return self.hosts.add(WorkloadRequest(**{"vpc": self.vpc, **wanted}))

    def present(self) -> list[str]:
        return [w.id for w in self.harness.store.state().all(Workload)]

    def interfaces(self, host: Workload) -> list[str]:
        found = self.harness.store.state().find(NetworkInterface, "holder", f"workload/{host.id}")
        return [interface.private_ip_address for interface in found]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.harness.store.close()


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_a_host_has_the_address_asked_for_in_the_subnet_that_has_it(world: World) -> None:
    host = world.add(ip="10.0.2.20", name="web", command=("serve",), environment={"A": "b"})
    assert (host.account, host.subnet_id, host.address) == (ACCOUNT, world.subnets[1], "10.0.2.20")
    assert (host.name, host.command, host.environment, host.holder_pid) == ("web", ("serve",), {"A": "b"}, 0)
    assert world.interfaces(host) == ["10.0.2.20"]
    some = world.add()
    assert some.subnet_id == world.subnets[0]
    assert world.interfaces(some) == [some.address]


def test_a_vpc_by_its_name(world: World) -> None:
    assert world.add(vpc="one").vpc_id == world.vpc
    with pytest.raises(WorkloadRefused, match=rf"no VPC 'two'. There are: {world.vpc} \(one\)"):
        world.add(vpc="two")
    other = world.make_vpc("one")
    with pytest.raises(WorkloadRefused, match=rf"2 VPCs are named 'one': say which by its id: .*{other}"):
        world.add(vpc="one")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("10.0.9.1", r"10.0.9.1 is in no subnet of vpc-\w+; its subnets are 10.0.1.0/24, 10.0.2.0/24"),
        ("10.0.1.2", r"10.0.1.2 in subnet-\w+: "),
    ],
)
def test_addresses_that_cannot_be_had_change_nothing(world: World, address: str, said: str) -> None:
    with pytest.raises(WorkloadRefused, match=said):
        world.add(ip=address)
    assert world.present() == []


def test_a_vpc_without_subnets(world: World) -> None:
    with pytest.raises(WorkloadRefused, match="has no subnet; make one: aws ec2 create-subnet --vpc-id"):
        world.add(vpc=world.make_vpc("empty"))


def test_removing_takes_the_interface_along(world: World) -> None:
    host = world.add(ip="10.0.1.20")
    assert world.hosts.remove(host.id)
    assert (world.present(), world.interfaces(host)) == ([], [])
    assert not world.hosts.remove(host.id)
    world.add(ip="10.0.1.20")


def test_the_host_of_a_function_stays(world: World) -> None:
    host = world.add(ip="10.0.1.9")
    [interface] = world.harness.store.state().find(NetworkInterface, "holder", f"workload/{host.id}")
    with world.harness.store.transaction() as tx:
        tx.put(msgspec.structs.replace(interface, interface_type="lambda", description="AWS Lambda VPC ENI-f"))
    with pytest.raises(WorkloadRefused, match="is the host of a function: AWS Lambda VPC ENI-f"):
        world.hosts.remove(host.id)
    assert world.present() == [host.id]


def test_a_host_that_stays_keeps_its_name_and_address(world: World) -> None:
    host = world.add(ip="10.0.1.20", name="web")
    for wanted in ({"ip": "10.0.1.20"}, {"name": "web"}):
        with pytest.raises(WorkloadRefused, match=f"already the host web; stop it first: innergate stop {host.id}"):
            world.add(**wanted)
    assert world.add(vpc=world.vpc, ip="10.0.1.21", name="other").address == "10.0.1.21"


def test_hosts_go_with_their_holder(world: World, sleeper: subprocess.Popen[bytes]) -> None:
    held = world.add(ip="10.0.1.20", name="web", holder_pid=sleeper.pid)
    kept = world.add(ip="10.0.1.21")
    assert world.hosts.remove_orphans() == 0
    with pytest.raises(WorkloadRefused, match="already the host web"):
        world.add(name="web")
    sleeper.kill()
    sleeper.wait()
    assert world.hosts.remove_orphans() == 1
    assert world.present() == [kept.id]
    assert world.interfaces(held) == []


def test_a_new_host_replaces_one_whose_holder_has_ended(world: World, sleeper: subprocess.Popen[bytes]) -> None:
    held = world.add(ip="10.0.1.20", name="web", holder_pid=sleeper.pid)
    sleeper.kill()
    sleeper.wait()
    heir = world.add(ip="10.0.1.20", name="web")
    assert world.present() == [heir.id] != [held.id]


def test_a_process_is_told_from_a_later_one_of_its_pid(sleeper: subprocess.Popen[bytes]) -> None:
    own, other = holder_of(os.getpid()), holder_of(sleeper.pid)
    assert isinstance(own, Holder)
    assert other is not None
    assert other.started >= own.started
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert holder_of(sleeper.pid) is None, "a zombie holds nothing"
    assert holder_of(2**22 + 1) is None


@pytest.mark.parametrize("name", ["a b", "x" * 64, "-a", "a-", "a..b", ".", "ä", "a\n", ".".join(["x" * 50] * 5)])
def test_a_name_that_dns_does_not_take_is_refused(world: World, name: str) -> None:
    with pytest.raises(WorkloadRefused, match="is no name that DNS takes"):
        world.add(name=name)
    assert world.add(name="a.b-c_d.9").name == "a.b-c_d.9"
