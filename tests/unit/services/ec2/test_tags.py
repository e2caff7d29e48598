"""Tags of every kind, on create and later."""

from typing import Any

import pytest


def test_tags_come_and_go(ec2: Any) -> None:
    vpc = ec2.vpc(TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "one"}]}])
    group = ec2.group(vpc)
    rule = ec2(
        "AuthorizeSecurityGroupIngress",
        GroupId=group,
        IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}],
    )["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    ec2("CreateTags", Resources=[vpc, rule], Tags=[{"Key": "Team", "Value": "red"}, {"Key": "Empty", "Value": ""}])
    of_rule = [{"Name": "resource-id", "Values": [rule]}]
    found = ec2("DescribeTags", Filters=of_rule)["Tags"]
    assert {(t["ResourceType"], t["Key"], t["Value"]) for t in found} == {
        ("security-group-rule", "Team", "red"),
        ("security-group-rule", "Empty", ""),
    }
    ec2("DeleteTags", Resources=[vpc], Tags=[{"Key": "Team", "Value": "blue"}, {"Key": "Empty"}, {"Key": "none"}])
    (shown,) = ec2("DescribeVpcs", Filters=[{"Name": "tag:Team", "Values": ["red"]}])["Vpcs"]
    assert shown["Tags"] == [{"Key": "Name", "Value": "one"}, {"Key": "Team", "Value": "red"}]
    assert len(ec2("DescribeTags", Filters=[{"Name": "tag:Name", "Values": ["one"]}])["Tags"]) == 1
    ec2("DeleteTags", Resources=[vpc])
    assert ec2("DescribeVpcs", VpcIds=[vpc])["Vpcs"][0]["Tags"] == []


def test_all_or_none(ec2: Any) -> None:
    vpc = ec2.vpc()
    pair = [{"Key": "a", "Value": "b"}]
    missing = ec2.refused("CreateTags", Resources=[vpc, "subnet-0"], Tags=pair)
    assert missing[0] == "InvalidSubnetID.NotFound"
    assert ec2("DescribeTags")["Tags"] == []
    assert ec2.refused("CreateTags", Resources=["nothing"], Tags=pair) == (
        "InvalidID",
        "The ID 'nothing' is not valid",
    )
    assert ec2.refused("CreateTags", Resources=[vpc], Tags=pair, account="444455556666")[0] == "InvalidVpcID.NotFound"


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ([{"Key": "aws:x", "Value": ""}], "InvalidParameterValue"),
        ([{"Key": "", "Value": ""}], "InvalidParameterValue"),
        ([{"Key": "k" * 129, "Value": ""}], "InvalidParameterValue"),
        ([{"Key": f"k{i}", "Value": ""} for i in range(51)], "TagLimitExceeded"),
    ],
)
def test_tags_that_cannot_be(ec2: Any, tags: list[dict[str, str]], code: str) -> None:
    assert ec2.refused("CreateTags", Resources=[ec2.vpc()], Tags=tags)[0] == code


def test_a_specification_must_name_what_is_created(ec2: Any) -> None:
    wrong = [{"ResourceType": "subnet", "Tags": []}]
    assert ec2.refused("CreateVpc", CidrBlock="10.0.0.0/16", TagSpecifications=wrong) == (
        "InvalidParameterValue",
        "'subnet' is not a valid taggable resource type for this operation.",
    )


def test_every_kind_with_tags_takes_them_on_create(ec2: Any) -> None:
    vpc = ec2.vpc()
    subnet = ec2.subnet(vpc)
    tgw = ec2("CreateTransitGateway")["TransitGateway"]["TransitGatewayId"]
    other = ec2.vpc("10.7.0.0/16")
    makes: dict[str, tuple[str, dict[str, Any]]] = {
        "subnet": ("CreateSubnet", {"VpcId": vpc, "CidrBlock": "10.0.9.0/24"}),
        "route-table": ("CreateRouteTable", {"VpcId": vpc}),
        "security-group": ("CreateSecurityGroup", {"VpcId": vpc, "GroupName": "g", "Description": "g"}),
        "network-interface": ("CreateNetworkInterface", {"SubnetId": subnet}),
        "network-acl": ("CreateNetworkAcl", {"VpcId": vpc}),
        "internet-gateway": ("CreateInternetGateway", {}),
        "dhcp-options": ("CreateDhcpOptions", {"DhcpConfigurations": [{"Key": "domain-name", "Values": ["a"]}]}),
        "prefix-list": (
            "CreateManagedPrefixList",
            {"PrefixListName": "p", "MaxEntries": 1, "AddressFamily": "IPv4"},
        ),
        "transit-gateway": ("CreateTransitGateway", {}),
        "transit-gateway-route-table": ("CreateTransitGatewayRouteTable", {"TransitGatewayId": tgw}),
        "transit-gateway-attachment": (
            "CreateTransitGatewayVpcAttachment",
            {"TransitGatewayId": tgw, "VpcId": vpc, "SubnetIds": [subnet]},
        ),
        "vpc-peering-connection": ("CreateVpcPeeringConnection", {"VpcId": vpc, "PeerVpcId": other}),
    }
    for resource_type, (operation, params) in makes.items():
        spec = [{"ResourceType": resource_type, "Tags": [{"Key": "Kind", "Value": resource_type}]}]
        ec2(operation, TagSpecifications=spec, **params)
    found = ec2("DescribeTags", Filters=[{"Name": "key", "Values": ["Kind"]}])["Tags"]
    assert {(t["ResourceType"], t["Value"]) for t in found} == {(kind, kind) for kind in makes}


def test_a_connection_notification_carries_no_tags(ec2: Any) -> None:
    vpc = ec2.vpc()
    endpoint = ec2("CreateVpcEndpoint", VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3")["VpcEndpoint"]
    topic = "arn:aws:sns:us-east-1:111122223333:topic"
    id = ec2(
        "CreateVpcEndpointConnectionNotification",
        VpcEndpointId=endpoint["VpcEndpointId"],
        ConnectionNotificationArn=topic,
        ConnectionEvents=["Accept"],
    )["ConnectionNotification"]["ConnectionNotificationId"]
    assert ec2.refused("CreateTags", Resources=[id], Tags=[{"Key": "k", "Value": "v"}])[0] == "InvalidID"
    assert ec2("DescribeTags")["Tags"] == []
