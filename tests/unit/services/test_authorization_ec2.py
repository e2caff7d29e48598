"""EC2 calls are checked on every resource that they name, by its tags too; strangers' resources look like none."""

from typing import Any

import pytest
from tests.unit.services.identity_harness import MANAGEMENT, IdentityHarness
from tests.unit.services.test_authorization import policy, statement

from innergate.primitives.fault import Fault

STEM = "arn:aws:ec2:us-east-1:444455556666"
RED = {"aws:RequestTag/team": "red"}


def tagged(resource_type: str, team: str) -> list[dict[str, Any]]:
    return [{"ResourceType": resource_type, "Tags": [{"Key": "team", "Value": team}]}]


def refusal(harness: IdentityHarness, key: tuple[str, str], operation: str, **params: Any) -> str:
    with pytest.raises(Fault) as caught:
        harness.call(key, "ec2", operation, **params)
    assert (caught.value.code, caught.value.status) == ("UnauthorizedOperation", 403), caught.value
    return caught.value.message


def make_vpc(harness: IdentityHarness, team: str = "") -> str:
    root = harness.root_key(harness.member)
    extra: dict[str, Any] = {"TagSpecifications": tagged("vpc", team)} if team else {}
    return str(harness.call(root, "ec2", "CreateVpc", CidrBlock="10.0.0.0/16", **extra)["Vpc"]["VpcId"])


def test_a_subnet_needs_both_itself_and_its_vpc(harness: IdentityHarness) -> None:
    vpc, other = make_vpc(harness), make_vpc(harness)
    key = harness.user_key(
        harness.member,
        "u",
        policy(
            statement("Allow", "ec2:CreateSubnet", f"{STEM}:subnet/*"),
            statement("Allow", "ec2:CreateSubnet", f"{STEM}:vpc/{vpc}"),
        ),
    )
    harness.call(key, "ec2", "CreateSubnet", VpcId=vpc, CidrBlock="10.0.1.0/24")
    said = refusal(harness, key, "CreateSubnet", VpcId=other, CidrBlock="10.0.1.0/24")
    assert f"on resource: {STEM}:vpc/{other} because" in said


def test_tags_of_the_request_are_the_new_resources(harness: IdentityHarness) -> None:
    vpc = make_vpc(harness)
    tag_at_birth = {"StringEquals": {"ec2:CreateAction": "CreateSubnet"}}
    one_statement = policy(
        statement("Allow", "ec2:CreateSubnet", Condition={"StringEquals": RED}),
        statement("Allow", "ec2:CreateTags", Condition=tag_at_birth),
    )
    two_statements = policy(
        statement("Allow", "ec2:CreateSubnet", f"{STEM}:subnet/*", Condition={"StringEquals": RED}),
        statement("Allow", "ec2:CreateSubnet", f"{STEM}:vpc/*"),
        statement("Allow", "ec2:CreateTags", Condition=tag_at_birth),
    )
    wanted: dict[str, Any] = {"VpcId": vpc, "CidrBlock": "10.0.1.0/24", "TagSpecifications": tagged("subnet", "red")}
    refusal(harness, harness.user_key(harness.member, "one", one_statement), "CreateSubnet", **wanted)
    key = harness.user_key(harness.member, "two", two_statements)
    subnet = harness.call(key, "ec2", "CreateSubnet", **wanted)["Subnet"]["SubnetId"]
    refusal(harness, key, "CreateSubnet", **{**wanted, "TagSpecifications": tagged("subnet", "blue")})
    refusal(harness, key, "CreateSubnet", VpcId=vpc, CidrBlock="10.0.2.0/24")
    refusal(harness, key, "CreateTags", Resources=[subnet], Tags=[{"Key": "team", "Value": "red"}])


def test_tagging_at_birth_needs_create_tags(harness: IdentityHarness) -> None:
    key = harness.user_key(harness.member, "u", policy(statement("Allow", "ec2:CreateVpc")))
    harness.call(key, "ec2", "CreateVpc", CidrBlock="10.0.0.0/16")
    said = refusal(harness, key, "CreateVpc", CidrBlock="10.0.0.0/16", TagSpecifications=tagged("vpc", "red"))
    assert f"ec2:CreateTags on resource: {STEM}:vpc/*" in said


