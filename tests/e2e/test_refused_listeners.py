"""What Envoy refuses is shown, hurts nobody else and heals.

On platforms of their own: after a refused bind Envoy 1.40 leaves its main thread inside the namespace in which it tried
(docs/decisions/0022).
"""

import errno
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import dns.message
import dns.rdatatype
import dns.rrset
import pytest
from rich.console import Console
from tests.e2e.inside import call_from
from tests.e2e.test_regional_apis import call, make_api, origin

from innergate.cli.demo.scenarios import (
    APPLICATION_HOSTS,
    Balancer,
    World,
    make_balancer,
    make_world,
    wait_for,
    wait_healthy,
)
from innergate.cli.demo.stage import Stage, Step
from innergate.driver.platform import RunningPlatform
from innergate.nets.envoy_process import RESOLVER_OPTIONS
from innergate.nets.launch import RESOLVER_FILE
from innergate.nets.namespaces import (
    CLONE_NEWNS,
    MS_BIND,
    MS_REC,
    MS_SLAVE,
    NAMESPACE_FOLDER,
    identify_namespace,
    mount,
    run_in_thread,
    run_inside,
    unshare,
)

pytestmark = pytest.mark.e2e

PORT = 8999
NAME_SERVER = "127.0.0.77"


class Stricken(NamedTuple):
    """A balancer in the consumer's network, and its node's address on which a listener will be refused."""

    world: World
    balancer: Balancer
    node: str


def build(platform: RunningPlatform) -> Stricken:
    """A balancer that works, before anything is refused."""
    world = make_world(Stage(Console(quiet=True)), platform)
    cloud, network = world.consumer, world.consumer_network
    platform.start_origin(network.vpc, APPLICATION_HOSTS[0], "origin")
    balancer = make_balancer(cloud, "one", network, [(APPLICATION_HOSTS[0], "")])
    wait_healthy(cloud, Step(Console(quiet=True)), balancer.target_group)
    filters = [{"Name": "description", "Values": ["ELB net/one/*"]}]
    interfaces = cloud.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    return Stricken(world, balancer, min(interface["PrivateIpAddress"] for interface in interfaces))


def namespace_of(vpc: str) -> str:
    """The namespace of a VPC that the platform made."""
    [found] = [path.name for path in NAMESPACE_FOLDER.iterdir() if path.name.endswith(vpc)]
    return found


@contextmanager
def taken(vpc: str, address: str) -> Iterator[None]:
    """Somebody else listens on the address inside the VPC's namespace."""

    def listen() -> socket.socket:
        made = socket.socket()
        made.bind((address, PORT))
        made.listen()
        return made

    with run_inside(namespace_of(vpc), listen):
        yield


def make_listener(stricken: Stricken) -> str:
    """A listener on the taken port; its ARN."""
    made = stricken.world.consumer.elbv2.create_listener(
        LoadBalancerArn=stricken.balancer.arn,
        Protocol="TCP",
        Port=PORT,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": stricken.balancer.target_group}],
    )
    return str(made["Listeners"][0]["ListenerArn"])


def find_refusal(platform: RunningPlatform) -> dict[str, str] | None:
    """Envoy's refusal of that listener, as the status has it."""
    found = platform.client.call("GET", "/status")["refusals"]
    return next((r for r in found if str(PORT) in r["subject"]), None)


def test_what_envoy_refuses_is_in_the_status_and_tried_again(platform: RunningPlatform) -> None:
    """The port of a new listener is taken by a stranger: the refusal is shown, neighbours go on, and it heals."""
    stricken = build(platform)
    vpc = stricken.world.consumer_network.vpc
    neighbour = {"do": "http", "url": f"http://{stricken.balancer.dns_name}/"}
    with taken(vpc, stricken.node):
        made = make_listener(stricken)
        refusal = wait_for(lambda: find_refusal(platform), "Envoy's refusal in the status")
        assert refusal["by"] == "envoy"
        assert stricken.node in refusal["reason"]
        assert call_from(platform, vpc, neighbour)["status"] == 200
    stricken.world.consumer.elbv2.delete_listener(ListenerArn=made)
    platform.settle()
    wait_for(lambda: find_refusal(platform) is None or None, "the refusal to go")
    assert call_from(platform, vpc, neighbour)["status"] == 200


