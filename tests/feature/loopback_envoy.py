"""A live Envoy that serves a compiled plan on loopback, before an origin of the test's own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from innergate.plans.envoy import EnvoyPlan
from innergate.testing.envoy_static import Placement, StaticSecret, static_bootstrap
from innergate.testing.live_envoy import LiveEnvoy, free_ports
from innergate.xds.descriptors import find_envoy


class Serving(NamedTuple):
    """Where a plan is served: the port of each listener, by the listener's name."""

    ports: Mapping[str, int]

    @property
    def entry(self) -> int:
        """The first execute-api endpoint's port."""
        return next(
            self.ports[name] for name in sorted(self.ports) if name.startswith("eni-") and name.endswith(":443")
        )

    @property
    def public(self) -> int:
        """The port of REGIONAL and EDGE APIs."""
        return next(port for name, port in self.ports.items() if name.startswith("public:"))


@contextmanager
def serve_plan(
    plan: EnvoyPlan, origin_port: int, folder: Path, secrets: Mapping[str, StaticSecret] | None = None
) -> Iterator[Serving]:
    """Runs Envoy until the block ends; its files go into `folder`. Port 80 of every target is the origin's, on any other
    nothing listens. Listeners speak TLS where there are `secrets`."""
    names = sorted(plan.resources["listeners"])
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    placement = Placement(
        listener_address=lambda name, address, _: ("127.0.0.1", ports[name]),
        endpoint_address=lambda address, target_port: ("127.0.0.1", origin_port if target_port == 80 else 9),
        plain_listeners=secrets is None,
    )
    envoy = LiveEnvoy(find_envoy(), static_bootstrap(plan, secrets or {}, placement), folder)
    try:
        envoy.wait(*(port for name, port in ports.items() if name.startswith("public:") or name.endswith(":443")))
        yield Serving(ports)
    finally:
        envoy.stop()
