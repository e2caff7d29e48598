"""A thousand APIs of ten routes over one VPC link: how long a start takes, what a change costs, what an API weighs.

`python -m bench.scale [--apis N] [--routes N] [--changes N]` builds the cross-account path with boto3, puts the other APIs into
the stopped platform's store, starts it again, calls every API once, then changes single APIs under load.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, final

from rich.console import Console

from innergate.cli.demo.scenarios import REGION, CrossAccount, World, api_url, cross_account, make_world
from innergate.cli.demo.stage import Stage as DemoStage
from innergate.driver.platform import PlatformFailed, RunningPlatform
from innergate.nets.envoy_process import call_admin
from innergate.primitives.clock import SystemClock
from innergate.resources.deployments import DeployedResource, Deployment
from innergate.resources.rest_apis import ApiResource, MethodDefinition, RestApi
from innergate.resources.stages import Stage
from innergate.store.sqlite import SqliteStore
from innergate.testing.load import LoadResult, RunningLoad

BATCH = 100
STAGE = "test"
MANY_APIS = 200
KEPT_TIMEOUT_S = 300.0
"""A platform keeps what it compiled after ten quiet seconds, gently."""


class Figures(NamedTuple):
    """Times in seconds, sizes in KiB. `serving_s` counts from
    ready (the hosts start, too). `live_s` counts from the return of the call that deploys, `whole_s` from its start."""

    apis: int
    start_s: float
    serving_s: float
    live_s: tuple[float, ...]
    whole_s: tuple[float, ...]
    envoy_per_api_kib: float
    envoy_untouched_per_api_kib: float
    control_kib: int
    control_per_api_kib: float
    load: LoadResult
    agent_kib: int = 0
    first_start_s: float = 0.0
    """Of the first start with these APIs, which has nothing to take over."""

    def lines(self) -> list[str]:
        """For people."""
        return [
            f"first start with {self.apis} APIs: {self.first_start_s:.2f} s",
            f"start with {self.apis} APIs: {self.start_s:.2f} s, first answer of a restarted host {self.serving_s:.2f} s later",
            f"a change is live after its call's return: {_spread(self.live_s)}; from the call's start: {_spread(self.whole_s)}",
            f"envoy: {self.envoy_per_api_kib:.1f} KiB an API once touched ({self.envoy_untouched_per_api_kib:.1f} before)",
            f"control: {self.control_kib / 1024:.0f} MiB resident, {self.control_per_api_kib:.0f} KiB an API",
            f"load during {len(self.live_s)} changes: {self.load.requests} requests, {self.load.failed} failed",
        ]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all are not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _spread(values: Sequence[float]) -> str:
    shares = ", ".join(f"p{share * 100:.0f} {percentile(values, share) * 1000:.0f} ms" for share in (0.5, 0.9, 0.99))
    return f"{shares}, most {max(values) * 1000:.0f} ms"


class Base(NamedTuple):
    """The one API that was made by calls, whose path all the others share."""

    world: World
    path: CrossAccount


def build_base(platform: RunningPlatform) -> Base:
    """The cross-account path on a running platform."""
    stage = DemoStage(Console(quiet=True))
    world = make_world(stage, platform)
    return Base(world, cross_account(stage, platform, world))


def add_apis(store_path: Path, base: Base, count: int, routes: int) -> tuple[str, ...]:
    """Puts `count` more APIs into the store of a stopped platform, each with a path and a method a route. Their ids."""
    store = SqliteStore(store_path, SystemClock())
    try:
        state = store.state()
        api = state.get(RestApi, base.path.api)
        stage = state.get(Stage, f"{base.path.api}/{STAGE}")
        assert api is not None
        assert stage is not None
        deployment = state.get(Deployment, f"{api.id}/{stage.deployment_id}")
        assert deployment is not None
        ids = tuple(f"s{number:09d}" for number in range(count))
        for first in range(0, count, BATCH):
            with store.transaction() as tx:
                for id in ids[first : first + BATCH]:
                    for resource in _clone(id, api, deployment, stage, routes):
                        tx.put(resource)
    finally:
        store.close()
    return ids


def _clone(
    id: str, api: RestApi, deployment: Deployment, stage: Stage, routes: int
) -> Iterator[RestApi | ApiResource | Deployment | Stage]:
    root = f"{id}root"
    like = next(r.methods["ANY"] for r in deployment.definition.resources if r.path == "/")
    deployed = [DeployedResource(resource_id=root, path="/", methods={})]
    for number in range(routes):
        method = _method(like, f"/r{number}")
        deployed.append(DeployedResource(resource_id=f"{id}{number:02d}x", path=f"/r{number}", methods={"GET": method}))
    policy = deployment.definition.policy.replace(api.id, id)
    yield _replaced(api, id=id, name=id, root_resource_id=root, policy=policy)
    for part in deployed:
        yield ApiResource(
            id=f"{id}/{part.resource_id}",
            account=api.account,
            region=api.region,
            rest_api_id=id,
            resource_id=part.resource_id,
            parent_id="" if part.path == "/" else root,
            path_part=part.path[1:],
            path=part.path,
            methods=part.methods,
        )
    definition = _replaced(deployment.definition, resources=tuple(deployed), policy=policy)
    yield _replaced(deployment, id=f"{id}/{deployment.deployment_id}", rest_api_id=id, definition=definition)
    yield _replaced(stage, id=f"{id}/{stage.stage_name}", rest_api_id=id)


def _method(like: MethodDefinition, path: str) -> Any:
    integration = like.method_integration
    assert integration is not None
    uri = f"{(integration.uri or '').rstrip('/')}{path}"
    return _replaced(like, http_method="GET", method_integration=_replaced(integration, http_method="GET", uri=uri))


def _replaced(struct: Any, **changes: Any) -> Any:
    import msgspec

    return msgspec.structs.replace(struct, **changes)


@final
class Prober:
    """A host in the consumer's VPC that asks until it sees what is wanted."""

    def __init__(self, platform: RunningPlatform, base: Base) -> None:
        host = api_url(base.path.api, STAGE).split("/")[2]
        argv = platform.exec_argv(
            base.world.consumer_network.vpc, [sys.executable, "-m", "innergate.testing.prober", host]
        )
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def begin(self, api: str, path: str, want: str) -> None:
        """Starts to ask."""
        assert self._process.stdin is not None
        wanted = {"host": f"{api}.execute-api.{REGION}.amazonaws.com", "target": f"/{STAGE}{path}", "want": want}
        self._process.stdin.write(json.dumps(wanted) + "\n")
        self._process.stdin.flush()

    def seen_at(self, may_fail: bool = False) -> float:
        """When it was seen (monotonic seconds). Raises PlatformFailed where it never was, or where an answer was no 200."""
        assert self._process.stdout is not None
        seen = json.loads(self._process.stdout.readline())
        if not seen["at"] or (seen["failed"] and not may_fail):
            raise PlatformFailed(f"the prober saw {seen}")
        return float(seen["at"])

    def end(self) -> None:
        """Stops it."""
        self._process.communicate(timeout=20)


