"""What Envoy refuses is shown, hurts nobody else and heals.

On a platform of its own: after a refused bind Envoy 1.40 stays inside the namespace in which it tried (docs/decisions/0022), so
listeners without a namespace that come later stand in the wrong place until it is started anew.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from rich.console import Console
from tests.e2e.inside import call_from

from innergate.cli.demo.scenarios import APPLICATION_HOSTS, make_balancer, make_world, wait_for, wait_healthy
from innergate.cli.demo.stage import Stage, Step
from innergate.nets.namespaces import NAMESPACE_FOLDER, run_inside
from innergate.testing.platform import RunningPlatform

pytestmark = pytest.mark.e2e

PORT = 8999


@contextmanager
def taken(vpc: str, address: str) -> Iterator[None]:
    """Somebody else listens on the address inside the VPC's namespace."""
    [namespace] = [path.name for path in NAMESPACE_FOLDER.iterdir() if path.name.endswith(vpc)]

    def listen() -> socket.socket:
        made = socket.socket()
        made.bind((address, PORT))
        made.listen()
        return made

    with run_inside(namespace, listen):
        yield


def test_what_envoy_refuses_is_in_the_status_and_tried_again(platform: RunningPlatform) -> None:
    """The port of a new listener is taken by a stranger: the refusal is shown, neighbours go on, and it heals."""
    world = make_world(Stage(Console(quiet=True)), platform)
    cloud, network = world.consumer, world.consumer_network
    platform.start_origin(network.vpc, APPLICATION_HOSTS[0], "origin")
    balancer = make_balancer(cloud, "one", network, [(APPLICATION_HOSTS[0], "")])
    wait_healthy(cloud, Step(Console(quiet=True)), balancer.target_group)
    neighbour = {"do": "http", "url": f"http://{balancer.dns_name}/"}
    filters = [{"Name": "description", "Values": ["ELB net/one/*"]}]
    interfaces = cloud.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    node = min(interface["PrivateIpAddress"] for interface in interfaces)
    with taken(network.vpc, node):
        made = cloud.elbv2.create_listener(
            LoadBalancerArn=balancer.arn,
            Protocol="TCP",
            Port=PORT,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": balancer.target_group}],
        )["Listeners"][0]["ListenerArn"]

        def refused() -> dict[str, str] | None:
            found = platform.client.call("GET", "/status")["refusals"]
            return next((r for r in found if str(PORT) in r["subject"]), None)

        refusal = wait_for(refused, "Envoy's refusal in the status")
        assert refusal["by"] == "envoy"
        assert node in refusal["reason"]
        assert call_from(platform, network.vpc, neighbour)["status"] == 200
    cloud.elbv2.delete_listener(ListenerArn=made)
    platform.settle()
    wait_for(lambda: refused() is None or None, "the refusal to go")
    assert call_from(platform, network.vpc, neighbour)["status"] == 200
