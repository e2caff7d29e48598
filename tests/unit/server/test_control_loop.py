"""From a commit to an agent and an Envoy: in order, whole for who comes late, and nothing is taken away while it is in use."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, final

import grpc
import pytest
from tests.unit.server.agent_side import AgentSide

from innergate.compile.engine import Compiler
from innergate.compile.family import EnvoyBody, Family, UnitOutput
from innergate.compile.settings import CompileSettings
from innergate.compile.units import FAMILIES
from innergate.compile.view import View
from innergate.nets.merge import merge
from innergate.plans.documents import STAGES, Document, DocumentName
from innergate.plans.envoy import TYPE_URLS, EnvoyKind
from innergate.plans.network import NetworkChange, NetworkPlan
from innergate.plans.node_messages import Applied
from innergate.primitives.ids import AccountId, Region
from innergate.resources.vpcs import CidrAssociation, Vpc
from innergate.server.control_loop import ControlLoop, Executors
from innergate.server.node_link import NodeLink
from innergate.server.observed import PlatformObservations
from innergate.store import sqlite
from innergate.store.sqlite import SqliteStore
from innergate.testing.clock import FakeClock
from innergate.testing.waiting import LONGEST_S, until
from innergate.xds.descriptors import message_class
from innergate.xds.server import METHOD, SERVICE, Secret, XdsServer


class NoSecrets:
    def secret(self, name: str) -> Secret | None:
        return None


@final
class World:
    """A control loop over a real store, with sockets for an agent and an Envoy."""

    def __init__(self, folder: Path, families: tuple[Family, ...] = FAMILIES) -> None:
        self._clock = FakeClock()
        self.folder = folder
        self.store = SqliteStore(folder / "store.sqlite", self._clock)
        self.observations = PlatformObservations(self.store, self._clock)
        self.xds = XdsServer(folder / "xds.sock", NoSecrets(), on_progress=lambda: self.loop.poke())
        self.node = NodeLink(folder / "node.sock", lambda: self.loop.whole_network(), lambda said: self.loop.poke())
        compiler = Compiler(families, CompileSettings(), strict=True)
        self.loop = ControlLoop(self.store, compiler, Executors(self.xds, self.node), self.observations)
        self.agents: list[AgentSide] = []

    def put(self, name: str) -> Vpc:
        """Commits a VPC."""
        vpc = Vpc(
            id=f"vpc-{name}",
            account=AccountId("111122223333"),
            region=Region("us-east-1"),
            cidr_block="10.0.0.0/16",
            cidr_associations=(CidrAssociation(association_id=f"a-{name}", cidr_block="10.0.0.0/16"),),
            created_at=self._clock.now(),
        )
        with self.store.transaction() as tx:
            tx.put(vpc)
        return vpc

    def drop(self, vpc: Vpc) -> None:
        """Deletes it."""
        with self.store.transaction() as tx:
            tx.delete(vpc)

    async def agent(self, pid: int = 7) -> AgentSide:
        """An agent that has said hello."""
        self.agents.append(await AgentSide.greet(self.folder / "node.sock", pid))
        return self.agents[-1]

    async def without(self, agent: AgentSide) -> None:
        """The agent has gone."""
        await agent.leave()
        await until(lambda: not self.node.is_connected)

    @asynccontextmanager
    async def envoy(self, asks_for: tuple[EnvoyKind, ...] = ("clusters", "listeners")) -> AsyncIterator["EnvoySide"]:
        """An Envoy that takes whatever it gets of what it asks for."""
        envoy = EnvoySide()
        for kind in asks_for:
            envoy.ask_for(kind)
        async with grpc.aio.insecure_channel(f"unix:{self.folder / 'xds.sock'}") as channel:
            stream = channel.stream_stream(f"/{SERVICE}/{METHOD}", bytes, bytes)(envoy.requests())
            taking = asyncio.ensure_future(envoy.take(stream))
            try:
                await until(lambda: "local" in self.xds.connected_nodes)
                yield envoy
            finally:
                taking.cancel()
                stream.cancel()


@final
class EnvoySide:
    """The other end of a stream."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._said: asyncio.Queue[bytes] = asyncio.Queue()
        self._request = message_class("envoy.service.discovery.v3.DeltaDiscoveryRequest")
        self._response: Any = message_class("envoy.service.discovery.v3.DeltaDiscoveryResponse")

    def ask_for(self, kind: EnvoyKind) -> None:
        """Subscribes to everything of a kind."""
        self._say(type_url=TYPE_URLS[kind])

    def _say(self, **fields: str) -> None:
        message: Any = self._request(**fields)
        message.node.id = "local"
        self._said.put_nowait(message.SerializeToString())

    async def requests(self) -> AsyncIterator[bytes]:
        """What it says."""
        while True:
            yield await self._said.get()

    async def take(self, stream: Any) -> None:
        """Acknowledges every answer."""
        while True:
            answer = self._response.FromString(await stream.read())
            self.names += [resource.name for resource in answer.resources]
            self._say(type_url=answer.type_url, response_nonce=answer.nonce)


