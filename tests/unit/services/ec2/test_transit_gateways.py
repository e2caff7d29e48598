"""Transit gateways: default tables, attachments of two accounts, peering of two regions, a graceful end."""

from typing import Any

GATEWAY_ACCOUNT, OTHER = "111122223333", "444455556666"


def gateway(ec2: Any, region: str = "us-east-1", **options: str) -> dict[str, Any]:
    made: dict[str, Any] = ec2("CreateTransitGateway", Options=options, region=region)["TransitGateway"]
    return made


def attached(ec2: Any, tgw: str, cidr: str, account: str = GATEWAY_ACCOUNT) -> dict[str, Any]:
    vpc = ec2.vpc(cidr, account=account)
    subnet = ec2.subnet(vpc, cidr.replace("/16", "/24"), account=account)
    made: dict[str, Any] = ec2(
        "CreateTransitGatewayVpcAttachment", TransitGatewayId=tgw, VpcId=vpc, SubnetIds=[subnet], account=account
    )["TransitGatewayVpcAttachment"]
    return made


def test_an_attachment_joins_the_default_tables(ec2: Any) -> None:
    tgw = gateway(ec2)
    table = tgw["Options"]["AssociationDefaultRouteTableId"]
    assert table == tgw["Options"]["PropagationDefaultRouteTableId"]
    one = attached(ec2, tgw["TransitGatewayId"], "10.0.0.0/16")
    attached(ec2, tgw["TransitGatewayId"], "172.16.0.0/16")
    id = one["TransitGatewayAttachmentId"]
    only = [{"Name": "transit-gateway-attachment-id", "Values": [id]}]
    joined = ec2("GetTransitGatewayRouteTableAssociations", TransitGatewayRouteTableId=table, Filters=only)
    assert [(a["ResourceId"], a["State"]) for a in joined["Associations"]] == [(one["VpcId"], "associated")]
    propagated = ec2("GetTransitGatewayRouteTablePropagations", TransitGatewayRouteTableId=table, Filters=only)
    assert [p["State"] for p in propagated["TransitGatewayRouteTablePropagations"]] == ["enabled"]
    (eni,) = ec2("DescribeNetworkInterfaces", Filters=[{"Name": "vpc-id", "Values": [one["VpcId"]]}])[
        "NetworkInterfaces"
    ]
    assert (eni["InterfaceType"], eni["PrivateIpAddress"]) == ("transit_gateway", "10.0.0.4")
    assert eni["Description"] == f"Network Interface for Transit Gateway Attachment {id}"
    active = [{"Name": "state", "Values": ["active"]}]
    routes = ec2("SearchTransitGatewayRoutes", TransitGatewayRouteTableId=table, Filters=active)["Routes"]
    assert [(r["DestinationCidrBlock"], r["Type"]) for r in routes] == [
        ("10.0.0.0/16", "propagated"),
        ("172.16.0.0/16", "propagated"),
    ]
    longest = [{"Name": "route-search.longest-prefix-match", "Values": ["10.0.3.0/24"]}]
    assert len(ec2("SearchTransitGatewayRoutes", TransitGatewayRouteTableId=table, Filters=longest)["Routes"]) == 1


def test_a_vpc_route_needs_an_attachment_and_dies_with_it(ec2: Any) -> None:
    tgw = gateway(ec2)["TransitGatewayId"]
    one = attached(ec2, tgw, "10.0.0.0/16")
    by_vpc = [{"Name": "vpc-id", "Values": [one["VpcId"]]}]
    (table,) = ec2("DescribeRouteTables", Filters=by_vpc)["RouteTables"]
    route = {"RouteTableId": table["RouteTableId"], "DestinationCidrBlock": "172.16.0.0/12", "TransitGatewayId": tgw}
    ec2("CreateRoute", **route)
    lonely = ec2("CreateRouteTable", VpcId=ec2.vpc("10.9.0.0/16"))["RouteTable"]["RouteTableId"]
    assert ec2.refused("CreateRoute", **(route | {"RouteTableId": lonely}))[0] == "InvalidTransitGatewayID.NotFound"
    ec2("DeleteTransitGatewayVpcAttachment", TransitGatewayAttachmentId=one["TransitGatewayAttachmentId"])
    (after,) = ec2("DescribeRouteTables", Filters=by_vpc)["RouteTables"]
    assert [r["State"] for r in after["Routes"]] == ["active", "blackhole"]


