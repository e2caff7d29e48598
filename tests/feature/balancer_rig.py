"""A live Envoy on loopback that serves one application load balancer, its targets origins that tell what they were asked."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from innergate.compile.emit.envoy.units import ENVOY_FAMILIES
from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.resources.load_balancers import Action, Forward, Listener, LoadBalancer
from innergate.resources.subnets import Subnet
from innergate.resources.target_groups import TargetGroup
from innergate.resources.vpcs import Vpc
from innergate.testing.envoy_static import Placement, static_bootstrap
from innergate.testing.live_envoy import Answer, LiveEnvoy, ask, echo_origin, free_ports
from innergate.testing.scenario import Scenario
from innergate.testing.waiting import LONGEST_S
from innergate.xds.descriptors import find_envoy


class World(NamedTuple):
    """What a test builds on: a VPC of two zones; `groups` are named by their only target's place (10.0.1.31 is "one")."""

    s: Scenario
    vpc: Vpc
    subnets: tuple[Subnet, Subnet]
    groups: Mapping[str, TargetGroup]

    def balancer(self, **attributes: str) -> LoadBalancer:
        """An application load balancer; "__" stands for a dot in an attribute's name."""
        named = {name.replace("__", "."): value for name, value in attributes.items()}
        return self.s.load_balancer("app", *self.subnets, type="application", attributes=named)

    def listener(self, balancer: LoadBalancer, group: str = "one", port: int = 80, **attributes: str) -> Listener:
        """An HTTP listener that forwards to a group."""
        made = self.s.listener(balancer, self.groups[group], port=port, protocol="HTTP")
        named = {name.replace("__", "."): value for name, value in attributes.items()}
        made = msgspec.structs.replace(made, attributes=named)
        self.s.put(made)
        return made

    def forward(self, *weights: tuple[str, int]) -> Action:
        """A forward action to groups with weights."""
        forwards = tuple(Forward(target_group_arn=self.groups[name].id, weight=weight) for name, weight in weights)
        return Action(type="forward", forwards=forwards)


ADDRESSES = {"one": "10.0.1.31", "two": "10.0.2.31", "dead": "10.0.1.99"}


def make_world() -> World:
    """One VPC, and a target group for each of `ADDRESSES`; "empty" has no target."""
    s = Scenario()
    vpc = s.vpc("10.0.0.0/16")
    subnets = (s.subnet(vpc, "10.0.1.0/24", "a"), s.subnet(vpc, "10.0.2.0/24", "b"))
    groups = {}
    for name in (*ADDRESSES, "empty"):
        targets = [(ADDRESSES[name], 80)] if name in ADDRESSES else []
        made = s.target_group(vpc, *targets, protocol="HTTP", name=name)
        check = msgspec.structs.replace(made.health_check, enabled=False)
        groups[name] = msgspec.structs.replace(made, health_check=check, protocol_version="HTTP1")
        s.put(groups[name])
    return World(s, vpc, subnets, groups)


class Rig(NamedTuple):
    """The listeners' ports on loopback by the listener's own; `origins` says which port each group's target has there."""

    ports: Mapping[int, int]
    origins: Mapping[str, int]

    def ask(self, target: str, headers: Mapping[str, str] | None = None, method: str = "GET", port: int = 80) -> Answer:
        """One request."""
        return ask(self.ports[port], method, target, {"host": "shop.example.com", **(headers or {})})


@contextmanager
def serve_balancer(world: World, folder: Path, is_healthy: Callable[[Rig], bool] | None = None) -> Iterator[Rig]:
    """The rig, once it answers (and `is_healthy` says so)."""
    plan = Compiler(ENVOY_FAMILIES, CompileSettings(), strict=True).compile(world.s.state).envoy.plan
    names = sorted(name for name in plan.resources["listeners"])
    with echo_origin() as one, echo_origin() as two:
        closed, *free = free_ports(len(names) + 1)
        places = dict(zip(names, free, strict=True))
        origins = {ADDRESSES["one"]: one, ADDRESSES["two"]: two, ADDRESSES["dead"]: closed}
        placement = Placement(
            listener_address=lambda name, address, port: ("127.0.0.1", places[name]),
            endpoint_address=lambda address, port: ("127.0.0.1", origins[address]),
        )
        envoy = LiveEnvoy(find_envoy(), static_bootstrap(plan, {}, placement), folder)
        try:
            envoy.wait(*free)
            ports = {int(name.rpartition(":")[2]): port for name, port in places.items()}
            rig = Rig(ports, {name: origins[address] for name, address in ADDRESSES.items()})
            deadline = time.monotonic() + LONGEST_S
            while is_healthy is not None and not is_healthy(rig) and time.monotonic() < deadline:
                time.sleep(0.05)
            yield rig
        finally:
            envoy.stop()
