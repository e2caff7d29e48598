"""Route tables: associations and routes, and what a dead target does to a route."""

from typing import Any


def test_a_route_follows_its_target(ec2: Any) -> None:
    vpc = ec2.vpc()
    table = ec2("CreateRouteTable", VpcId=vpc, ClientToken="one")["RouteTable"]["RouteTableId"]
    assert ec2("CreateRouteTable", VpcId=vpc, ClientToken="one")["RouteTable"]["RouteTableId"] == table
    gateway = ec2("CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
    out = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    assert ec2.refused("CreateRoute", **out, GatewayId=gateway)[0] == "InvalidParameterValue"
    ec2("AttachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)
    ec2("CreateRoute", **out, GatewayId=gateway)
    ec2("CreateRoute", **out, GatewayId=gateway)
    interface = ec2("CreateNetworkInterface", SubnetId=ec2.subnet(vpc))["NetworkInterface"]["NetworkInterfaceId"]
    assert ec2.refused("CreateRoute", **out, NetworkInterfaceId=interface) == (
        "RouteAlreadyExists",
        "The route identified by 0.0.0.0/0 already exists.",
    )

    def states() -> dict[str, str]:
        (shown,) = ec2("DescribeRouteTables", RouteTableIds=[table])["RouteTables"]
        return {r["DestinationCidrBlock"]: r["State"] for r in shown["Routes"]}

    assert states() == {"10.0.0.0/16": "active", "0.0.0.0/0": "active"}
    ec2("DetachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)
    assert states()["0.0.0.0/0"] == "blackhole"
    assert ec2.refused("DeleteInternetGateway", InternetGatewayId=gateway)[0] == "DependencyViolation"
    ec2("ReplaceRoute", **out, NetworkInterfaceId=interface)
    ec2("DeleteInternetGateway", InternetGatewayId=gateway)
    ec2("DeleteNetworkInterface", NetworkInterfaceId=interface)
    assert states()["0.0.0.0/0"] == "blackhole"
    ec2("DeleteRoute", **out)
    assert ec2.refused("DeleteRoute", **out) == (
        "InvalidRoute.NotFound",
        f"no route with destination-cidr-block 0.0.0.0/0 in route table {table}",
    )
    assert (
        ec2.refused("DeleteRoute", RouteTableId=table, DestinationCidrBlock="10.0.0.0/16")[0] == "InvalidParameterValue"
    )


def test_associations_move(ec2: Any) -> None:
    vpc = ec2.vpc()
    subnet = ec2.subnet(vpc)
    one, two = (ec2("CreateRouteTable", VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2))
    first = ec2("AssociateRouteTable", RouteTableId=one, SubnetId=subnet)["AssociationId"]
    assert ec2("AssociateRouteTable", RouteTableId=one, SubnetId=subnet)["AssociationId"] == first
    assert ec2.refused("AssociateRouteTable", RouteTableId=two, SubnetId=subnet)[0] == "Resource.AlreadyAssociated"
    assert ec2.refused("DeleteRouteTable", RouteTableId=one) == (
        "DependencyViolation",
        f"The routeTable '{one}' has dependencies and cannot be deleted.",
    )
    moved = ec2("ReplaceRouteTableAssociation", AssociationId=first, RouteTableId=two)["NewAssociationId"]
    ec2("DeleteRouteTable", RouteTableId=one)
    wanted = [{"Name": "association.route-table-association-id", "Values": [moved]}]
    assert [t["RouteTableId"] for t in ec2("DescribeRouteTables", Filters=wanted)["RouteTables"]] == [two]
    ec2("DisassociateRouteTable", AssociationId=moved)
    ec2("DeleteRouteTable", RouteTableId=two)


def test_the_main_role_moves(ec2: Any) -> None:
    vpc = ec2.vpc()
    main = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
    (old,) = ec2("DescribeRouteTables", Filters=main)["RouteTables"]
    id = old["Associations"][0]["RouteTableAssociationId"]
    assert ec2.refused("DisassociateRouteTable", AssociationId=id)[0] == "InvalidParameterValue"
    new = ec2("CreateRouteTable", VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2("ReplaceRouteTableAssociation", AssociationId=id, RouteTableId=new)
    assert [t["RouteTableId"] for t in ec2("DescribeRouteTables", Filters=main)["RouteTables"]] == [new]
    ec2("DeleteRouteTable", RouteTableId=old["RouteTableId"])
    ec2("DeleteVpc", VpcId=vpc)
