"""VPC peering: both sides agree, ranges do not overlap."""

from typing import Any

OTHER = "444455556666"


def test_a_request_across_accounts_and_regions(ec2: Any) -> None:
    mine = ec2.vpc("10.0.0.0/16")
    theirs = ec2.vpc("10.1.0.0/16", account=OTHER, region="eu-west-1")
    made = ec2("CreateVpcPeeringConnection", VpcId=mine, PeerVpcId=theirs, PeerOwnerId=OTHER, PeerRegion="eu-west-1")[
        "VpcPeeringConnection"
    ]
    id = {"VpcPeeringConnectionId": made["VpcPeeringConnectionId"]}
    assert made["Status"] == {"Code": "initiating-request", "Message": f"Initiating Request to {OTHER}"}
    for operation, decision in (("AcceptVpcPeeringConnection", "accept"), ("RejectVpcPeeringConnection", "reject")):
        assert ec2.refused(operation, **id) == (
            "OperationNotPermitted",
            f"User 111122223333 cannot {decision} peering {made['VpcPeeringConnectionId']}",
        )
    (waiting,) = ec2("DescribeVpcPeeringConnections", account=OTHER, region="eu-west-1")["VpcPeeringConnections"]
    assert waiting["Status"]["Code"] == "pending-acceptance"
    assert ec2("DescribeVpcPeeringConnections", account=OTHER)["VpcPeeringConnections"] == []
    accepted = ec2("AcceptVpcPeeringConnection", account=OTHER, region="eu-west-1", **id)["VpcPeeringConnection"]
    assert accepted["AccepterVpcInfo"]["CidrBlock"] == "10.1.0.0/16"
    options = {"AllowDnsResolutionFromRemoteVpc": True}
    refused = ec2.refused("ModifyVpcPeeringConnectionOptions", AccepterPeeringConnectionOptions=options, **id)
    assert refused[0] == "OperationNotPermitted"
    ec2("ModifyVpcPeeringConnectionOptions", RequesterPeeringConnectionOptions=options, **id)
    (shown,) = ec2("DescribeVpcPeeringConnections")["VpcPeeringConnections"]
    assert shown["RequesterVpcInfo"]["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"] is True
    (table,) = ec2("DescribeRouteTables", Filters=[{"Name": "vpc-id", "Values": [mine]}])["RouteTables"]
    ec2("CreateRoute", RouteTableId=table["RouteTableId"], DestinationCidrBlock="10.1.0.0/16", **id)
    assert ec2.refused("DeleteVpc", VpcId=mine)[0] == "DependencyViolation"
    ec2("DeleteVpcPeeringConnection", account=OTHER, region="eu-west-1", **id)
    (after,) = ec2("DescribeRouteTables", Filters=[{"Name": "vpc-id", "Values": [mine]}])["RouteTables"]
    assert [r["State"] for r in after["Routes"]] == ["active", "blackhole"]
    ec2("DeleteVpc", VpcId=mine)


def test_overlapping_or_unknown_peers_fail(ec2: Any) -> None:
    mine, same = ec2.vpc("10.0.0.0/16"), ec2.vpc("10.0.128.0/20")
    for peer in (same, "vpc-00000000000000000"):
        status = ec2("CreateVpcPeeringConnection", VpcId=mine, PeerVpcId=peer)["VpcPeeringConnection"]["Status"]
        assert status == {
            "Code": "failed",
            "Message": "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range",
        }


def test_rejected_and_expired(ec2: Any) -> None:
    mine, theirs = ec2.vpc("10.0.0.0/16"), ec2.vpc("10.1.0.0/16")
    first = ec2("CreateVpcPeeringConnection", VpcId=mine, PeerVpcId=theirs)["VpcPeeringConnection"]
    again = ec2.refused("CreateVpcPeeringConnection", VpcId=theirs, PeerVpcId=mine)
    assert again[0] == "VpcPeeringConnectionAlreadyExists"
    ec2("RejectVpcPeeringConnection", VpcPeeringConnectionId=first["VpcPeeringConnectionId"])
    second = ec2("CreateVpcPeeringConnection", VpcId=theirs, PeerVpcId=mine)["VpcPeeringConnection"]
    ec2.harness.clock.advance(7 * 24 * 3600)
    late = ec2.refused("AcceptVpcPeeringConnection", VpcPeeringConnectionId=second["VpcPeeringConnectionId"])
    assert late[0] == "InvalidStateTransition"
    codes = {c["Status"]["Code"] for c in ec2("DescribeVpcPeeringConnections")["VpcPeeringConnections"]}
    assert codes == {"expired"}