# -- what belongs to the host ---------------------------------------------------------------------------------------------


def answer_names(server: socket.socket) -> None:
    """Says that every name is at 127.0.0.1, until somebody sends nothing."""
    while True:
        data, client = server.recvfrom(2048)
        if not data:
            return
        query = dns.message.from_wire(data)
        reply = dns.message.make_response(query)
        question = query.question[0]
        if question.rdtype == dns.rdatatype.A:
            reply.answer.append(dns.rrset.from_text(question.name, 1, "IN", "A", "127.0.0.1"))
        server.sendto(reply.to_wire(), client)


@contextmanager
def own_resolver(folder: Path) -> Iterator[None]:
    """The calling thread, and all that it starts, asks a name server on the host's loopback."""
    file = folder / "resolv.conf"
    file.write_text(f"nameserver {NAME_SERVER}\n")
    unshare(CLONE_NEWNS)
    mount("none", "/", MS_REC | MS_SLAVE)
    mount(str(file), os.path.realpath(RESOLVER_FILE), MS_BIND)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((NAME_SERVER, 53))
        thread = threading.Thread(target=answer_names, args=(server,))
        thread.start()
        try:
            yield
        finally:
            server.sendto(b"", (NAME_SERVER, 53))
            thread.join()


def connect_inside(vpc: str, address: str) -> int:
    """The error number of a connection from inside the VPC's own namespace."""
    host, _, port = address.rpartition(":")

    def connect() -> int:
        with socket.socket() as made:
            made.settimeout(2)
            return made.connect_ex((host, int(port)))

    return run_inside(namespace_of(vpc), connect)


@pytest.mark.skipif(os.geteuid() != 0, reason="a node without root has no public entry")
def test_later_sockets_of_the_host_are_not_in_the_network_of_a_refused_bind(tmp_path: Path) -> None:
    """The public entry, backends by URL and the look-up of their names all come after the refusal."""

    def story() -> None:
        options = ("--allow-loopback-backends",)
        with own_resolver(tmp_path), RunningPlatform(concurrency=1, options=options) as platform, origin() as port:
            stricken = build(platform)
            vpc = stricken.world.consumer_network.vpc
            with taken(vpc, stricken.node):
                make_listener(stricken)
                wait_for(lambda: find_refusal(platform), "Envoy's refusal in the status")
                status = platform.client.call("GET", "/status")
                environment = Path(f"/proc/{status['envoy']['pid']}/environ").read_bytes().split(b"\0")
                assert f"RES_OPTIONS={RESOLVER_OPTIONS}".encode() in environment, "dead name servers hold up others"
                main_thread = os.stat(f"/proc/{status['envoy']['pid']}/ns/net").st_ino
                assert main_thread == identify_namespace(namespace_of(vpc)), "Envoy goes back now: see decision 22"
                gateway = stricken.world.gateway
                apis = [make_api(gateway, f"http://{host}:{port}") for host in ("127.0.0.1", "web.corp.example")]
                wait_for(lambda: entry_answers(platform, apis[0]), "the public entry, on the host")
                assert connect_inside(vpc, status["public"]["address"]) == errno.ECONNREFUSED
                for api in apis:
                    answer = call(platform, api, "/s/x")
                    assert (answer.status, answer.headers.get("x-backend")) == (200, "web"), answer

    run_in_thread(story)


def entry_answers(platform: RunningPlatform, api: str) -> bool | None:
    """Whether the API is known at the public entry."""
    try:
        return call(platform, api, "/s/x").status != 403 or None
    except ConnectionError:
        return None