@contextmanager
def probing(platform: RunningPlatform, base: Base) -> Iterator[Prober]:
    """A prober for a while."""
    prober = Prober(platform, base)
    try:
        yield prober
    finally:
        prober.end()


def change_one(base: Base, prober: Prober, api: str, resource: str, number: int) -> tuple[float, float]:
    """Points one method of an API at another path and deploys. Seconds until live from the call's return and from its start."""
    gateway = base.world.gateway.apigateway
    uri = f"http://{base.path.balancer.dns_name}/changed-{number}"
    operations = [{"op": "replace", "path": "/uri", "value": uri}]
    gateway.update_integration(restApiId=api, resourceId=resource, httpMethod="GET", patchOperations=operations)
    prober.begin(api, "/r0", f"/changed-{number}")
    time.sleep(0.02)
    began = time.monotonic()
    gateway.create_deployment(restApiId=api, stageName=STAGE)
    returned = time.monotonic()
    seen = prober.seen_at()
    return seen - returned, seen - began


def resident_kib(pid: int) -> int:
    """The process's resident memory."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0])


def envoy_allocated_kib(platform: RunningPlatform) -> float:
    """What Envoy's allocator has handed out."""
    memory = json.loads(call_admin(platform.state / "run" / "envoy-admin.sock", "/memory"))
    return int(memory["allocated"]) / 1024


