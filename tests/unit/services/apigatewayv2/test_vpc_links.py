"""VPC links V2 have interfaces in the user's subnets, and integrations name the load balancer behind them."""

from pathlib import Path
from typing import Any

import pytest

from innergate.primitives.fault import Fault
from innergate.resources.network_interfaces import NetworkInterface
from innergate.services.apigatewayv2.operations import OPERATIONS as APIGATEWAYV2
from innergate.services.ec2.operations import OPERATIONS as EC2
from innergate.store.observations import Observation
from innergate.testing.services import ServiceHarness

OWNER, STRANGER = "111122223333", "444455556666"


class World:
    """An account with a VPC of two subnets and a security group."""

    def __init__(self, folder: Path) -> None:
        self.harness = ServiceHarness(folder, EC2, APIGATEWAYV2)
        self.vpc = self("CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [
            self("CreateSubnet", VpcId=self.vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")[
                "Subnet"
            ]["SubnetId"]
            for n, zone in enumerate("ab", 1)
        ]
        self.group = self("CreateSecurityGroup", VpcId=self.vpc, GroupName="link", Description="x")["GroupId"]

    def __call__(self, operation: str, /, account: str = OWNER, **params: Any) -> Any:
        return self.harness.call(operation, account, **params)

    def link(self, **params: Any) -> Any:
        return self("CreateVpcLink", Name="inside", SubnetIds=self.subnets, SecurityGroupIds=[self.group], **params)

    def interfaces(self) -> list[NetworkInterface]:
        found = self.harness.store.state().all(NetworkInterface)
        return [interface for interface in found if interface.holder_kind == "vpc-link-v2"]

    def refused(self, operation: str, account: str = OWNER, **params: Any) -> tuple[str, str]:
        with pytest.raises(Fault) as refused:
            self(operation, account, **params)
        return refused.value.code, refused.value.message


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_link_has_an_interface_in_each_subnet(world: World) -> None:
    made = world.link(Tags={"a": "b"})
    assert (made["VpcLinkVersion"], made["VpcLinkStatus"]) == ("V2", "PENDING")
    assert (made["SubnetIds"], made["SecurityGroupIds"], made["Tags"]) == (world.subnets, [world.group], {"a": "b"})
    interfaces = world.interfaces()
    assert sorted(i.subnet_id for i in interfaces) == sorted(world.subnets)
    assert {(i.interface_type, i.requester_managed, i.group_ids) for i in interfaces} == {
        ("api_gateway_managed", True, (world.group,))
    }
    assert world.refused("DeleteSecurityGroup", GroupId=world.group)[0] == "DependencyViolation"
    assert world.refused("DeleteSubnet", SubnetId=world.subnets[0])[0] == "DependencyViolation"
    assert world("DeleteVpcLink", VpcLinkId=made["VpcLinkId"]) == {}
    assert world.interfaces() == []
    assert world.refused("GetVpcLink", VpcLinkId=made["VpcLinkId"])[0] == "NotFoundException"
    world("DeleteSecurityGroup", GroupId=world.group)


def test_it_is_available_once_the_executors_have_it(world: World) -> None:
    id = world.link()["VpcLinkId"]
    assert world("GetVpcLink", VpcLinkId=id)["VpcLinkStatus"] == "PENDING"
    revision = world.harness.store.state().revision
    seen = Observation("node/local", "applied_revision", revision, world.harness.clock.now())
    world.harness.store.observe([seen])
    shown = world("GetVpcLink", VpcLinkId=id)
    assert (shown["VpcLinkStatus"], shown["VpcLinkStatusMessage"]) == (
        "AVAILABLE",
        "VPC link is ready to route traffic",
    )


def test_only_its_name_and_tags_change(world: World) -> None:
    id = world.link()["VpcLinkId"]
    assert world("UpdateVpcLink", VpcLinkId=id, Name="new")["Name"] == "new"
    arn = f"arn:aws:apigateway:us-east-1::/vpclinks/{id}"
    world("TagResource", ResourceArn=arn, Tags={"a": "1", "b": "2"})
    world("UntagResource", ResourceArn=arn, TagKeys=["a"])
    assert world("GetTags", ResourceArn=arn)["Tags"] == {"b": "2"}
    assert (
        world.refused("CreateVpcLink", Name="tagged", SubnetIds=world.subnets, Tags={"aws:x": "1"})[0]
        == "BadRequestException"
    )
    assert world.refused("TagResource", ResourceArn=arn, Tags={"aws:x": "1"})[0] == "BadRequestException"
    assert world.refused("GetTags", ResourceArn="x")[0] == "BadRequestException"


def test_lists_come_in_pages(world: World) -> None:
    for _ in range(3):
        world.link()
    first = world("GetVpcLinks", MaxResults="2")
    assert len(first["Items"]) == 2
    second = world("GetVpcLinks", MaxResults="2", NextToken=first["NextToken"])
    assert len(second["Items"]) == 1
    assert "NextToken" not in second
    assert world("GetVpcLinks", STRANGER)["Items"] == []
    assert world.refused("GetVpcLinks", NextToken="x")[0] == "BadRequestException"
    assert world.refused("GetVpcLinks", MaxResults="0")[0] == "BadRequestException"


def test_a_stranger_learns_nothing(world: World) -> None:
    id = world.link()["VpcLinkId"]
    for operation in ("GetVpcLink", "DeleteVpcLink", "UpdateVpcLink"):
        code, message = world.refused(operation, STRANGER, VpcLinkId=id)
        assert (code, message) == ("NotFoundException", f"Unable to find Vpc link by id {id} within account {STRANGER}")
    foreign = {"SubnetIds": world.subnets, "SecurityGroupIds": []}
    code, message = world.refused("CreateVpcLink", STRANGER, Name="x", **foreign)
    assert (code, message) == ("BadRequestException", f"The subnet ID '{world.subnets[0]}' does not exist")


@pytest.mark.parametrize(
    "params", [{"Name": " "}, {"SubnetIds": []}, {"SubnetIds": ["subnet-0"]}, {"SecurityGroupIds": ["sg-0"]}]
)
def test_what_is_refused(world: World, params: dict[str, Any]) -> None:
    whole = {"Name": "x", "SubnetIds": world.subnets, "SecurityGroupIds": [world.group], **params}
    assert world.refused("CreateVpcLink", **whole)[0] == "BadRequestException"
    assert world.interfaces() == []


def test_groups_of_another_vpc_are_refused(world: World) -> None:
    other = world("CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = world("CreateSecurityGroup", VpcId=other, GroupName="other", Description="x")["GroupId"]
    code, message = world.refused("CreateVpcLink", Name="x", SubnetIds=world.subnets, SecurityGroupIds=[group])
    assert (code, message) == (
        "BadRequestException",
        "All subnets and security groups of a VPC link must belong to the same VPC",
    )
