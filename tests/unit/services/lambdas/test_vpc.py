"""A function in a VPC is a host of it, for as long as a version of the function is."""

from typing import Any, NamedTuple

import pytest
from tests.unit.services.lambdas.lambda_world import LambdaWorld, package

from innergate.compile.emit.functions import FUNCTION_FAMILIES
from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.primitives.fault import Fault
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.workloads import Workload


class Network(NamedTuple):
    """A VPC with a subnet and a group."""

    vpc: str
    subnet: str
    group: str

    @property
    def config(self) -> dict[str, list[str]]:
        """As a function asks for it."""
        return {"SubnetIds": [self.subnet], "SecurityGroupIds": [self.group]}


def network(world: LambdaWorld, cidr: str = "10.7.0.0/16", **more: Any) -> Network:
    ec2 = world.harness.call
    vpc = ec2("CreateVpc", CidrBlock=cidr, **more)["Vpc"]["VpcId"]
    subnet = ec2("CreateSubnet", VpcId=vpc, CidrBlock=cidr.replace("/16", "/24"), **more)["Subnet"]["SubnetId"]
    group = ec2("CreateSecurityGroup", VpcId=vpc, GroupName="g", Description="d", **more)["GroupId"]
    return Network(vpc, subnet, group)


def hosts(world: LambdaWorld) -> list[str]:
    return [host.subnet_id for host in world.harness.store.state().all(Workload)]


def test_a_host_comes_moves_and_goes(world: LambdaWorld) -> None:
    first, second = network(world), network(world, "10.8.0.0/16")
    made = world.create(VpcConfig=first.config)
    assert made["VpcConfig"] == {**first.config, "VpcId": first.vpc, "Ipv6AllowedForDualStack": False}
    state = world.harness.store.state()
    [host] = state.all(Workload)
    [interface] = state.find(NetworkInterface, "holder", f"workload/{host.id}")
    assert (interface.interface_type, interface.requester_managed, interface.group_ids) == (
        "lambda",
        True,
        (first.group,),
    )
    [document] = Compiler(FUNCTION_FAMILIES, CompileSettings()).compile(state).whole_network.documents
    assert f'"namespace":"ig-{host.id}"'.encode() in document.body
    world.call("UpdateFunctionConfiguration", FunctionName="hello", VpcConfig=first.config)
    assert world.harness.store.state().all(Workload) == (host,)
    world.call("UpdateFunctionConfiguration", FunctionName="hello", VpcConfig=second.config)
    assert hosts(world) == [second.subnet]
    cleared = world.call(
        "UpdateFunctionConfiguration", FunctionName="hello", VpcConfig={"SubnetIds": [], "SecurityGroupIds": []}
    )
    assert "VpcConfig" not in cleared
    assert hosts(world) == []


def test_a_version_keeps_its_host(world: LambdaWorld) -> None:
    net = network(world)
    world.create(VpcConfig=net.config, Publish=True)
    world.call("UpdateFunctionConfiguration", FunctionName="hello", VpcConfig={"SubnetIds": [], "SecurityGroupIds": []})
    assert hosts(world) == [net.subnet]
    world.call("UpdateFunctionCode", FunctionName="hello", ZipFile=package({"b.py": ""}), Publish=True)
    world.call("DeleteFunction", FunctionName="hello", Qualifier="1")
    assert hosts(world) == []


def test_a_subnet_and_a_group_wait_for_the_function(world: LambdaWorld) -> None:
    net = network(world)
    world.create(VpcConfig=net.config)
    for operation, params in (
        ("DeleteSubnet", {"SubnetId": net.subnet}),
        ("DeleteSecurityGroup", {"GroupId": net.group}),
    ):
        with pytest.raises(Fault) as caught:
            world.harness.call(operation, **params)
        assert caught.value.code == "DependencyViolation"
    world.call("DeleteFunction", FunctionName="hello")
    world.harness.call("DeleteSubnet", SubnetId=net.subnet)
    world.harness.call("DeleteSecurityGroup", GroupId=net.group)


def test_what_cannot_be_had(world: LambdaWorld) -> None:
    net, other = network(world), network(world, "10.8.0.0/16")
    foreign = network(world, account="444455556666")
    for config, message in (
        ({"SubnetIds": [net.subnet], "SecurityGroupIds": []}, "must be either both empty or both non-empty"),
        ({"SubnetIds": [net.subnet, other.subnet], "SecurityGroupIds": [net.group]}, "same VPC"),
        ({"SubnetIds": [net.subnet], "SecurityGroupIds": [other.group]}, "different VPCs"),
        ({"SubnetIds": [foreign.subnet], "SecurityGroupIds": [net.group]}, "does not exist"),
        ({"SubnetIds": [net.subnet], "SecurityGroupIds": [foreign.group]}, "does not exist"),
    ):
        with pytest.raises(Fault, match=message):
            world.create(VpcConfig=config)
    assert hosts(world) == []