def test_what_is_deleted_stays_readable_for_an_hour(ec2: Any) -> None:
    tgw = gateway(ec2)["TransitGatewayId"]
    id = attached(ec2, tgw, "10.0.0.0/16")["TransitGatewayAttachmentId"]
    assert ec2.refused("DeleteTransitGateway", TransitGatewayId=tgw) == (
        "IncorrectState",
        f"{tgw} has non-deleted Transit Gateway Attachments: {id}.",
    )
    ec2("DeleteTransitGatewayVpcAttachment", TransitGatewayAttachmentId=id)
    assert ec2("DescribeNetworkInterfaces")["NetworkInterfaces"] == []
    ec2("DeleteTransitGateway", TransitGatewayId=tgw)
    (shown,) = ec2("DescribeTransitGateways", TransitGatewayIds=[tgw])["TransitGateways"]
    (attachment,) = ec2("DescribeTransitGatewayVpcAttachments", TransitGatewayAttachmentIds=[id])[
        "TransitGatewayVpcAttachments"
    ]
    assert (shown["State"], attachment["State"]) == ("deleted", "deleted")
    assert ec2.refused("ModifyTransitGateway", TransitGatewayId=tgw, Description="x")[0] == (
        "InvalidTransitGatewayID.NotFound"
    )
    ec2.harness.clock.advance(3601)
    assert ec2.refused("DescribeTransitGateways", TransitGatewayIds=[tgw]) == (
        "InvalidTransitGatewayID.NotFound",
        f"Transit Gateway {tgw} was deleted or does not exist.",
    )
    gateway(ec2)
    assert len(ec2("DescribeTransitGateways")["TransitGateways"]) == 1


def test_another_accounts_vpc_waits_to_be_accepted(ec2: Any) -> None:
    tgw = gateway(ec2)["TransitGatewayId"]
    waiting = attached(ec2, tgw, "10.5.0.0/16", account=OTHER)
    id = {"TransitGatewayAttachmentId": waiting["TransitGatewayAttachmentId"]}
    assert waiting["State"] == "pendingAcceptance"
    assert ec2("DescribeNetworkInterfaces", account=OTHER)["NetworkInterfaces"] == []
    assert ec2.refused("AcceptTransitGatewayVpcAttachment", account=OTHER, **id)[0] == (
        "InvalidTransitGatewayAttachmentID.NotFound"
    )
    ec2("AcceptTransitGatewayVpcAttachment", **id)
    (seen,) = ec2("DescribeTransitGatewayAttachments")["TransitGatewayAttachments"]
    assert (seen["State"], seen["ResourceOwnerId"], seen["Association"]["State"]) == ("available", OTHER, "associated")
    assert len(ec2("DescribeNetworkInterfaces", account=OTHER)["NetworkInterfaces"]) == 1
    assert ec2.refused("RejectTransitGatewayVpcAttachment", **id)[0] == "IncorrectState"


def test_automatic_acceptance_lets_no_stranger_in_who_only_knows_the_id(ec2: Any) -> None:
    tgw = gateway(ec2, AutoAcceptSharedAttachments="enable")["TransitGatewayId"]
    assert attached(ec2, tgw, "10.5.0.0/16", account=OTHER)["State"] == "pendingAcceptance"
    assert ec2("DescribeNetworkInterfaces", account=OTHER)["NetworkInterfaces"] == []


def test_gateways_of_two_regions_peer(ec2: Any) -> None:
    here, there = gateway(ec2), gateway(ec2, region="eu-west-1")
    made = ec2(
        "CreateTransitGatewayPeeringAttachment",
        TransitGatewayId=here["TransitGatewayId"],
        PeerTransitGatewayId=there["TransitGatewayId"],
        PeerAccountId=GATEWAY_ACCOUNT,
        PeerRegion="eu-west-1",
    )["TransitGatewayPeeringAttachment"]
    id = {"TransitGatewayAttachmentId": made["TransitGatewayAttachmentId"]}
    refused = ec2.refused("AcceptTransitGatewayPeeringAttachment", **id)
    assert refused[0] == "InvalidTransitGatewayAttachmentID.NotFound"
    ec2("AcceptTransitGatewayPeeringAttachment", region="eu-west-1", **id)
    for region, other in (("us-east-1", there), ("eu-west-1", here)):
        (seen,) = ec2("DescribeTransitGatewayAttachments", region=region)["TransitGatewayAttachments"]
        assert (seen["State"], seen["ResourceId"], seen["ResourceType"]) == (
            "available",
            other["TransitGatewayId"],
            "peering",
        )
        assert "Association" in seen
    table = there["Options"]["AssociationDefaultRouteTableId"]
    route = {"TransitGatewayRouteTableId": table, "DestinationCidrBlock": "10.0.0.0/16", "region": "eu-west-1"}
    ec2("CreateTransitGatewayRoute", **route, **id)
    assert ec2.refused("CreateTransitGatewayRoute", **route, Blackhole=True)[0] == "RouteAlreadyExists"
    ec2("DeleteTransitGatewayPeeringAttachment", region="eu-west-1", **id)
    found = ec2(
        "SearchTransitGatewayRoutes",
        TransitGatewayRouteTableId=table,
        Filters=[{"Name": "type", "Values": ["static"]}],
        region="eu-west-1",
    )["Routes"]
    assert [r["State"] for r in found] == ["blackhole"]