def wait_until_kept(platform: RunningPlatform) -> None:
    """Returns once the platform has kept what it compiled for its next start, if that is much. Raises PlatformFailed: a start
    without it would be measured as one that takes over."""
    kept = platform.state / "start.cache"
    deadline = time.monotonic() + KEPT_TIMEOUT_S
    while not kept.exists():
        if time.monotonic() > deadline:
            raise PlatformFailed(f"nothing was kept for the next start within {KEPT_TIMEOUT_S:.0f} s")
        if platform.client.call("GET", "/status")["counts"]["apis"] < MANY_APIS:
            return
        time.sleep(0.2)


def measure(platform: RunningPlatform, apis: int, routes: int, changes: int) -> Figures:
    """Everything, on a running platform with an empty state."""
    base = build_base(platform)
    platform.stop()
    platform.start()
    platform.settle()
    envoy_base = envoy_allocated_kib(platform)
    control_base = resident_kib(platform.client.call("GET", "/status")["pid"])
    endpoint = platform.client.call("GET", "/status")["endpoint"].removeprefix("http://")
    platform.stop()
    ids = add_apis(platform.state / "store.sqlite", base, apis - 1, routes)
    first_start_s = platform.start(listen=endpoint)
    wait_until_kept(platform)
    platform.stop()
    start_s = platform.start(listen=endpoint)
    ready_at = time.monotonic()
    platform.settle()
    envoy_untouched = envoy_allocated_kib(platform)
    base = _renewed(platform, base)
    with probing(platform, base) as prober:
        prober.begin(base.path.api, "/steady", "")
        serving_s = prober.seen_at(may_fail=True) - ready_at
        for id in ids:
            prober.begin(id, "/r1", "")
            prober.seen_at()
        envoy_touched = envoy_allocated_kib(platform)
        load = RunningLoad(platform, base.world.consumer_network.vpc, api_url(base.path.api, STAGE, "/steady"))
        with load:
            times = [
                change_one(base, prober, ids[number % len(ids)], f"{ids[number % len(ids)]}00x", number)
                for number in range(changes)
            ]
            result = load.end()
    status = platform.client.call("GET", "/status")
    control = resident_kib(status["pid"])
    return Figures(
        apis=apis,
        start_s=start_s,
        serving_s=serving_s,
        live_s=tuple(live for live, _ in times),
        whole_s=tuple(whole for _, whole in times),
        envoy_per_api_kib=(envoy_touched - envoy_base) / len(ids),
        envoy_untouched_per_api_kib=(envoy_untouched - envoy_base) / len(ids),
        control_kib=control,
        control_per_api_kib=(control - control_base) / len(ids),
        load=result,
        agent_kib=resident_kib(status["agent"]["pid"]),
        first_start_s=first_start_s,
    )


def _renewed(platform: RunningPlatform, base: Base) -> Base:
    """Clients of the new address."""
    from innergate.cli.demo.scenarios import Cloud

    gateway = Cloud(platform.environment("gateway"), base.world.gateway.account)
    return base._replace(world=base.world._replace(gateway=gateway))


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--apis", type=int, default=1000)
    parser.add_argument("--routes", type=int, default=10)
    parser.add_argument("--changes", type=int, default=100)
    arguments = parser.parse_args()
    with RunningPlatform(concurrency=1) as platform:
        for line in measure(platform, arguments.apis, arguments.routes, arguments.changes).lines():
            sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
