"""Elastic addresses and NAT gateways: records that keep their promises to each other."""

from typing import Any


def test_a_nat_gateway_holds_an_address_and_a_route_follows_it(ec2: Any) -> None:
    vpc = ec2.vpc()
    subnet = ec2.subnet(vpc)
    address = ec2("AllocateAddress", Domain="vpc")["AllocationId"]
    gateway = ec2("CreateNatGateway", SubnetId=subnet, AllocationId=address, ClientToken="t")["NatGateway"]
    id = gateway["NatGatewayId"]
    again = ec2("CreateNatGateway", SubnetId=subnet, AllocationId=address, ClientToken="t")["NatGateway"]
    assert again["NatGatewayId"] == id
    (shown,) = ec2("DescribeAddresses", AllocationIds=[address])["Addresses"]
    assert shown["PrivateIpAddress"] == gateway["NatGatewayAddresses"][0]["PrivateIp"] == "10.0.1.4"
    assert ec2.refused("ReleaseAddress", AllocationId=address)[0] == "InvalidIPAddress.InUse"
    assert ec2.refused("DeleteSubnet", SubnetId=subnet)[0] == "DependencyViolation"
    table = ec2("CreateRouteTable", VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2("CreateRoute", RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=id)
    ec2("DeleteNatGateway", NatGatewayId=id)
    (after,) = ec2("DescribeNatGateways", Filter=[{"Name": "vpc-id", "Values": [vpc]}])["NatGateways"]
    assert after["State"] == "deleted"
    (routes,) = ec2("DescribeRouteTables", RouteTableIds=[table])["RouteTables"]
    assert [r["State"] for r in routes["Routes"]] == ["active", "blackhole"]
    ec2("ReleaseAddress", AllocationId=address)
    ec2("DeleteSubnet", SubnetId=subnet)
    ec2.harness.clock.advance(3601)
    assert ec2("DescribeNatGateways")["NatGateways"] == []


def test_an_address_moves_between_interfaces(ec2: Any) -> None:
    subnet = ec2.subnet(ec2.vpc())
    one, two = (ec2("CreateNetworkInterface", SubnetId=subnet)["NetworkInterface"] for _ in range(2))
    address = ec2("AllocateAddress")
    first = ec2("AssociateAddress", AllocationId=address["AllocationId"], NetworkInterfaceId=one["NetworkInterfaceId"])
    (shown,) = ec2(
        "DescribeNetworkInterfaces", Filters=[{"Name": "association.public-ip", "Values": [address["PublicIp"]]}]
    )["NetworkInterfaces"]
    assert shown["Association"]["AssociationId"] == first["AssociationId"]
    fixed = {"AllocationId": address["AllocationId"], "NetworkInterfaceId": two["NetworkInterfaceId"]}
    assert ec2.refused("AssociateAddress", AllowReassociation=False, **fixed)[0] == "Resource.AlreadyAssociated"
    second = ec2("AssociateAddress", **fixed)["AssociationId"]
    assert ec2.refused("DisassociateAddress", AssociationId=first["AssociationId"])[0] == (
        "InvalidAssociationID.NotFound"
    )
    ec2("DisassociateAddress", AssociationId=second)
    ec2("ReleaseAddress", AllocationId=address["AllocationId"])
    assert ec2("DescribeAddresses")["Addresses"] == []


def test_a_services_interface_takes_no_address_and_gives_none(ec2: Any) -> None:
    subnet = ec2.subnet(ec2.vpc())
    address, other = (ec2("AllocateAddress")["AllocationId"] for _ in range(2))
    gateway = ec2("CreateNatGateway", SubnetId=subnet, AllocationId=address)["NatGateway"]
    of_service = gateway["NatGatewayAddresses"][0]["NetworkInterfaceId"]
    free = ec2("CreateNetworkInterface", SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    association = ec2("DescribeAddresses", AllocationIds=[address])["Addresses"][0]["AssociationId"]
    no = ("AuthFailure", "You do not have permission to access the specified resource.")
    assert ec2.refused("AssociateAddress", AllocationId=other, NetworkInterfaceId=of_service) == no
    assert ec2.refused("AssociateAddress", AllocationId=address, NetworkInterfaceId=free) == no
    assert ec2.refused("DisassociateAddress", AssociationId=association) == no
    public_ip = ec2("DescribeAddresses", AllocationIds=[address])["Addresses"][0]["PublicIp"]
    assert ec2.refused("DisassociateAddress", PublicIp=public_ip) == no
    ec2("DeleteNatGateway", NatGatewayId=gateway["NatGatewayId"])
    ec2("AssociateAddress", AllocationId=address, NetworkInterfaceId=free)


def test_an_interfaces_address_has_one_public_one(ec2: Any) -> None:
    interface = ec2("CreateNetworkInterface", SubnetId=ec2.subnet(ec2.vpc()))["NetworkInterface"]["NetworkInterfaceId"]
    one, two = (ec2("AllocateAddress")["AllocationId"] for _ in range(2))
    first = ec2("AssociateAddress", AllocationId=one, NetworkInterfaceId=interface)["AssociationId"]
    taken = {"AllocationId": two, "NetworkInterfaceId": interface}
    assert ec2.refused("AssociateAddress", **taken, AllowReassociation=False) == (
        "Resource.AlreadyAssociated",
        f"resource {interface} is already associated with associate-id {first}",
    )
    ec2("AssociateAddress", **taken)
    shown = ec2("DescribeAddresses", AllocationIds=[one, two])["Addresses"]
    assert [a.get("NetworkInterfaceId") for a in shown] == [None, interface]


def test_an_address_that_is_unassigned_has_no_public_one(ec2: Any) -> None:
    subnet = ec2.subnet(ec2.vpc())
    id = ec2("CreateNetworkInterface", SubnetId=subnet, SecondaryPrivateIpAddressCount=1)["NetworkInterface"][
        "NetworkInterfaceId"
    ]
    own, second = (ec2("AllocateAddress")["AllocationId"] for _ in range(2))
    ec2("AssociateAddress", AllocationId=own, NetworkInterfaceId=id)
    ec2("AssociateAddress", AllocationId=second, NetworkInterfaceId=id, PrivateIpAddress="10.0.1.5")
    ec2("UnassignPrivateIpAddresses", NetworkInterfaceId=id, PrivateIpAddresses=["10.0.1.5"])
    shown = ec2("DescribeAddresses", AllocationIds=[own, second])["Addresses"]
    assert [a.get("PrivateIpAddress") for a in shown] == ["10.0.1.4", None]


def test_the_fifth_address_is_the_last(ec2: Any) -> None:
    made = {ec2("AllocateAddress")["PublicIp"] for _ in range(5)}
    assert len(made) == 5
    assert ec2.refused("AllocateAddress")[0] == "AddressLimitExceeded"
    other = ec2("AllocateAddress", account="444455556666")
    assert other["PublicIp"] not in made
    assert ec2.refused("ReleaseAddress", AllocationId=other["AllocationId"])[0] == "InvalidAllocationID.NotFound"


def test_a_network_with_public_addresses_keeps_its_gateway(ec2: Any) -> None:
    vpc, elsewhere = ec2.vpc(), ec2.vpc()
    gateway = ec2("CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
    ec2("AttachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)
    free, other = (ec2("AllocateAddress", Domain="vpc")["AllocationId"] for _ in range(2))
    there = ec2("CreateNetworkInterface", SubnetId=ec2.subnet(elsewhere))["NetworkInterface"]["NetworkInterfaceId"]
    ec2("AssociateAddress", AllocationId=other, NetworkInterfaceId=there)
    nat = ec2("CreateNatGateway", SubnetId=ec2.subnet(vpc), AllocationId=free)["NatGateway"]["NatGatewayId"]
    assert ec2.refused("DetachInternetGateway", InternetGatewayId=gateway, VpcId=vpc) == (
        "DependencyViolation",
        f"Network {vpc} has some mapped public address(es). Please unmap those public address(es) before detaching the "
        "gateway.",
    )
    ec2("DeleteNatGateway", NatGatewayId=nat)
    ec2("DetachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)