@pytest.mark.parametrize("name", ["aws:ResourceTag/team", "ec2:ResourceTag/team"])
def test_tags_of_the_resource(harness: IdentityHarness, name: str) -> None:
    red, blue = make_vpc(harness, "red"), make_vpc(harness, "blue")
    only_red = statement("Allow", "ec2:DeleteVpc", Condition={"StringEquals": {name: "red"}})
    key = harness.user_key(harness.member, "u", policy(only_red))
    said = refusal(harness, key, "DeleteVpc", VpcId=blue)
    harness.call(key, "ec2", "DeleteVpc", VpcId=red)
    root = harness.root_key(harness.management)
    foreign = harness.call(root, "ec2", "CreateVpc", CidrBlock="10.0.0.0/16", TagSpecifications=tagged("vpc", "red"))[
        "Vpc"
    ]["VpcId"]
    for id in (foreign, "vpc-00000000000000000"):
        assert refusal(harness, key, "DeleteVpc", VpcId=id) == said.replace(blue, id)


def test_a_part_stands_for_its_resource_and_a_strangers_for_none(harness: IdentityHarness) -> None:
    def joined(account: Any) -> tuple[str, str]:
        root = harness.root_key(account)
        vpc = harness.call(root, "ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = harness.call(root, "ec2", "CreateSubnet", VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
        table = harness.call(root, "ec2", "CreateRouteTable", VpcId=vpc)["RouteTable"]["RouteTableId"]
        made = harness.call(root, "ec2", "AssociateRouteTable", RouteTableId=table, SubnetId=subnet)
        return table, made["AssociationId"]

    table, association = joined(harness.member)
    _, other = joined(harness.member)
    _, foreign = joined(harness.management)
    key = harness.user_key(
        harness.member, "u", policy(statement("Allow", "ec2:DisassociateRouteTable", f"{STEM}:route-table/{table}"))
    )
    harness.call(key, "ec2", "DisassociateRouteTable", AssociationId=association)
    refusal(harness, key, "DisassociateRouteTable", AssociationId=other)
    unknown = refusal(harness, key, "DisassociateRouteTable", AssociationId="rtbassoc-00000000000000000")
    assert refusal(harness, key, "DisassociateRouteTable", AssociationId=foreign) == unknown
    assert f"{STEM}:route-table/*" in unknown


def test_whose_services_endpoints_may_be_for(harness: IdentityHarness) -> None:
    vpc = make_vpc(harness)
    name = "com.amazonaws.us-east-1.execute-api"
    for number, condition in enumerate(
        [
            {"StringEquals": {"ec2:VpceServiceName": name}},
            {"StringEquals": {"ec2:VpceServiceOwner": "amazon"}},
            {"StringNotEquals": {"ec2:VpceServiceOwner": MANAGEMENT}},
            {"StringEquals": {"ec2:Region": "us-east-1"}},
        ]
    ):
        deny = policy(statement("Allow", "*"), statement("Deny", "ec2:CreateVpcEndpoint", Condition=condition))
        able = policy(statement("Allow", "*", Condition=condition))
        wanted: dict[str, Any] = {"VpcId": vpc, "ServiceName": name, "VpcEndpointType": "Interface"}
        key = harness.user_key(harness.member, f"denied{number}", deny)
        assert "with an explicit deny" in refusal(harness, key, "CreateVpcEndpoint", **wanted)
        made = harness.call(
            harness.user_key(harness.member, f"able{number}", able), "ec2", "CreateVpcEndpoint", **wanted
        )
        gone = {"VpcEndpointIds": [made["VpcEndpoint"]["VpcEndpointId"]]}
        keeper = policy(statement("Allow", "*"), statement("Deny", "ec2:DeleteVpcEndpoints", Condition=condition))
        refusal(harness, harness.user_key(harness.member, f"keeper{number}", keeper), "DeleteVpcEndpoints", **gone)


def test_private_names_that_services_may_have(harness: IdentityHarness) -> None:
    condition = {"StringNotLike": {"ec2:VpceServicePrivateDnsName": "*.example.com"}}
    deny = policy(
        statement("Allow", "*"), statement("Deny", "ec2:ModifyVpcEndpointServiceConfiguration", Condition=condition)
    )
    key = harness.user_key(harness.member, "u", deny)
    named = {"ServiceId": "vpce-svc-00000000000000000", "PrivateDnsName": "a.elsewhere.org"}
    assert "with an explicit deny" in refusal(harness, key, "ModifyVpcEndpointServiceConfiguration", **named)
    with pytest.raises(Fault, match="vpce-svc-00000000000000000"):
        harness.call(
            key, "ec2", "ModifyVpcEndpointServiceConfiguration", **{**named, "PrivateDnsName": "a.example.com"}
        )