def play(folder: Path, scene: Callable[[World], Awaitable[None]], families: tuple[Family, ...] = FAMILIES) -> None:
    """Plays a scene while the loop runs."""

    async def run() -> None:
        world = World(folder, families)
        await world.node.start()
        await world.xds.start()
        running = asyncio.ensure_future(world.loop.run())
        try:
            await asyncio.wait_for(scene(world), 2 * LONGEST_S)
        finally:
            running.cancel()
            for agent in world.agents:
                await agent.leave()
            await world.node.stop()
            await world.xds.stop()
            await asyncio.sleep(0.01)
            world.store.close()

    asyncio.run(run())


def document_and_cluster(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """What a worker executes and what sends requests to it, for each VPC."""
    if view.get(Vpc, id) is None:
        return UnitOutput()
    return UnitOutput(
        envoy=(EnvoyBody("clusters", id, {"name": id}),),
        documents=(Document(name=DocumentName(STAGES, id), body=b"{}"),),
    )


EXECUTED = (Family("executed", (Vpc,), document_and_cluster),)


def vpcs(change: NetworkChange) -> list[str]:
    return [vpc.vpc_id for vpc in change.vpcs]


async def change_with(agent: AgentSide, wanted: Callable[[NetworkChange], object]) -> NetworkChange:
    """Takes changes until one is as wanted."""
    while not wanted(change := await agent.apply()):
        pass
    return change


def test_the_first_agent_gets_all_and_then_what_is_new(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        world.put("one")
        agent = await world.agent()
        first = await change_with(agent, vpcs)
        assert vpcs(first) == ["vpc-one"]
        world.put("two")
        second = await change_with(agent, lambda change: "vpc-two" in vpcs(change))
        assert (vpcs(second), second.complete) == (["vpc-two"], False)
        assert second.revision == world.store.state().revision

    play(tmp_path, scene)


def test_an_agent_that_comes_late_starts_from_the_whole(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        world.put("one")
        first = await world.agent()
        await change_with(first, vpcs)
        world.put("two")
        await change_with(first, vpcs)
        late = await world.agent()
        whole = await change_with(late, lambda change: len(change.vpcs) == 2)
        assert (vpcs(whole), whole.complete) == (["vpc-one", "vpc-two"], True)

    play(tmp_path, scene)


def test_nothing_is_applied_before_every_executor_has_it(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        world.put("one")
        agent = await world.agent()
        await change_with(agent, vpcs)
        assert not await world.loop.wait_applied(0, 0.05), "there is no Envoy"
        async with world.envoy():
            assert await world.loop.wait_applied(world.store.state().revision, 5)
            seen = world.observations.observed("node/local", "applied_revision")
            assert seen is not None
            assert seen.value == world.store.state().revision
            vpc = world.put("two")
            change = await change_with_no_answer(agent, vpc.id)
            assert not await world.loop.wait_applied(change.revision, 0.05), "the agent is still at it"

    async def change_with_no_answer(agent: AgentSide, id: str) -> NetworkChange:
        while id not in vpcs(change := await agent.change()):
            pass
        return change

    play(tmp_path, scene)


def test_a_network_goes_only_after_envoy_has_let_go(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        one, two = world.put("one"), world.put("two")
        agent = await world.agent()
        await change_with(agent, lambda change: len(change.vpcs) == 2)
        async with world.envoy(asks_for=("clusters",)) as envoy:
            world.drop(one)
            world.put("three")
            kept = await change_with(agent, vpcs)
            assert (vpcs(kept), kept.dropped_vpcs) == (["vpc-three"], ())
            world.drop(two)
            assert (await agent.apply()).dropped_vpcs == ()
            world.put("one")
            back = await change_with(agent, vpcs)
            assert (vpcs(back), back.dropped_vpcs) == (["vpc-one"], ()), "what came back is no more to go"
            envoy.ask_for("listeners")
            gone = await change_with(agent, lambda change: change.dropped_vpcs)
            assert gone.dropped_vpcs == (two.id,)
            assert gone.revision == world.store.state().revision

    play(tmp_path, scene)


def networks(plan: NetworkPlan) -> set[str]:
    return {vpc.vpc_id for vpc in plan.vpcs}


async def plan_after(agent: AgentSide, plan: NetworkPlan, wanted: Callable[[NetworkPlan], bool]) -> NetworkPlan:
    """What an agent has once it is as wanted."""
    while not wanted(plan):
        plan = merge(plan, await agent.apply())
    return plan


def test_an_agent_that_comes_back_keeps_a_network_until_envoy_has_let_go(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        one, two = world.put("one"), world.put("two")
        agent = await world.agent()
        plan = await plan_after(agent, NetworkPlan(revision=0), lambda plan: networks(plan) == {one.id, two.id})
        async with world.envoy(asks_for=("clusters",)) as envoy:
            await world.without(agent)
            world.drop(one)
            newest = world.store.state().revision
            await until(lambda: world.loop.compilation is not None and world.loop.compilation.revision == newest)
            again = await world.agent()
            plan = await plan_after(again, plan, lambda plan: plan.revision == newest)
            assert networks(plan) == {one.id, two.id}, "Envoy has its listeners there"
            envoy.ask_for("listeners")
            await plan_after(again, plan, lambda plan: networks(plan) == {two.id})

    play(tmp_path, scene)


def test_one_that_is_far_behind_removes_no_network_before_envoy_has_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "REMEMBERED_COMMITS", 2)

    async def scene(world: World) -> None:
        one, two = world.put("one"), world.put("two")
        agent = await world.agent()
        plan = await plan_after(agent, NetworkPlan(revision=0), lambda plan: networks(plan) == {one.id, two.id})
        async with world.envoy(asks_for=("clusters",)) as envoy:
            seen = world.store.state().revision
            world.drop(one)
            for name in ("three", "four", "five"):
                world.put(name)
            assert world.store.commits_after(seen) is None
            kept = await plan_after(agent, plan, lambda plan: "vpc-five" in networks(plan))
            assert one.id in networks(kept), "Envoy has its listeners there"
            envoy.ask_for("listeners")
            await plan_after(agent, kept, lambda plan: one.id not in networks(plan))

    play(tmp_path, scene)


def test_without_an_envoy_nobody_is_waited_for(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        one = world.put("one")
        agent = await world.agent()
        await change_with(agent, vpcs)
        world.drop(one)
        assert (await change_with(agent, lambda change: change.dropped_vpcs)).dropped_vpcs == (one.id,)

    play(tmp_path, scene)


def test_envoy_waits_for_documents_of_an_agent_that_is_away(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        agent = await world.agent()
        await agent.apply()
        async with world.envoy(asks_for=("clusters",)) as envoy:
            await world.without(agent)
            world.put("one")
            await asyncio.sleep(0.1)
            assert envoy.names == [], "workers do not have the document yet"
            again = await world.agent()
            written = await change_with(again, lambda change: change.documents)
            assert [document.name.name for document in written.documents] == ["vpc-one"]
            await until(lambda: envoy.names == ["vpc-one"])

    play(tmp_path, scene, EXECUTED)


def test_envoy_gets_what_needs_no_document_while_the_agent_is_away(tmp_path: Path) -> None:
    def cluster(view: View, id: str, settings: CompileSettings) -> UnitOutput:
        return UnitOutput(envoy=(EnvoyBody("clusters", id, {"name": id}),))

    async def scene(world: World) -> None:
        agent = await world.agent()
        await agent.apply()
        async with world.envoy(asks_for=("clusters",)) as envoy:
            await world.without(agent)
            world.put("one")
            await until(lambda: envoy.names == ["vpc-one"])

    play(tmp_path, scene, (Family("plain", (Vpc,), cluster),))


def test_only_what_needs_documents_waits_for_a_disk_that_takes_none(tmp_path: Path) -> None:
    def cluster(view: View, id: str, settings: CompileSettings) -> UnitOutput:
        output = document_and_cluster(view, id, settings)
        return UnitOutput(envoy=output.envoy, documents=output.documents if id == "vpc-executed" else ())

    async def scene(world: World) -> None:
        agent = await world.agent()
        await agent.apply()
        async with world.envoy(asks_for=("clusters",)) as envoy:
            world.put("plain")
            await lack_documents(agent, lambda change: "vpc-plain" in vpcs(change))
            await until(lambda: envoy.names == ["vpc-plain"])
            world.put("executed")
            change = await lack_documents(agent, lambda change: bool(change.documents))
            await asyncio.sleep(0.1)
            assert envoy.names == ["vpc-plain"], "workers do not have the document yet"
            agent.say(Applied(revision=change.revision))
            await until(lambda: envoy.names == ["vpc-plain", "vpc-executed"])

    async def lack_documents(agent: AgentSide, wanted: Callable[[NetworkChange], bool]) -> NetworkChange:
        while True:
            change = await agent.change()
            agent.say(Applied(revision=change.revision, lacks_documents=True))
            if wanted(change):
                return change

    play(tmp_path, scene, (*FAMILIES, Family("executed", (Vpc,), cluster)))


@pytest.mark.parametrize("pid", [7, 8])
def test_removals_wait_for_an_agent_that_is_away(tmp_path: Path, pid: int) -> None:
    """Another one, or the same whose connection was lost."""

    async def scene(world: World) -> None:
        one = world.put("one")
        agent = await world.agent()
        await change_with(agent, lambda change: change.documents)
        async with world.envoy() as envoy:
            envoy.ask_for("routes")
            await change_with(agent, lambda change: change.sweeps_stages)
            await world.without(agent)
            world.drop(one)
            await until(lambda: world.xds.settled_revision("local") == world.store.state().revision)
            again = await world.agent(pid)
            gone = await change_with(again, lambda change: change.dropped_documents)
            assert [name.name for name in gone.dropped_documents] == [one.id]
            assert gone.sweeps_stages, "what the agent before had been told to remove may be there still"

    play(tmp_path, scene, EXECUTED)


def test_before_the_first_compilation_there_is_no_network(tmp_path: Path) -> None:
    async def before() -> None:
        world = World(tmp_path)
        assert world.loop.whole_network() == NetworkChange(revision=0, complete=False)
        world.store.close()

    asyncio.run(before())
