"""Subnets: ranges, zones, free addresses, dependencies."""

from typing import Any

from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.subnets import Subnet
from innergate.resources.workloads import Workload
from innergate.services.ec2.address_allocation import NewInterface, allocate_interface


def test_ranges_and_zones(ec2: Any) -> None:
    vpc = ec2.vpc()
    ec2.subnet(vpc, "10.0.1.0/24", "us-east-1b")
    assert ec2.refused("CreateSubnet", VpcId=vpc, CidrBlock="10.0.1.128/25") == (
        "InvalidSubnet.Conflict",
        "The CIDR '10.0.1.128/25' conflicts with another subnet",
    )
    assert ec2.refused("CreateSubnet", VpcId=vpc, CidrBlock="10.1.0.0/24") == (
        "InvalidSubnet.Range",
        "The CIDR '10.1.0.0/24' is invalid.",
    )
    assert ec2.refused("CreateSubnet", VpcId=vpc, CidrBlock="10.0.9.0/24", AvailabilityZone="us-east-1z")[0] == (
        "InvalidParameterValue"
    )
    chosen = ec2("CreateSubnet", VpcId=vpc, CidrBlock="10.0.2.0/24", AvailabilityZoneId="use1-az3")["Subnet"]
    assert (chosen["AvailabilityZone"], chosen["AvailableIpAddressCount"]) == ("us-east-1c", 251)
    assert chosen["SubnetArn"] == f"arn:aws:ec2:us-east-1:111122223333:subnet/{chosen['SubnetId']}"


def test_attributes_are_read_back(ec2: Any) -> None:
    subnet = ec2.subnet(ec2.vpc())
    ec2("ModifySubnetAttribute", SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    ec2("ModifySubnetAttribute", SubnetId=subnet, PrivateDnsHostnameTypeOnLaunch="resource-name")
    ec2("ModifySubnetAttribute", SubnetId=subnet, EnableResourceNameDnsARecordOnLaunch={"Value": True})
    (shown,) = ec2("DescribeSubnets", SubnetIds=[subnet])["Subnets"]
    assert shown["MapPublicIpOnLaunch"] is True
    assert shown["PrivateDnsNameOptionsOnLaunch"] == {
        "HostnameType": "resource-name",
        "EnableResourceNameDnsARecord": True,
        "EnableResourceNameDnsAAAARecord": False,
    }


def test_hosts_of_this_machine_end_with_their_subnet(ec2: Any) -> None:
    vpc = ec2.vpc()
    subnet, other = ec2.subnet(vpc, "10.0.1.0/24"), ec2.subnet(vpc, "10.0.2.0/24")
    store = ec2.harness.store
    for place, id in ((subnet, "wl-1"), (other, "wl-2")):
        with store.transaction() as tx:
            found = tx.get(Subnet, place)
            interface = allocate_interface(
                tx, ec2.harness.ids, ec2.harness.clock, found, NewInterface(holder_kind="workload", holder=id)
            )
            tx.put(
                Workload(
                    id=id,
                    account=found.account,
                    region=found.region,
                    vpc_id=vpc,
                    subnet_id=place,
                    address=interface.private_ip_address,
                    name=id,
                    created_at=ec2.harness.clock.now(),
                )
            )
    ec2("DeleteSubnet", SubnetId=subnet)
    assert [workload.id for workload in store.state().all(Workload)] == ["wl-2"]
    assert [eni.holder for eni in store.state().all(NetworkInterface)] == ["wl-2"]


def test_delete_waits_for_interfaces_and_leaves_tables(ec2: Any) -> None:
    vpc = ec2.vpc()
    subnet = ec2.subnet(vpc)
    table = ec2("CreateRouteTable", VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2("AssociateRouteTable", RouteTableId=table, SubnetId=subnet)
    interface = ec2("CreateNetworkInterface", SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    assert ec2("DescribeSubnets", SubnetIds=[subnet])["Subnets"][0]["AvailableIpAddressCount"] == 250
    assert ec2.refused("DeleteSubnet", SubnetId=subnet) == (
        "DependencyViolation",
        f"The subnet '{subnet}' has dependencies and cannot be deleted.",
    )
    ec2("DeleteNetworkInterface", NetworkInterfaceId=interface)
    ec2("DeleteSubnet", SubnetId=subnet)
    (shown,) = ec2("DescribeRouteTables", RouteTableIds=[table])["RouteTables"]
    assert shown["Associations"] == []
    (acl,) = ec2("DescribeNetworkAcls", Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NetworkAcls"]
    assert acl["Associations"] == []


def test_one_attribute_a_call(ec2: Any) -> None:
    two = {"MapPublicIpOnLaunch": {"Value": True}, "EnableDns64": {"Value": True}}
    assert ec2.refused("ModifySubnetAttribute", SubnetId=ec2.subnet(ec2.vpc()), **two) == (
        "InvalidParameterCombination",
        "Fields for multiple attribute types specified.",
    )


def test_filters_of_the_names_on_launch(ec2: Any) -> None:
    vpc = ec2.vpc()
    named, plain = ec2.subnet(vpc, "10.0.1.0/24"), ec2.subnet(vpc, "10.0.2.0/24")
    ec2("ModifySubnetAttribute", SubnetId=named, EnableResourceNameDnsARecordOnLaunch={"Value": True})
    for kind, wanted, found in (("a", "true", {named}), ("a", "false", {plain}), ("aaaa", "false", {named, plain})):
        name = f"private-dns-name-options-on-launch.enable-resource-name-dns-{kind}-record"
        only = [{"Name": name, "Values": [wanted]}, {"Name": "vpc-id", "Values": [vpc]}]
        assert {s["SubnetId"] for s in ec2("DescribeSubnets", Filters=only)["Subnets"]} == found
