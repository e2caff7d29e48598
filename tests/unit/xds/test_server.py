"""The rim over a real socket: an Envoy that was there before control gets nothing until the first plan."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import immutables
import pytest

from innergate.plans.envoy import EMPTY_ENVOY_PLAN, TYPE_URLS, EnvoyChange, EnvoyPlan, EnvoyResource
from innergate.testing.waiting import LONGEST_S
from innergate.xds.descriptors import message_class
from innergate.xds.encode import encode_body
from innergate.xds.kept_bodies import KeptBody, frame_bodies
from innergate.xds.server import METHOD, SERVICE, Secret, XdsServer


class NoSecrets:
    def secret(self, name: str) -> Secret | None:
        return None


def greeting(kept: dict[str, str]) -> bytes:
    message: Any = message_class("envoy.service.discovery.v3.DeltaDiscoveryRequest")(
        type_url=TYPE_URLS["clusters"], initial_resource_versions=kept
    )
    message.node.id = "local"
    return bytes(message.SerializeToString())


async def talk(socket: Path, plan: EnvoyPlan) -> tuple[list[str], list[str]]:
    """(names sent, names removed) in the first response to an Envoy that has kept two clusters."""
    server = XdsServer(socket, NoSecrets())
    await server.start()

    async def requests() -> AsyncIterator[bytes]:
        yield greeting({"kept": "1", "gone": "1"})
        await asyncio.sleep(2 * LONGEST_S)

    async with grpc.aio.insecure_channel(f"unix:{socket}") as channel:
        stream = channel.stream_stream(f"/{SERVICE}/{METHOD}", bytes, bytes)(requests())
        answer = asyncio.ensure_future(stream.read())
        done, _ = await asyncio.wait([answer], timeout=0.3)
        assert not done, "an Envoy was answered before there was a plan"
        server.publish(EnvoyChange(plan, {}))
        data = await asyncio.wait_for(answer, LONGEST_S)
        assert isinstance(data, bytes)
        stream.cancel()
    await server.stop()
    response: Any = message_class("envoy.service.discovery.v3.DeltaDiscoveryResponse").FromString(data)
    return [resource.name for resource in response.resources], list(response.removed_resources)


@pytest.mark.parametrize("is_empty", [False, True])
def test_nothing_is_taken_away_before_the_first_plan(tmp_path: Path, is_empty: bool) -> None:
    names = () if is_empty else ("kept", "new")
    clusters = immutables.Map({name: EnvoyResource(name, "1", {"name": name}) for name in names})
    plan = EnvoyPlan(1, EMPTY_ENVOY_PLAN.resources.set("clusters", clusters))
    sent, removed = asyncio.run(talk(tmp_path / "x", plan))
    assert sent == ([] if is_empty else ["new"])
    assert removed == (["gone", "kept"] if is_empty else ["gone"])


def plan_of_scopes(*names: str) -> EnvoyPlan:
    scopes = immutables.Map({name: EnvoyResource.versioned(name, {"name": name}) for name in names})
    return EnvoyPlan(1, EMPTY_ENVOY_PLAN.resources.set("scopes", scopes))


async def ask_for_scopes(socket: Path, server: XdsServer) -> dict[str, bytes]:
    """The scopes that an Envoy gets, by name, once it has taken clusters."""
    message: Any = message_class("envoy.service.discovery.v3.DeltaDiscoveryRequest")
    answer_of: Any = message_class("envoy.service.discovery.v3.DeltaDiscoveryResponse")

    async def requests() -> AsyncIterator[bytes]:
        for kind in ("clusters", "listeners", "scopes"):
            yield bytes(message(type_url=TYPE_URLS[kind]).SerializeToString())
        for nonce in range(1, 3):
            yield bytes(message(type_url=TYPE_URLS["clusters"], response_nonce=f"{nonce}").SerializeToString())
        await asyncio.sleep(2 * LONGEST_S)

    async with grpc.aio.insecure_channel(f"unix:{socket}") as channel:
        stream = channel.stream_stream(f"/{SERVICE}/{METHOD}", bytes, bytes)(requests())
        while True:
            answer = answer_of.FromString(await asyncio.wait_for(stream.read(), LONGEST_S))
            if answer.type_url == TYPE_URLS["scopes"]:
                stream.cancel()
                return {resource.name: resource.resource.value for resource in answer.resources}


def test_what_else_a_start_needs_waits_until_many_scopes_are_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("innergate.xds.server.MANY_SCOPES", 2)

    async def run() -> None:
        server = XdsServer(tmp_path / "x", NoSecrets())
        await server.start()
        change = EnvoyChange(plan_of_scopes("a", "b"), {})
        server.prepare(change)
        loop = asyncio.get_running_loop()
        began_at = loop.time()
        await server.wait_scopes_sent(0.05)  # nobody has come
        assert loop.time() - began_at >= 0.05
        server.publish(change)
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(server.wait_scopes_sent(10 * LONGEST_S))
            assert set(await ask_for_scopes(tmp_path / "x", server)) == {"a", "b"}
            await asyncio.wait_for(waiting, LONGEST_S)
        await server.stop()
        few = XdsServer(tmp_path / "y", NoSecrets())
        few.prepare(EnvoyChange(plan_of_scopes("a"), {}))
        await asyncio.wait_for(few.wait_scopes_sent(10 * LONGEST_S), LONGEST_S)
        await few.stop()

    asyncio.run(run())


def test_scopes_that_were_kept_are_sent_as_they_were_kept(tmp_path: Path) -> None:
    async def run() -> None:
        server = XdsServer(tmp_path / "x", NoSecrets())
        await server.start()
        plan = plan_of_scopes("a", "b")
        kept = [KeptBody("a", plan.resources["scopes"]["a"].version, b"kept"), KeptBody("b", "an older one", b"old")]
        server.prepare(EnvoyChange(plan, {}), [frame_bodies("scopes", kept)])
        server.publish(EnvoyChange(plan, {}))
        sent = await ask_for_scopes(tmp_path / "x", server)
        assert sent == {"a": b"kept", "b": encode_body("scopes", {"name": "b"})}
        await server.stop()

    asyncio.run(run())
