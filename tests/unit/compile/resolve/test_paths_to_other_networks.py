"""Paths to other networks, over route tables, transit gateways and peerings."""

import msgspec
import pytest
from tests.unit.compile.resolve.stopped import stopped_by

from innergate.compile.resolve.path import Path
from innergate.compile.resolve.paths import resolve_load_balancer, resolve_vpc_link
from innergate.resources.route_tables import RouteTable
from innergate.resources.transit_gateways import TransitGatewayAttachment, TransitGatewayRoute, TransitGatewayRouteTable
from innergate.testing.blog_scenarios import CrossAccount, CrossNetwork, cross_network
from innergate.testing.scenario import Scenario


@pytest.fixture
def red(s: Scenario, purple: CrossAccount) -> CrossNetwork:
    return cross_network(s, purple)


def test_the_red_path_goes_over_the_transit_gateway(s: Scenario, red: CrossNetwork, purple: CrossAccount) -> None:
    path = resolve_vpc_link(s.state, red.link.id, 80)
    (leg,) = path.legs
    assert leg.network == purple.gateway_vpc.id, "Envoy connects inside the load balancer's own VPC"
    assert [t.address for t in leg.targets] == ["172.31.12.59"]
    assert "transit-gateway" in {h.kind for h in path.hops}


def test_without_a_route_nothing_arrives(s: Scenario, red: CrossNetwork, purple: CrossAccount) -> None:
    table = s.main_table(purple.gateway_vpc)
    s.put(msgspec.structs.replace(table, routes=table.routes[:1]))
    hop = stopped_by(resolve_vpc_link(s.state, red.link.id, 80))
    assert (hop.kind, hop.id, hop.outward) == ("route", table.id, "time-out")
    assert hop.fix.startswith(f"aws ec2 create-route --route-table-id {table.id} ")
    assert hop.fix.endswith(f"--transit-gateway-id {red.gateway.id}")


def test_the_way_back_is_needed_too(s: Scenario, red: CrossNetwork) -> None:
    table = s.main_table(red.other_vpc)
    s.put(msgspec.structs.replace(table, routes=table.routes[:1]))
    hop = stopped_by(resolve_vpc_link(s.state, red.link.id, 80))
    assert (hop.kind, hop.id) == ("route", table.id)
    assert "do not find back" in hop.reason


def test_a_blackhole_in_the_gateways_table_swallows(s: Scenario, red: CrossNetwork) -> None:
    table = s.state.find(TransitGatewayRouteTable, "transit-gateway", red.gateway.id)[0]
    s.put(msgspec.structs.replace(table, routes=(TransitGatewayRoute(destination="172.31.0.0/16"),)))
    hop = stopped_by(resolve_vpc_link(s.state, red.link.id, 80))
    assert (hop.kind, "blackhole" in hop.reason) == ("transit-gateway", True)
    (there,) = s.state.find(TransitGatewayAttachment, "resource", red.other_vpc.id)
    assert hop.fix.endswith(f" --destination-cidr-block 172.31.12.59/32 --transit-gateway-attachment-id {there.id}")


@pytest.mark.parametrize(("state", "asked"), [("pendingAcceptance", "accept"), ("deleted", "create")])
def test_a_network_that_the_gateway_does_not_lead_to_yet_has_to_be_joined(
    s: Scenario, red: CrossNetwork, state: str, asked: str
) -> None:
    (there,) = s.state.find(TransitGatewayAttachment, "resource", red.other_vpc.id)
    s.put(msgspec.structs.replace(there, state=state))
    hop = stopped_by(resolve_vpc_link(s.state, red.link.id, 80))
    assert "has no route for 172.31.12.59" in hop.reason
    assert f"aws ec2 {asked}-transit-gateway-vpc-attachment --transit-gateway-" in hop.fix
    assert hop.fix.endswith(there.id if state == "pendingAcceptance" else "--vpc-id VPC --subnet-ids SUBNET")


def test_an_attachment_that_leaves_a_zone_out_or_waits_or_is_gone(
    s: Scenario, red: CrossNetwork, purple: CrossAccount
) -> None:
    (attachment,) = s.state.find(TransitGatewayAttachment, "resource", purple.gateway_vpc.id)
    b = purple.gateway_subnets[1]
    elsewhere = s.subnet(purple.gateway_vpc, "10.0.77.0/24", "c")
    s.put(msgspec.structs.replace(attachment, subnet_ids=(elsewhere.id,)))
    hops = [h for h in resolve_vpc_link(s.state, red.link.id, 80).hops if h.verdict == "refused"]
    add = f"aws ec2 modify-transit-gateway-vpc-attachment --transit-gateway-attachment-id {attachment.id}"
    assert f"{add} --add-subnet-ids {b.id}" in {h.fix for h in hops}
    s.put(msgspec.structs.replace(attachment, state="pendingAcceptance"))
    hop = stopped_by(resolve_vpc_link(s.state, red.link.id, 80))
    assert hop.fix == f"aws ec2 accept-transit-gateway-vpc-attachment --transit-gateway-attachment-id {attachment.id}"
    s.put(msgspec.structs.replace(attachment, state="deleted"))
    hop = stopped_by(resolve_vpc_link(s.state, red.link.id, 80))
    assert f"create-transit-gateway-vpc-attachment --transit-gateway-id {red.gateway.id} " in hop.fix
    assert hop.fix.rpartition(" ")[2] in {n.id for n in purple.gateway_subnets}


