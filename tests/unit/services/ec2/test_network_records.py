"""Network ACLs, DHCP options, prefix lists, regions, and kinds that do not exist."""

from typing import Any

import pytest

from innergate.services.ec2.absent_kinds import ABSENT


def test_network_acls(ec2: Any) -> None:
    vpc = ec2.vpc()
    subnet = ec2.subnet(vpc)
    default = [{"Name": "default", "Values": ["true"]}, {"Name": "vpc-id", "Values": [vpc]}]
    (acl,) = ec2("DescribeNetworkAcls", Filters=default)["NetworkAcls"]
    assert [(e["RuleNumber"], e["Egress"], e["RuleAction"]) for e in acl["Entries"]] == [
        (100, True, "allow"),
        (32767, True, "deny"),
        (100, False, "allow"),
        (32767, False, "deny"),
    ]
    (association,) = acl["Associations"]
    assert association["SubnetId"] == subnet
    own = ec2("CreateNetworkAcl", VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    rule = {
        "NetworkAclId": own,
        "RuleNumber": 10,
        "Egress": False,
        "Protocol": "tcp",
        "RuleAction": "allow",
        "CidrBlock": "10.0.0.0/8",
        "PortRange": {"From": 443, "To": 443},
    }
    ec2("CreateNetworkAclEntry", **rule)
    assert ec2.refused("CreateNetworkAclEntry", **rule) == (
        "NetworkAclEntryAlreadyExists",
        "The network acl entry identified by 10 already exists.",
    )
    ec2("ReplaceNetworkAclEntry", **(rule | {"RuleAction": "deny"}))
    (shown,) = ec2("DescribeNetworkAcls", NetworkAclIds=[own])["NetworkAcls"]
    assert shown["Entries"][1] == {
        "RuleNumber": 10,
        "Egress": False,
        "Protocol": "6",
        "RuleAction": "deny",
        "CidrBlock": "10.0.0.0/8",
        "PortRange": {"From": 443, "To": 443},
    }
    moved = ec2("ReplaceNetworkAclAssociation", AssociationId=association["NetworkAclAssociationId"], NetworkAclId=own)[
        "NewAssociationId"
    ]
    assert ec2.refused("DeleteNetworkAcl", NetworkAclId=own)[0] == "DependencyViolation"
    ec2("ReplaceNetworkAclAssociation", AssociationId=moved, NetworkAclId=acl["NetworkAclId"])
    ec2("DeleteNetworkAclEntry", NetworkAclId=own, RuleNumber=10, Egress=False)
    ec2("DeleteNetworkAcl", NetworkAclId=own)
    assert ec2.refused("DeleteNetworkAcl", NetworkAclId=acl["NetworkAclId"])[0] == "InvalidParameterValue"


def test_dhcp_options(ec2: Any) -> None:
    vpc = ec2.vpc()
    (default,) = ec2("DescribeDhcpOptions")["DhcpOptions"]
    assert default["DhcpConfigurations"] == [
        {"Key": "domain-name", "Values": [{"Value": "ec2.internal"}]},
        {"Key": "domain-name-servers", "Values": [{"Value": "AmazonProvidedDNS"}]},
    ]
    made = ec2("CreateDhcpOptions", DhcpConfigurations=[{"Key": "domain-name", "Values": ["corp.example"]}])
    id = made["DhcpOptions"]["DhcpOptionsId"]
    ec2("AssociateDhcpOptions", DhcpOptionsId=id, VpcId=vpc)
    assert ec2("DescribeVpcs", VpcIds=[vpc])["Vpcs"][0]["DhcpOptionsId"] == id
    assert ec2.refused("DeleteDhcpOptions", DhcpOptionsId=id)[0] == "DependencyViolation"
    ec2("AssociateDhcpOptions", DhcpOptionsId="default", VpcId=vpc)
    ec2("DeleteDhcpOptions", DhcpOptionsId=id)
    assert ec2.refused("DeleteDhcpOptions", DhcpOptionsId=id)[0] == "InvalidDhcpOptionID.NotFound"


def test_internet_gateways(ec2: Any) -> None:
    vpc = ec2.vpc()
    one, two = (ec2("CreateInternetGateway")["InternetGateway"]["InternetGatewayId"] for _ in range(2))
    ec2("AttachInternetGateway", InternetGatewayId=one, VpcId=vpc)
    assert ec2.refused("AttachInternetGateway", InternetGatewayId=one, VpcId=vpc)[0] == "Resource.AlreadyAssociated"
    assert ec2.refused("AttachInternetGateway", InternetGatewayId=two, VpcId=vpc)[0] == "InvalidParameterValue"
    found = ec2("DescribeInternetGateways", Filters=[{"Name": "attachment.vpc-id", "Values": [vpc]}])
    assert [g["InternetGatewayId"] for g in found["InternetGateways"]] == [one]
    assert ec2.refused("DetachInternetGateway", InternetGatewayId=two, VpcId=vpc)[0] == "Gateway.NotAttached"
    assert ec2.refused("DeleteInternetGateway", InternetGatewayId=one)[0] == "DependencyViolation"
    ec2("DetachInternetGateway", InternetGatewayId=one, VpcId=vpc)
    ec2("DeleteInternetGateway", InternetGatewayId=one)


def test_prefix_lists_of_services(ec2: Any) -> None:
    def named(service: str) -> Any:
        wanted = [{"Name": "prefix-list-name", "Values": [f"com.amazonaws.us-east-1.{service}"]}]
        return ec2("DescribePrefixLists", Filters=wanted)["PrefixLists"]

    assert named("execute-api") == []
    (s3,) = named("s3")
    assert ec2("DescribeManagedPrefixLists", PrefixListIds=[s3["PrefixListId"]])["PrefixLists"][0]["OwnerId"] == "AWS"
    entries = ec2("GetManagedPrefixListEntries", PrefixListId=s3["PrefixListId"])["Entries"]
    assert [e["Cidr"] for e in entries] == s3["Cidrs"]


def test_own_prefix_lists_have_versions(ec2: Any) -> None:
    made = ec2(
        "CreateManagedPrefixList",
        PrefixListName="offices",
        MaxEntries=2,
        AddressFamily="IPv4",
        Entries=[{"Cidr": "10.0.0.0/8", "Description": "all"}],
    )["PrefixList"]
    id = {"PrefixListId": made["PrefixListId"]}
    ec2("ModifyManagedPrefixList", CurrentVersion=1, AddEntries=[{"Cidr": "192.168.0.0/16"}], **id)
    stale = ec2.refused("ModifyManagedPrefixList", CurrentVersion=1, AddEntries=[{"Cidr": "1.0.0.0/8"}], **id)
    assert stale[0] == "PrefixListVersionMismatch"
    full = ec2.refused("ModifyManagedPrefixList", CurrentVersion=2, AddEntries=[{"Cidr": "1.0.0.0/8"}], **id)
    assert full[0] == "PrefixListMaxEntriesExceeded"
    ec2("RestoreManagedPrefixListVersion", PreviousVersion=1, CurrentVersion=2, **id)
    assert ec2("GetManagedPrefixListEntries", **id)["Entries"] == [{"Cidr": "10.0.0.0/8", "Description": "all"}]
    assert len(ec2("GetManagedPrefixListEntries", TargetVersion=2, **id)["Entries"]) == 2
    group = ec2.group(ec2.vpc())
    rule = [{"IpProtocol": "-1", "PrefixListIds": [id]}]
    ec2("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=rule)
    assert ec2("GetManagedPrefixListAssociations", **id)["PrefixListAssociations"] == [
        {"ResourceId": group, "ResourceOwner": "111122223333"}
    ]
    assert ec2.refused("DeleteManagedPrefixList", **id)[0] == "DependencyViolation"
    ec2("RevokeSecurityGroupIngress", GroupId=group, IpPermissions=rule)
    ec2("DeleteManagedPrefixList", **id)
    assert ec2.refused("GetManagedPrefixListEntries", **id)[0] == "InvalidPrefixListID.NotFound"


def test_regions_zones_and_the_account(ec2: Any) -> None:
    only = [{"Name": "state", "Values": ["available"]}]
    zones = ec2("DescribeAvailabilityZones", Filters=only, region="ap-southeast-2")["AvailabilityZones"]
    assert [(z["ZoneName"], z["ZoneId"]) for z in zones] == [
        ("ap-southeast-2a", "apse2-az1"),
        ("ap-southeast-2b", "apse2-az2"),
        ("ap-southeast-2c", "apse2-az3"),
    ]
    assert ec2.refused("DescribeAvailabilityZones", ZoneNames=["x"])[0] == "InvalidParameterValue"
    (region,) = ec2("DescribeRegions", RegionNames=["eu-west-1"])["Regions"]
    assert region["Endpoint"] == "ec2.eu-west-1.amazonaws.com"
    (default,) = ec2("DescribeVpcs")["Vpcs"]
    asked = ec2("DescribeAccountAttributes", AttributeNames=["default-vpc"])["AccountAttributes"]
    assert asked[0]["AttributeValues"] == [{"AttributeValue": default["VpcId"]}]


@pytest.mark.parametrize("operation", sorted(ABSENT))
def test_kinds_that_do_not_exist_have_no_members(ec2: Any, operation: str) -> None:
    absent = ABSENT[operation]
    assert ec2(operation)[absent.output] == []
    id = f"{absent.kind.prefix}-0"
    assert ec2.refused(operation, **{absent.ids: [id]})[0] == f"{absent.kind.code}.NotFound"


def test_a_subnet_has_no_reservations(ec2: Any) -> None:
    subnet = ec2.subnet(ec2.vpc())
    assert ec2("GetSubnetCidrReservations", SubnetId=subnet)["SubnetIpv4CidrReservations"] == []
    assert ec2.refused("GetSubnetCidrReservations", SubnetId="subnet-0")[0] == "InvalidSubnetID.NotFound"
