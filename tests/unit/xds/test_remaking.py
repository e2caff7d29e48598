"""Listeners in namespaces that were made anew go and come back, whatever is published meanwhile."""

import asyncio
from pathlib import Path

from tests.unit.xds.test_lost_namespaces import WHOLE, cluster, listener, plan

from innergate.plans.envoy import EnvoyChange, EnvoyPlan
from innergate.xds.server import Secret, XdsServer

TIMEOUT_S = 0.5
LATER = plan(
    listeners={"lost": listener("ig-a"), "other": listener("ig-b"), "new": listener("ig-a")},
    clusters={"from-lost": cluster("ig-a")},
    endpoints={"from-lost": {"cluster_name": "from-lost", "endpoints": [{}, {}]}},
)


class NoSecrets:
    def secret(self, name: str) -> Secret | None:
        return None


def whole_change(wanted: EnvoyPlan) -> EnvoyChange:
    return EnvoyChange(wanted, {kind: frozenset(wanted.resources[kind]) for kind in wanted.resources})


def listeners(server: XdsServer) -> set[str]:
    return set(server.plan.resources["listeners"])


def test_a_newer_plan_waits_for_its_listeners_too(tmp_path: Path) -> None:
    async def run() -> None:
        server = XdsServer(tmp_path / "xds.sock", NoSecrets())
        server.publish(whole_change(WHOLE))
        async with asyncio.TaskGroup() as group:
            group.create_task(server.remake_listeners("local", frozenset({"ig-a"}), TIMEOUT_S))
            await asyncio.sleep(0.01)
            assert listeners(server) == {"other", "host"}
            server.publish(whole_change(LATER))
            assert listeners(server) == {"other"}
        assert server.plan == LATER

    asyncio.run(run())


def test_two_at_once_bring_both_back(tmp_path: Path) -> None:
    async def run() -> None:
        server = XdsServer(tmp_path / "xds.sock", NoSecrets())
        server.publish(whole_change(WHOLE))
        async with asyncio.TaskGroup() as group:
            for namespace in ("ig-a", "ig-b"):
                group.create_task(server.remake_listeners("local", frozenset({namespace}), TIMEOUT_S))
        assert server.plan == WHOLE

    asyncio.run(run())


def test_what_comes_before_the_first_plan_is_not_lost(tmp_path: Path) -> None:
    async def run() -> None:
        server = XdsServer(tmp_path / "xds.sock", NoSecrets())
        async with asyncio.TaskGroup() as group:
            group.create_task(server.remake_listeners("local", frozenset({"ig-a"}), TIMEOUT_S))
            await asyncio.sleep(0)
            server.publish(whole_change(WHOLE))
            await asyncio.sleep(0.01)
            assert listeners(server) == {"other", "host"}
        assert server.plan == WHOLE

    asyncio.run(run())
