"""Interfaces take the lowest free address, keep it, and belong to who made them."""

from typing import Any

import msgspec
import pytest

from innergate.primitives.fault import Fault
from innergate.resources.subnets import Subnet
from innergate.services.ec2.address_allocation import NewInterface, allocate_interface


def test_addresses_are_the_lowest_free_ones(ec2: Any) -> None:
    subnet = ec2.subnet(ec2.vpc(), "10.0.1.0/28")
    made = [ec2("CreateNetworkInterface", SubnetId=subnet)["NetworkInterface"] for _ in range(3)]
    assert [i["PrivateIpAddress"] for i in made] == ["10.0.1.4", "10.0.1.5", "10.0.1.6"]
    assert len({i["MacAddress"] for i in made}) == 3
    ec2("DeleteNetworkInterface", NetworkInterfaceId=made[1]["NetworkInterfaceId"])
    assert ec2("CreateNetworkInterface", SubnetId=subnet)["NetworkInterface"]["PrivateIpAddress"] == "10.0.1.5"
    for _ in range(8):
        ec2("CreateNetworkInterface", SubnetId=subnet)
    assert ec2.refused("CreateNetworkInterface", SubnetId=subnet)[0] == "InsufficientFreeAddressesInSubnet"


@pytest.mark.parametrize(
    ("address", "code", "message"),
    [
        ("10.0.1.7", "InvalidIPAddress.InUse", "Address 10.0.1.7 is in use."),
        ("10.0.1.3", "InvalidParameterValue", "Address is in subnet's reserved address range"),
        ("10.0.1.255", "InvalidParameterValue", "Address is in subnet's reserved address range"),
        ("10.0.2.7", "InvalidParameterValue", "Address does not fall within the subnet's address range"),
    ],
)
def test_addresses_that_cannot_be_had(ec2: Any, address: str, code: str, message: str) -> None:
    subnet = ec2.subnet(ec2.vpc())
    ec2("CreateNetworkInterface", SubnetId=subnet, PrivateIpAddress="10.0.1.7")
    assert ec2.refused("CreateNetworkInterface", SubnetId=subnet, PrivateIpAddress=address) == (code, message)


