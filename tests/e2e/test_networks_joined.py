"""Peerings and transit gateways: a host reaches what route tables say, both ways, and nothing else."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.sites import FAR_REGION, Site

from innergate.cli.demo.scenarios import wait_for
from innergate.driver.platform import RunningPlatform


def peer(one: Site, two: Site) -> str:
    """An accepted peering; its id."""
    id = str(
        one.ec2.create_vpc_peering_connection(
            VpcId=one.vpc, PeerVpcId=two.vpc, PeerOwnerId=two.account, PeerRegion=two.region
        )["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    )
    two.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=id)
    return id


@pytest.fixture(scope="module")
def platform() -> Iterator[RunningPlatform]:
    with RunningPlatform(concurrency=1) as running:
        yield running


@pytest.fixture(scope="module")
def peered(platform: RunningPlatform) -> tuple[Site, Site, Site]:
    """Three networks: the second one is another account's."""
    return (
        Site(platform, "one", "a", "10.1.0.0/16"),
        Site(platform, "two", "b", "10.2.0.0/16"),
        Site(platform, "one", "c", "10.3.0.0/16"),
    )


def test_peering_needs_acceptance_and_routes_on_both_sides(
    platform: RunningPlatform, peered: tuple[Site, Site, Site]
) -> None:
    a, b, _ = peered
    made = a.ec2.create_vpc_peering_connection(VpcId=a.vpc, PeerVpcId=b.vpc, PeerOwnerId=b.account)
    id = made["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    assert made["VpcPeeringConnection"]["Status"]["Code"] in ("initiating-request", "pending-acceptance")
    for one, two in ((a, b), (b, a)):
        one.route(two, VpcPeeringConnectionId=id)
    platform.settle()
    assert a.sees(b) == "time-out"
    b.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=id)
    platform.settle()
    assert (a.sees(b), b.sees(a)) == ("b", "a")

    b.unroute(a)
    platform.settle()
    assert (a.sees(b), b.sees(a)) == ("time-out", "time-out")
    b.route(a, VpcPeeringConnectionId=id)
    a.unroute(b)
    platform.settle()
    assert (a.sees(b), b.sees(a)) == ("time-out", "time-out")
    a.route(b, VpcPeeringConnectionId=id)
    platform.settle()
    assert (a.sees(b), b.sees(a)) == ("b", "a")

    a.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=id)
    platform.settle()
    assert (a.sees(b), b.sees(a)) == ("time-out", "time-out")
    routes = a.ec2.describe_route_tables(RouteTableIds=[a.table])["RouteTables"][0]["Routes"]
    assert [r["State"] for r in routes if r["DestinationCidrBlock"] == b.cidr] == ["blackhole"]
    for one, two in ((a, b), (b, a)):
        one.unroute(two)


def test_peering_is_not_transitive_and_follows_subnets_tables(
    platform: RunningPlatform, peered: tuple[Site, Site, Site]
) -> None:
    a, b, c = peered
    ab, bc = peer(a, b), peer(b, c)
    for one, two, id in ((a, b, ab), (b, a, ab), (b, c, bc), (c, b, bc), (a, c, ab), (c, a, bc)):
        one.route(two, VpcPeeringConnectionId=id)
    second = a.add_subnet(2)
    table = a.ec2.create_route_table(VpcId=a.vpc)["RouteTable"]["RouteTableId"]
    a.ec2.associate_route_table(RouteTableId=table, SubnetId=second)
    apart = f"{a.prefix}.2.20"
    platform.start_origin(a.vpc, apart, "apart")
    assert (a.sees(b), b.sees(a), b.sees(c), c.sees(b)) == ("b", "a", "c", "b")
    assert (a.sees(c), c.sees(a)) == ("time-out", "time-out")
    assert b.sees(a, apart) == "time-out"
    a.route(b, table, VpcPeeringConnectionId=ab)
    platform.settle()
    assert b.sees(a, apart) == "apart"
    for one, two in ((a, b), (b, a), (b, c), (c, b), (a, c), (c, a)):
        one.unroute(two)
    for id in (ab, bc):
        b.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=id)


def test_a_load_balancer_reaches_targets_over_a_peering(
    platform: RunningPlatform, peered: tuple[Site, Site, Site]
) -> None:
    a, b, _ = peered
    id = peer(a, b)
    for one, two in ((a, b), (b, a)):
        one.route(two, VpcPeeringConnectionId=id)
    group = a.elbv2.create_target_group(
        Name="over-peering",
        Protocol="TCP",
        Port=80,
        TargetType="ip",
        VpcId=a.vpc,
        HealthCheckIntervalSeconds=5,
        HealthCheckTimeoutSeconds=2,
    )["TargetGroups"][0]["TargetGroupArn"]
    a.elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": b.host, "AvailabilityZone": "all"}])
    balancer = a.elbv2.create_load_balancer(Name="over-peering", Type="network", Scheme="internal", Subnets=[a.subnet])[
        "LoadBalancers"
    ][0]
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    a.elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="TCP", Port=80, DefaultActions=forward
    )

    def health() -> dict[str, Any]:
        found = a.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return dict(found[0]["TargetHealth"])

    wait_for(lambda: health()["State"] == "healthy" or None, "a healthy target over the peering")
    platform.settle()
    assert a.sees(b, balancer["DNSName"]) == "b"
    b.unroute(a)
    platform.settle()
    assert a.sees(b, balancer["DNSName"]) in ("refused", "time-out", "reset")
    seen = health()
    assert (seen["State"], seen["Reason"]) == ("unhealthy", "Target.Timeout")
    b.route(a, VpcPeeringConnectionId=id)
    platform.settle()
    wait_for(lambda: a.sees(b, balancer["DNSName"]) == "b" or None, "the target to be back")


