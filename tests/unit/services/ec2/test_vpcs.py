"""VPCs come with their parts, keep AWS's rules, and go only when they are empty."""

from typing import Any

import pytest


def test_a_new_vpc_has_its_parts(ec2: Any) -> None:
    vpc = ec2.vpc()
    by_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    (table,) = ec2("DescribeRouteTables", Filters=[*by_vpc, {"Name": "association.main", "Values": ["true"]}])[
        "RouteTables"
    ]
    assert [(r["DestinationCidrBlock"], r["GatewayId"], r["Origin"], r["State"]) for r in table["Routes"]] == [
        ("10.0.0.0/16", "local", "CreateRouteTable", "active")
    ]
    (group,) = ec2("DescribeSecurityGroups", Filters=[*by_vpc, {"Name": "group-name", "Values": ["default"]}])[
        "SecurityGroups"
    ]
    assert group["IpPermissions"][0]["UserIdGroupPairs"] == [{"GroupId": group["GroupId"], "UserId": "111122223333"}]
    assert group["IpPermissionsEgress"][0]["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}]
    (shown,) = ec2("DescribeVpcs", VpcIds=[vpc])["Vpcs"]
    assert shown["State"] == "available"
    assert shown["DhcpOptionsId"].startswith("dopt-")


def test_the_default_network_is_there_before_anything_is_written(ec2: Any) -> None:
    (default,) = ec2("DescribeVpcs")["Vpcs"]
    assert (default["CidrBlock"], default["IsDefault"]) == ("172.31.0.0/16", True)
    subnets = ec2("DescribeSubnets")["Subnets"]
    assert [(s["AvailabilityZone"], s["AvailabilityZoneId"], s["CidrBlock"]) for s in subnets] == [
        ("us-east-1a", "use1-az1", "172.31.0.0/20"),
        ("us-east-1b", "use1-az2", "172.31.16.0/20"),
        ("us-east-1c", "use1-az3", "172.31.32.0/20"),
    ]
    assert {s["AvailableIpAddressCount"] for s in subnets} == {4091}
    assert ec2.harness.store.state().revision == 0
    ec2.vpc()
    assert default in ec2("DescribeVpcs")["Vpcs"]
    assert ec2("DescribeSubnets")["Subnets"] == subnets


def test_a_deleted_default_vpc_stays_deleted_until_it_is_asked_for(ec2: Any) -> None:
    (default,) = ec2("DescribeVpcs")["Vpcs"]
    for subnet in ec2("DescribeSubnets")["Subnets"]:
        ec2("DeleteSubnet", SubnetId=subnet["SubnetId"])
    assert ec2.refused("DeleteVpc", VpcId=default["VpcId"])[0] == "DependencyViolation"
    assert ec2.refused("CreateDefaultVpc")[0] == "DefaultVpcAlreadyExists"
    (table,) = ec2("DescribeRouteTables")["RouteTables"]
    gateway = next(r["GatewayId"] for r in table["Routes"] if r["GatewayId"] != "local")
    ec2("DeleteRoute", RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0")
    ec2("DetachInternetGateway", InternetGatewayId=gateway, VpcId=default["VpcId"])
    ec2("DeleteVpc", VpcId=default["VpcId"])
    assert ec2("DescribeVpcs")["Vpcs"] == []
    assert ec2("CreateDefaultVpc")["Vpc"]["IsDefault"] is True
    assert len(ec2("DescribeSubnets")["Subnets"]) == 3


@pytest.mark.parametrize(
    ("cidr", "code", "message"),
    [
        ("10.0.0.0/8", "InvalidVpc.Range", "The CIDR '10.0.0.0/8' is invalid."),
        ("10.0.0.0/29", "InvalidVpc.Range", "The CIDR '10.0.0.0/29' is invalid."),
        (
            "10.0.0.0",
            "InvalidParameterValue",
            "Value (10.0.0.0) for parameter cidrBlock is invalid. This is not a valid CIDR block.",
        ),
    ],
)
def test_ranges_that_a_vpc_cannot_have(ec2: Any, cidr: str, code: str, message: str) -> None:
    assert ec2.refused("CreateVpc", CidrBlock=cidr) == (code, message)


def test_attributes(ec2: Any) -> None:
    vpc = ec2.vpc()

    def read(name: str) -> Any:
        result = dict(ec2("DescribeVpcAttribute", VpcId=vpc, Attribute=name))
        result.pop("VpcId")
        return result

    assert read("enableDnsSupport") == {"EnableDnsSupport": {"Value": True}}
    assert read("enableDnsHostnames") == {"EnableDnsHostnames": {"Value": False}}
    ec2("ModifyVpcAttribute", VpcId=vpc, EnableDnsHostnames={"Value": True})
    assert read("enableDnsHostnames") == {"EnableDnsHostnames": {"Value": True}}
    both = ec2.refused(
        "ModifyVpcAttribute", VpcId=vpc, EnableDnsHostnames={"Value": True}, EnableDnsSupport={"Value": True}
    )
    assert both == ("InvalidParameterCombination", "Fields for multiple attribute types specified.")


def test_secondary_ranges(ec2: Any) -> None:
    vpc = ec2.vpc()
    added = ec2("AssociateVpcCidrBlock", VpcId=vpc, CidrBlock="10.1.0.0/16")["CidrBlockAssociation"]
    assert added["CidrBlockState"] == {"State": "associating"}
    assert ec2.refused("AssociateVpcCidrBlock", VpcId=vpc, CidrBlock="10.1.128.0/20")[0] == "InvalidVpc.Range"
    (table,) = ec2("DescribeRouteTables", Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    assert [r["DestinationCidrBlock"] for r in table["Routes"]] == ["10.0.0.0/16", "10.1.0.0/16"]
    subnet = ec2.subnet(vpc, "10.1.1.0/24")
    refused = ec2.refused("DisassociateVpcCidrBlock", AssociationId=added["AssociationId"])
    assert refused[0] == "InvalidCidrBlock.InUse"
    ec2("DeleteSubnet", SubnetId=subnet)
    ec2("DisassociateVpcCidrBlock", AssociationId=added["AssociationId"])
    (shown,) = ec2("DescribeVpcs", VpcIds=[vpc])["Vpcs"]
    primary = shown["CidrBlockAssociationSet"]
    assert len(primary) == 1
    assert ec2.refused("DisassociateVpcCidrBlock", AssociationId=primary[0]["AssociationId"])[0] == (
        "OperationNotPermitted"
    )


def test_delete_refuses_while_anything_of_the_users_is_inside(ec2: Any) -> None:
    vpc = ec2.vpc()
    group = ec2.group(vpc)
    message = f"The vpc '{vpc}' has dependencies and cannot be deleted."
    assert ec2.refused("DeleteVpc", VpcId=vpc) == ("DependencyViolation", message)
    ec2("DeleteSecurityGroup", GroupId=group)
    subnet = ec2.subnet(vpc)
    assert ec2.refused("DeleteVpc", VpcId=vpc) == ("DependencyViolation", message)
    ec2("DeleteSubnet", SubnetId=subnet)
    ec2("DeleteVpc", VpcId=vpc)
    assert ec2.refused("DescribeVpcs", VpcIds=[vpc]) == (
        "InvalidVpcID.NotFound",
        f"The vpc ID '{vpc}' does not exist",
    )
    for operation, output in (("DescribeRouteTables", "RouteTables"), ("DescribeSecurityGroups", "SecurityGroups")):
        assert ec2(operation, Filters=[{"Name": "vpc-id", "Values": [vpc]}])[output] == []


def test_another_accounts_vpc_looks_like_none(ec2: Any) -> None:
    vpc = ec2.vpc()
    missing = ("InvalidVpcID.NotFound", f"The vpc ID '{vpc}' does not exist")
    assert ec2.refused("DescribeVpcs", VpcIds=[vpc], account="444455556666") == missing
    assert ec2.refused("DeleteVpc", VpcId=vpc, account="444455556666") == missing
    assert ec2.refused("CreateSubnet", VpcId=vpc, CidrBlock="10.0.0.0/24", region="eu-west-1") == missing
    assert ec2.refused("DeleteVpc", VpcId="abc")[0] == "InvalidVpcID.Malformed"


def test_a_dry_run_changes_nothing(ec2: Any) -> None:
    assert ec2.refused("CreateVpc", CidrBlock="10.0.0.0/16", DryRun=True) == (
        "DryRunOperation",
        "Request would have succeeded, but DryRun flag is set.",
    )
    assert [v["IsDefault"] for v in ec2("DescribeVpcs")["Vpcs"]] == [True]
