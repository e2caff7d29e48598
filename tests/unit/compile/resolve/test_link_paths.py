"""From VPC links of version 2 to load balancers of both types, or the hop that stops them."""

from typing import NamedTuple

import msgspec
import pytest
from tests.unit.compile.resolve.stopped import stopped_by

from innergate.compile.resolve.backend_uris import backend_uri
from innergate.compile.resolve.link_paths import resolve_link, resolve_link_v2
from innergate.compile.resolve.path import Path
from innergate.resources.load_balancers import LoadBalancer
from innergate.resources.rest_apis import Integration
from innergate.resources.security_groups import SecurityGroup
from innergate.resources.subnets import Subnet
from innergate.resources.vpc_links import VpcLinkV2
from innergate.resources.vpcs import Vpc
from innergate.testing.scenario import CONSUMER, Scenario


class World(NamedTuple):
    """A VPC with a link whose group an application load balancer's group admits on port 80."""

    s: Scenario
    vpc: Vpc
    subnets: tuple[Subnet, Subnet]
    group: SecurityGroup
    link: VpcLinkV2
    balancer: LoadBalancer

    def path(self, balancer: LoadBalancer | None = None, port: int = 80) -> Path:
        return resolve_link_v2(self.s.state, self.link.id, (balancer or self.balancer).id, port)


@pytest.fixture
def world() -> World:
    s = Scenario()
    vpc = s.vpc()
    subnets = s.subnet(vpc, "10.0.1.0/24", "a"), s.subnet(vpc, "10.0.2.0/24", "b")
    group = s.group(vpc)
    link = s.vpc_link_v2(*subnets, groups=(group,))
    balancer = s.load_balancer("app", *subnets, type="application", groups=(s.group(vpc, ("tcp", 80, 80, group.id)),))
    s.listener(balancer, s.target_group(vpc, ("10.0.1.9", 80), protocol="HTTP"), protocol="HTTP")
    return World(s, vpc, subnets, group, link, balancer)


def test_connections_to_an_application_load_balancer_are_real_ones(world: World) -> None:
    (leg,) = world.path().legs
    assert sorted(t.address for t in leg.targets) == sorted(world.s.addresses_of(world.balancer))
    assert sorted(leg.sources) == sorted(world.s.addresses_of(world.link))
    assert (leg.network, leg.health_check, leg.target_group_arn) == (world.vpc.id, None, world.balancer.id)
    assert [hop.kind for hop in world.path().hops] == ["vpc-link", "security-group", "load-balancer", "listener"]


def test_a_network_load_balancer_is_looked_through(world: World) -> None:
    s = world.s
    balancer = s.load_balancer("net", *world.subnets)
    group = s.target_group(world.vpc, ("10.0.1.9", 80))
    s.listener(balancer, group)
    (leg,) = world.path(balancer).legs
    assert (leg.target_group_arn, [t.address for t in leg.targets]) == (group.id, ["10.0.1.9"])
    assert set(leg.sources) <= set(s.addresses_of(balancer))


def test_the_load_balancers_groups_see_the_link(world: World) -> None:
    closed = world.s.group(world.vpc, ("tcp", 80, 80, "192.0.2.0/24"))
    world.s.put(msgspec.structs.replace(world.balancer, group_ids=(closed.id,)))
    hop = stopped_by(world.path())
    assert (hop.kind, hop.id, hop.outward) == ("security-group", closed.id, "time-out")


def test_the_links_groups_let_it_out(world: World) -> None:
    rules = tuple(rule for rule in world.group.rules if not rule.is_egress)
    world.s.put(msgspec.structs.replace(world.group, rules=rules))
    hop = stopped_by(world.path())
    assert (hop.kind, hop.id, hop.outward) == ("security-group", world.group.id, "time-out")
    assert "authorize-security-group-egress" in hop.fix


def test_nothing_listens(world: World) -> None:
    world.s.put(msgspec.structs.replace(world.balancer, group_ids=()))
    hop = stopped_by(world.path(port=8080))
    assert (hop.kind, hop.outward) == ("listener", "refused")
    assert "--protocol HTTP --port 8080" in hop.fix


def test_another_accounts_load_balancer_is_none(world: World) -> None:
    world.s.as_account(CONSUMER)
    vpc = world.s.vpc()
    subnets = world.s.subnet(vpc, "10.0.1.0/24", "a"), world.s.subnet(vpc, "10.0.2.0/24", "b")
    foreign = world.s.load_balancer("app", *subnets, type="application")
    assert stopped_by(world.path(foreign)) == stopped_by(resolve_link_v2(world.s.state, world.link.id, foreign.id, 80))
    assert stopped_by(world.path(foreign)).reason == "the integration's target is no load balancer here"


def test_without_a_route_nothing_arrives(world: World) -> None:
    other = world.s.vpc("10.9.0.0/16")
    subnets = world.s.subnet(other, "10.9.1.0/24", "a"), world.s.subnet(other, "10.9.2.0/24", "b")
    balancer = world.s.load_balancer("far", *subnets, type="application")
    world.s.listener(balancer, world.s.target_group(other, ("10.9.1.9", 80), protocol="HTTP"), protocol="HTTP")
    assert stopped_by(world.path(balancer)).kind == "route"
    pcx = world.s.peer(world.vpc, other)
    for vpc, there in ((world.vpc, "10.9.0.0/16"), (other, "10.0.0.0/16")):
        world.s.route(vpc, there, "vpc-peering", pcx.id)
    assert world.path(balancer).legs


def test_links_of_both_versions_are_told_apart_by_the_target(world: World) -> None:
    assert resolve_link(world.s.state, world.link.id, world.balancer.id, 80).legs
    assert stopped_by(resolve_link(world.s.state, world.link.id, "", 80)).reason == "the VPC link does not exist"
    assert stopped_by(resolve_link(world.s.state, "nobody", world.balancer.id, 80)).kind == "vpc-link"


@pytest.mark.parametrize(
    ("uri", "called"),
    [
        ("http://a.test/x/{proxy}?q=1", "http://a.test/dev/x/{proxy}?q=1"),
        ("https://a.test:443", "https://a.test:443/dev/"),
        ("http://${stageVariables.host}/", "http://b.test/dev/"),
    ],
)
def test_the_stage_stands_first_in_the_path_of_a_link_v2(uri: str, called: str) -> None:
    integration = Integration(type="HTTP_PROXY", uri=uri, connection_type="VPC_LINK", connection_id="x")
    variables = {"host": "b.test"}
    assert backend_uri(integration, variables, "dev") == uri.replace("${stageVariables.host}", "b.test")
    newer = msgspec.structs.replace(integration, integration_target="arn:x")
    assert backend_uri(newer, variables, "dev") == called