def test_groups_and_attributes(ec2: Any) -> None:
    vpc = ec2.vpc()
    group = ec2.group(vpc)
    made = ec2("CreateNetworkInterface", SubnetId=ec2.subnet(vpc), Description="one")["NetworkInterface"]
    id = made["NetworkInterfaceId"]
    assert [g["GroupName"] for g in made["Groups"]] == ["default"]
    ec2("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=id, Groups=[group])
    ec2("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=id, Description={"Value": "two"})
    found = ec2("DescribeNetworkInterfaces", Filters=[{"Name": "group-id", "Values": [group]}])["NetworkInterfaces"]
    assert [(i["NetworkInterfaceId"], i["Description"], i["Status"]) for i in found] == [(id, "two", "available")]
    read = ec2("DescribeNetworkInterfaceAttribute", NetworkInterfaceId=id, Attribute="groupSet")
    assert [g["GroupId"] for g in read["Groups"]] == [group]
    assert ec2.refused("DeleteSecurityGroup", GroupId=group)[0] == "DependencyViolation"


def test_tags_are_filtered_under_their_own_name(ec2: Any) -> None:
    spec = [{"ResourceType": "network-interface", "Tags": [{"Key": "Name", "Value": "a"}]}]
    subnet = ec2.subnet(ec2.vpc())
    id = ec2("CreateNetworkInterface", SubnetId=subnet, TagSpecifications=spec)["NetworkInterface"][
        "NetworkInterfaceId"
    ]
    ec2("CreateNetworkInterface", SubnetId=subnet)
    found = ec2("DescribeNetworkInterfaces", Filters=[{"Name": "tag:Name", "Values": ["a"]}])["NetworkInterfaces"]
    assert [(i["NetworkInterfaceId"], i["TagSet"]) for i in found] == [(id, [{"Key": "Name", "Value": "a"}])]


def test_a_services_interface_is_not_the_users_to_change(ec2: Any) -> None:
    subnet_id = ec2.subnet(ec2.vpc())
    harness = ec2.harness
    with harness.store.transaction() as tx:
        subnet = tx.get(Subnet, subnet_id)
        made = allocate_interface(
            tx,
            harness.ids,
            harness.clock,
            subnet,
            NewInterface(
                address="10.0.1.21",
                interface_type="vpc_endpoint",
                holder_kind="vpc-endpoint",
                holder="vpce-1",
                attachment_prefix="ela-attach",
                instance_owner_id="amazon-aws",
                requester_managed=True,
            ),
        )
        assert (made.private_ip_address, made.account) == ("10.0.1.21", "111122223333")
        with pytest.raises(Fault, match="in use"):
            allocate_interface(tx, harness.ids, harness.clock, subnet, NewInterface(address="10.0.1.21"))
    (shown,) = ec2("DescribeNetworkInterfaces", NetworkInterfaceIds=[made.id])["NetworkInterfaces"]
    assert (shown["Status"], shown["Attachment"]["InstanceOwnerId"]) == ("in-use", "amazon-aws")
    assert ec2.refused("DeleteNetworkInterface", NetworkInterfaceId=made.id) == (
        "InvalidParameterValue",
        f"Network interface '{made.id}' is currently in use.",
    )
    detach = ec2.refused("DetachNetworkInterface", AttachmentId=made.attachment_id)
    assert detach[0] == "OperationNotPermitted"
    assert msgspec.json.encode(made)


def test_the_same_token_makes_one_interface(ec2: Any) -> None:
    subnet = ec2.subnet(ec2.vpc())
    first = ec2("CreateNetworkInterface", SubnetId=subnet, ClientToken="t")["NetworkInterface"]
    again = ec2("CreateNetworkInterface", SubnetId=subnet, ClientToken="t")["NetworkInterface"]
    assert first["NetworkInterfaceId"] == again["NetworkInterfaceId"]
    other = ec2.refused("CreateNetworkInterface", SubnetId=subnet, ClientToken="t", Description="other")
    assert other[0] == "IdempotentParameterMismatch"
    ec2("DeleteNetworkInterface", NetworkInterfaceId=first["NetworkInterfaceId"])
    assert ec2("CreateNetworkInterface", SubnetId=subnet, ClientToken="t", Description="other")["ClientToken"] == "t"


def test_secondary_addresses(ec2: Any) -> None:
    subnet = ec2.subnet(ec2.vpc())
    id = ec2("CreateNetworkInterface", SubnetId=subnet, SecondaryPrivateIpAddressCount=2)["NetworkInterface"][
        "NetworkInterfaceId"
    ]
    ec2("AssignPrivateIpAddresses", NetworkInterfaceId=id, PrivateIpAddresses=["10.0.1.50"])
    ec2("UnassignPrivateIpAddresses", NetworkInterfaceId=id, PrivateIpAddresses=["10.0.1.5"])
    (shown,) = ec2("DescribeNetworkInterfaces", NetworkInterfaceIds=[id])["NetworkInterfaces"]
    assert [(a["PrivateIpAddress"], a["Primary"]) for a in shown["PrivateIpAddresses"]] == [
        ("10.0.1.4", True),
        ("10.0.1.6", False),
        ("10.0.1.50", False),
    ]


def test_one_attribute_a_call(ec2: Any) -> None:
    id = ec2("CreateNetworkInterface", SubnetId=ec2.subnet(ec2.vpc()))["NetworkInterface"]["NetworkInterfaceId"]
    two = {"Description": {"Value": "two"}, "SourceDestCheck": {"Value": False}}
    assert ec2.refused("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=id, **two) == (
        "InvalidParameterCombination",
        "Fields for multiple attribute types specified.",
    )


def test_ids_come_in_one_page(ec2: Any) -> None:
    id = ec2("CreateNetworkInterface", SubnetId=ec2.subnet(ec2.vpc()))["NetworkInterface"]["NetworkInterfaceId"]
    assert ec2.refused("DescribeNetworkInterfaces", NetworkInterfaceIds=[id], MaxResults=5) == (
        "InvalidParameterCombination",
        "The parameter networkInterfaceIdSet cannot be used with the parameter maxResults",
    )