def test_an_attachment_without_a_table(s: Scenario, red: CrossNetwork, purple: CrossAccount) -> None:
    table = s.state.find(TransitGatewayRouteTable, "transit-gateway", red.gateway.id)[0]
    s.put(msgspec.structs.replace(table, associations=()))
    hop = stopped_by(resolve_vpc_link(s.state, red.link.id, 80))
    (attachment,) = s.state.find(TransitGatewayAttachment, "resource", purple.gateway_vpc.id)
    asked = f"associate-transit-gateway-route-table --transit-gateway-attachment-id {attachment.id}"
    assert asked in hop.fix


def test_a_more_specific_route_wins(s: Scenario, red: CrossNetwork, purple: CrossAccount) -> None:
    s.route(purple.gateway_vpc, "172.31.12.0/24", "nat-gateway", "nat-1")
    assert "nat-1" in stopped_by(resolve_vpc_link(s.state, red.link.id, 80)).reason


def peered(state: str) -> tuple[Scenario, Path]:
    s = Scenario()
    near, far = s.vpc("10.0.0.0/16"), s.vpc("10.1.0.0/16")
    a = s.subnet(near, "10.0.1.0/24", "a")
    s.workload(s.subnet(far, "10.1.1.0/24", "a"), "10.1.1.5")
    peering = s.peer(near, far, state)
    s.route(near, "10.1.0.0/16", "vpc-peering", peering.id)
    s.route(far, "10.0.0.0/16", "vpc-peering", peering.id)
    balancer = s.load_balancer("b", a)
    s.listener(balancer, s.target_group(near, ("10.1.1.5", 80, "all")))
    return s, resolve_load_balancer(s.state, balancer.id, 80)


def test_a_peered_network_is_reached_once_accepted() -> None:
    assert peered("active")[1].legs
    hop = stopped_by(peered("pending-acceptance")[1])
    assert (hop.kind, "accept-vpc-peering-connection" in hop.fix) == ("peering", True)


def test_gateways_of_two_regions_are_crossed_by_static_routes() -> None:
    s = Scenario()
    near, far = s.vpc("10.0.0.0/16"), s.vpc("10.1.0.0/16", region="eu-west-1")
    a = s.subnet(near, "10.0.1.0/24", "a")
    b = s.subnet(far, "10.1.1.0/24", "a")
    s.workload(b, "10.1.1.5")
    here, _ = s.transit_gateway()
    there, _ = s.transit_gateway("eu-west-1")
    s.attach(here, near, a)
    s.attach(there, far, b)
    joint = s.peer_gateways(here, there)
    for gateway, cidr in ((here, "10.1.0.0/16"), (there, "10.0.0.0/16")):
        table = s.state.get(TransitGatewayRouteTable, gateway.association_default_route_table_id)
        assert table is not None
        route = TransitGatewayRoute(destination=cidr, attachment_id=joint.id)
        s.put(msgspec.structs.replace(table, routes=(route,)))
    s.route(near, "10.1.0.0/16", "transit-gateway", here.id)
    s.route(far, "10.0.0.0/16", "transit-gateway", there.id)
    balancer = s.load_balancer("b", a)
    s.listener(balancer, s.target_group(near, ("10.1.1.5", 80, "all")))
    path = resolve_load_balancer(s.state, balancer.id, 80)
    assert path.legs
    assert [h.id for h in path.hops if h.kind == "transit-gateway"] == [here.id, there.id]


def test_main_table_is_used_where_a_subnet_has_none_of_its_own(
    s: Scenario, red: CrossNetwork, purple: CrossAccount
) -> None:
    own = RouteTable(
        id="rtb-own",
        account=purple.gateway_vpc.account,
        region=purple.gateway_vpc.region,
        vpc_id=purple.gateway_vpc.id,
        created_at=s.now,
        routes=s.main_table(purple.gateway_vpc).routes[:1],
        associations=(
            msgspec.structs.replace(
                s.main_table(purple.gateway_vpc).associations[0],
                main=False,
                subnet_id=purple.gateway_subnets[0].id,
            ),
        ),
    )
    s.put(own)
    path = resolve_vpc_link(s.state, red.link.id, 80)
    assert path.legs[0].sources == s.addresses_of(red.balancer)[1:], "only the other subnet has the route"
    assert any(h.id == own.id and h.verdict == "warning" for h in path.hops)