def test_associations_and_propagations_of_an_own_table(ec2: Any) -> None:
    tgw = gateway(ec2, DefaultRouteTableAssociation="disable", DefaultRouteTablePropagation="disable")
    assert "AssociationDefaultRouteTableId" not in tgw["Options"]
    table = ec2("CreateTransitGatewayRouteTable", TransitGatewayId=tgw["TransitGatewayId"])["TransitGatewayRouteTable"]
    one = attached(ec2, tgw["TransitGatewayId"], "10.0.0.0/16")
    pair = {
        "TransitGatewayRouteTableId": table["TransitGatewayRouteTableId"],
        "TransitGatewayAttachmentId": one["TransitGatewayAttachmentId"],
    }
    ec2("AssociateTransitGatewayRouteTable", **pair)
    assert ec2.refused("AssociateTransitGatewayRouteTable", **pair)[0] == "Resource.AlreadyAssociated"
    ec2("EnableTransitGatewayRouteTablePropagation", **pair)
    duplicate = ec2.refused("EnableTransitGatewayRouteTablePropagation", **pair)
    assert duplicate[0] == "TransitGatewayRouteTablePropagation.Duplicate"
    only = {"TransitGatewayRouteTableId": pair["TransitGatewayRouteTableId"]}
    assert ec2.refused("DeleteTransitGatewayRouteTable", **only)[0] == "IncorrectState"
    ec2("DisableTransitGatewayRouteTablePropagation", **pair)
    ec2("DisassociateTransitGatewayRouteTable", **pair)
    ec2("DeleteTransitGatewayRouteTable", **only)


def test_the_subnets_of_an_attachment(ec2: Any) -> None:
    tgw = gateway(ec2)["TransitGatewayId"]
    one = attached(ec2, tgw, "10.0.0.0/16")
    id = one["TransitGatewayAttachmentId"]
    same_zone = ec2.subnet(one["VpcId"], "10.0.7.0/24")
    refused = ec2.refused("ModifyTransitGatewayVpcAttachment", TransitGatewayAttachmentId=id, AddSubnetIds=[same_zone])
    assert refused == ("DuplicateSubnetsInSameZone", "Duplicate Subnets for same AZ")
    other_zone = ec2.subnet(one["VpcId"], "10.0.8.0/24", "us-east-1b")
    ec2(
        "ModifyTransitGatewayVpcAttachment",
        TransitGatewayAttachmentId=id,
        AddSubnetIds=[other_zone],
        RemoveSubnetIds=one["SubnetIds"],
    )
    enis = ec2("DescribeNetworkInterfaces")["NetworkInterfaces"]
    assert [e["SubnetId"] for e in enis] == [other_zone]
    again = ec2.refused(
        "CreateTransitGatewayVpcAttachment", TransitGatewayId=tgw, VpcId=one["VpcId"], SubnetIds=[same_zone]
    )
    assert again[0] == "DuplicateTransitGatewayAttachment"


def test_numbers_of_autonomous_systems_are_private_ones(ec2: Any) -> None:
    for asn in (64512, 65534, 4200000000, 4294967294):
        made = ec2("CreateTransitGateway", Options={"AmazonSideAsn": asn})["TransitGateway"]
        assert made["Options"]["AmazonSideAsn"] == asn
    for asn in (5, 65535, 4294967295):
        assert ec2.refused("CreateTransitGateway", Options={"AmazonSideAsn": asn})[0] == "InvalidParameterValue"
        changed = {"TransitGatewayId": made["TransitGatewayId"], "Options": {"AmazonSideAsn": asn}}
        assert ec2.refused("ModifyTransitGateway", **changed)[0] == "InvalidParameterValue"