# -- transit gateways -----------------------------------------------------------------------------------------------------


def attach(site: Site, gateway: str) -> str:
    """The site's attachment to a transit gateway; its id."""
    made = site.ec2.create_transit_gateway_vpc_attachment(
        TransitGatewayId=gateway, VpcId=site.vpc, SubnetIds=[site.subnet]
    )
    return str(made["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"])


def test_route_tables_of_a_transit_gateway_isolate(platform: RunningPlatform) -> None:
    p, q, shared = (
        Site(platform, "one", name, cidr)
        for name, cidr in (("p", "10.11.0.0/16"), ("q", "10.12.0.0/16"), ("shared", "10.13.0.0/16"))
    )
    options = {"DefaultRouteTableAssociation": "disable", "DefaultRouteTablePropagation": "disable"}
    ec2 = p.ec2
    gateway = ec2.create_transit_gateway(Options=options)["TransitGateway"]["TransitGatewayId"]
    attachments = {site.name: attach(site, gateway) for site in (p, q, shared)}
    spokes, hub = (
        ec2.create_transit_gateway_route_table(TransitGatewayId=gateway)["TransitGatewayRouteTable"][
            "TransitGatewayRouteTableId"
        ]
        for _ in range(2)
    )
    for name, table in (("p", spokes), ("q", spokes), ("shared", hub)):
        ec2.associate_transit_gateway_route_table(
            TransitGatewayRouteTableId=table, TransitGatewayAttachmentId=attachments[name]
        )
    for name, table in (("shared", spokes), ("p", hub), ("q", hub)):
        ec2.enable_transit_gateway_route_table_propagation(
            TransitGatewayRouteTableId=table, TransitGatewayAttachmentId=attachments[name]
        )
    for one, two in ((p, q), (p, shared), (q, p), (q, shared), (shared, p), (shared, q)):
        one.route(two, TransitGatewayId=gateway)
    platform.settle()
    assert (p.sees(shared), q.sees(shared), shared.sees(p), shared.sees(q)) == ("shared", "shared", "p", "q")
    assert (p.sees(q), q.sees(p)) == ("time-out", "time-out")

    ec2.create_transit_gateway_route(TransitGatewayRouteTableId=hub, DestinationCidrBlock=p.cidr, Blackhole=True)
    platform.settle()
    assert (p.sees(shared), q.sees(shared), shared.sees(p)) == ("time-out", "shared", "time-out")
    ec2.delete_transit_gateway_route(TransitGatewayRouteTableId=hub, DestinationCidrBlock=p.cidr)
    platform.settle()
    assert p.sees(shared) == "shared"
    p.unroute(shared)
    platform.settle()
    assert (p.sees(shared), q.sees(shared)) == ("time-out", "shared")


def test_transit_gateways_of_two_regions_are_peered_by_static_routes(platform: RunningPlatform) -> None:
    near = Site(platform, "one", "near", "10.21.0.0/16")
    far = Site(platform, "two", "far", "10.22.0.0/16", FAR_REGION)
    gateways, tables = {}, {}
    for site in (near, far):
        made = site.ec2.create_transit_gateway()["TransitGateway"]
        gateways[site.name] = made["TransitGatewayId"]
        tables[site.name] = made["Options"]["AssociationDefaultRouteTableId"]
        attach(site, made["TransitGatewayId"])
    peering = near.ec2.create_transit_gateway_peering_attachment(
        TransitGatewayId=gateways["near"],
        PeerTransitGatewayId=gateways["far"],
        PeerAccountId=far.account,
        PeerRegion=FAR_REGION,
    )["TransitGatewayPeeringAttachment"]["TransitGatewayAttachmentId"]
    far.ec2.accept_transit_gateway_peering_attachment(TransitGatewayAttachmentId=peering)
    for one, two in ((near, far), (far, near)):
        one.route(two, TransitGatewayId=gateways[one.name])
    platform.settle()
    assert (near.sees(far), far.sees(near)) == ("time-out", "time-out")

    def add(one: Site, two: Site) -> None:
        one.ec2.create_transit_gateway_route(
            TransitGatewayRouteTableId=tables[one.name],
            DestinationCidrBlock=two.cidr,
            TransitGatewayAttachmentId=peering,
        )
        platform.settle()

    add(near, far)
    assert (near.sees(far), far.sees(near)) == ("time-out", "time-out")
    add(far, near)
    assert (near.sees(far), far.sees(near)) == ("far", "near")
    far.ec2.delete_transit_gateway_peering_attachment(TransitGatewayAttachmentId=peering)
    platform.settle()
    assert near.sees(far) == "time-out"
