"""The rim over a real socket: an Envoy that was there before control gets nothing until the first plan."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import immutables
import pytest

from innergate.plans.envoy import EMPTY_ENVOY_PLAN, TYPE_URLS, EnvoyChange, EnvoyPlan, EnvoyResource
from innergate.xds.descriptors import message_class
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
        await asyncio.sleep(10)

    async with grpc.aio.insecure_channel(f"unix:{socket}") as channel:
        stream = channel.stream_stream(f"/{SERVICE}/{METHOD}", bytes, bytes)(requests())
        answer = asyncio.ensure_future(stream.read())
        done, _ = await asyncio.wait([answer], timeout=0.3)
        assert not done, "an Envoy was answered before there was a plan"
        server.publish(EnvoyChange(plan, {}))
        data = await asyncio.wait_for(answer, 5)
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
