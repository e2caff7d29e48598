"""Traps of network namespaces (pools are shared, sockets outlive names): each with a test that would fall into it."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from rich.console import Console
from tests.e2e.conftest import Built
from tests.e2e.inside import call_from, calls_from, https
from tests.e2e.rivals import ANYONE, Method, Rival, TrialApi

from innergate.cli.demo.scenarios import (
    APPLICATION_HOSTS,
    CIDR,
    Balancer,
    Network,
    api_url,
    make_balancer,
    make_link,
    make_network,
    wait_for,
    wait_healthy,
)
from innergate.cli.demo.stage import Step
from innergate.nets.namespaces import NAMESPACE_FOLDER, remove_namespace

pytestmark = pytest.mark.e2e


class Twins(NamedTuple):
    """A second network of the rival's with hosts at the same addresses, and an API with a path to each network."""

    network: Network
    balancer: Balancer
    api: TrialApi


@pytest.fixture(scope="module")
def twins(built: Built, rival: Rival) -> Iterator[Twins]:
    cloud, step = rival.cloud, Step(Console(quiet=True))
    network = make_network(cloud, "twin", CIDR)
    for host, address in zip("ab", APPLICATION_HOSTS, strict=True):
        built.platform.start_origin(network.vpc, address, f"twin-{host}")
    balancer = make_balancer(cloud, "twin", network, [(address, "") for address in APPLICATION_HOSTS])
    wait_healthy(cloud, step, balancer.target_group)
    link = make_link(cloud, step, "twin", balancer)
    api = TrialApi(cloud, "twins", ANYONE)
    api.put("/here", rival.balancer.dns_name, Method("/", rival.link))
    api.put("/there", balancer.dns_name, Method("/", link))
    api.deploy()
    built.platform.settle()
    yield Twins(network, balancer, api)
    cloud.apigateway.delete_rest_api(restApiId=api.id)
    cloud.apigateway.delete_vpc_link(vpcLinkId=link)
    cloud.elbv2.delete_load_balancer(LoadBalancerArn=balancer.arn)
    cloud.elbv2.delete_target_group(TargetGroupArn=balancer.target_group)


def namespace_of(vpc: str) -> str:
    """The namespace of a VPC that the platform made."""
    [found] = [path.name for path in NAMESPACE_FOLDER.iterdir() if path.name.endswith(vpc)]
    return found


def test_pools_are_not_shared_where_addresses_are_the_same(built: Built, rival: Rival, twins: Twins) -> None:
    """One API, one client connection, turn by turn: the pooled connections to 10.0.1.21 are two, in two networks."""
    calls = [https(api_url(twins.api.id, "test", path)) for path in ("/here", "/there") * 20]
    noticed = calls_from(built.platform, rival.network.vpc, calls, 2)
    backends = [n["headers"]["x-backend"].split("-")[0] for n in noticed]
    assert backends == ["rival", "twin"] * 20


def test_tcp_through_the_balancers_stays_in_its_network(built: Built, rival: Rival, twins: Twins) -> None:
    for network, balancer, name in ((rival.network, rival.balancer, "rival"), (twins.network, twins.balancer, "twin")):
        calls = [{"do": "http", "url": f"http://{balancer.dns_name}/"}] * 10
        backends = {n["headers"]["x-backend"].split("-")[0] for n in calls_from(built.platform, network.vpc, calls, 5)}
        assert backends == {name}


def test_a_network_taken_away_is_made_anew(built: Built, rival: Rival, twins: Twins) -> None:
    """`ip netns delete` of a VPC's namespace: remade, its listeners live again, and its hosts answer."""
    platform, namespace = built.platform, namespace_of(rival.network.vpc)
    url = api_url(rival.api, "test")
    assert call_from(platform, rival.network.vpc, https(url))["status"] == 200
    remove_namespace(namespace)

    def serves() -> bool | None:
        if not (NAMESPACE_FOLDER / namespace).exists():
            return None
        api, straight = calls_from(
            platform,
            rival.network.vpc,
            [https(url, timeout_s=2), {"do": "http", "url": f"http://{rival.balancer.dns_name}/", "timeout_s": 2}],
            2,
        )
        return (api.get("status"), straight.get("status")) == (200, 200) or None

    wait_for(serves, "the remade network to serve")
    others = call_from(platform, built.world.consumer_network.vpc, https(api_url(built.path.api, "test")))
    assert others["status"] == 200
    twin = call_from(platform, rival.network.vpc, https(api_url(twins.api.id, "test", "/there")))
    assert twin["headers"]["x-backend"].startswith("twin")
