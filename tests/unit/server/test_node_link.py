"""One agent at a time: it starts from the whole plan, says what it has applied, and may go and come back."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.unit.server.agent_side import AgentSide

from innergate.plans.network import NetworkChange
from innergate.plans.node_messages import Applied, EnvoyState, FromAgent, Hello, Refused, Stop
from innergate.server.node_link import NodeLink
from innergate.testing.waiting import LONGEST_S, until

WHOLE = NetworkChange(revision=3, complete=True, public_names={"a.example": ("10.0.0.1",)})


Greet = Callable[[int], Awaitable[AgentSide]]
"""Connects an agent of that pid."""


def linked(folder: Path, scene: Callable[[NodeLink, Greet], Awaitable[None]]) -> list[FromAgent]:
    """Plays a scene with a link that listens; what was reported."""
    reports: list[FromAgent] = []
    agents: list[AgentSide] = []
    socket = folder / "node.sock"

    async def greet(pid: int) -> AgentSide:
        agents.append(await AgentSide.greet(socket, pid))
        return agents[-1]

    async def play() -> None:
        link = NodeLink(socket, lambda: WHOLE, reports.append)
        await link.start()
        try:
            await asyncio.wait_for(scene(link, greet), LONGEST_S)
        finally:
            for agent in agents:
                await agent.leave()
            await link.stop()
            await asyncio.sleep(0.01)

    asyncio.run(play())
    return reports


def test_only_its_owner_may_speak_to_the_socket(tmp_path: Path) -> None:
    async def scene(link: NodeLink, greet: Greet) -> None:
        assert (tmp_path / "node.sock").stat().st_mode & 0o777 == 0o600

    linked(tmp_path, scene)


def test_a_fresh_agent_gets_the_whole_plan_then_changes(tmp_path: Path) -> None:
    async def scene(link: NodeLink, greet: Greet) -> None:
        link.send(NetworkChange(revision=2, complete=False))
        agent = await greet(42)
        assert await agent.apply() == WHOLE, "what was sent to nobody is lost"
        assert await link.wait_applied(3, 5)
        assert (link.agent_pid, link.is_connected) == (42, True)
        assert not await link.wait_applied(4, 0.02)
        link.send(NetworkChange(revision=4, complete=False))
        assert (await agent.apply()).revision == 4
        assert await link.wait_applied(4, 5)

    assert [type(report) for report in linked(tmp_path, scene)] == [Hello, Applied, Applied]


def test_refusals_are_those_of_the_newest_answer(tmp_path: Path) -> None:
    async def scene(link: NodeLink, greet: Greet) -> None:
        agent = await greet(7)
        agent.say(Applied(revision=3, refusals=(Refused(subject="vpc/v", reason="no room"),)))
        await link.wait_applied(3, 5)
        assert link.refusals == {"vpc/v": "no room"}
        agent.say(Applied(revision=4))
        await link.wait_applied(4, 5)
        assert link.refusals == {}

    linked(tmp_path, scene)


def test_what_an_agent_that_went_had_applied_counts_no_more(tmp_path: Path) -> None:
    async def scene(link: NodeLink, greet: Greet) -> None:
        agent = await greet(7)
        await agent.apply()
        assert await link.wait_applied(3, 5)
        agent.writer.close()
        await until(lambda: not link.is_connected)
        assert link.applied_revision == -1
        again = await greet(7)
        assert await again.change() == WHOLE

    linked(tmp_path, scene)


def test_a_newer_agent_replaces_an_older_one(tmp_path: Path) -> None:
    async def scene(link: NodeLink, greet: Greet) -> None:
        old = await greet(1)
        await old.change()
        new = await greet(2)
        await new.apply()
        assert await old.is_cut_off()
        assert await link.wait_applied(3, 5)
        await asyncio.sleep(0.02)
        assert (link.agent_pid, link.applied_revision) == (2, 3), "the end of the old one is not the end of the new one"

    linked(tmp_path, scene)


def test_what_an_older_agent_still_says_counts_no_more(tmp_path: Path) -> None:
    async def scene(link: NodeLink, greet: Greet) -> None:
        old = await greet(1)
        await old.apply()
        assert await link.wait_applied(3, 5)
        stopping = asyncio.ensure_future(link.ask_to_stop(5))
        assert await old.hear() == Stop()
        _, writer = await asyncio.open_unix_connection(tmp_path / "node.sock")
        old.say(Applied(revision=9))
        assert await stopping, "the old one is gone for whoever waits"
        assert not await link.wait_applied(3, 0.02)
        writer.close()

    linked(tmp_path, scene)


def test_the_same_agent_comes_again(tmp_path: Path) -> None:
    async def scene(link: NodeLink, greet: Greet) -> None:
        for times in (1, 2):
            agent = await greet(7)
            await agent.apply()
            assert (link.agent_pid, link.greetings) == (7, times)

    linked(tmp_path, scene)


def test_what_is_no_message_ends_that_connection_alone(tmp_path: Path) -> None:
    async def scene(link: NodeLink, greet: Greet) -> None:
        strange = await greet(7)
        await strange.change()
        strange.writer.write(b"\x00\x00\x00\x01\xc1")
        assert await strange.is_cut_off()
        agent = await greet(7)
        agent.say(EnvoyState(is_running=True, pid=9, starts=1))
        assert await agent.apply() == WHOLE
        assert await link.wait_applied(3, 5)

    assert EnvoyState(is_running=True, pid=9, starts=1) in linked(tmp_path, scene)


def test_asking_to_stop_waits_for_the_agent_to_go(tmp_path: Path) -> None:
    async def scene(link: NodeLink, greet: Greet) -> None:
        agent = await greet(7)
        await agent.change()
        assert not await link.ask_to_stop(0.02), "it does not hurry"
        assert await agent.hear() == Stop()
        asked = asyncio.ensure_future(link.ask_to_stop(5))
        assert await agent.hear() == Stop()
        agent.writer.close()
        assert await asked

    linked(tmp_path, scene)


def test_networks_do_not_wait_for_documents_that_a_disk_does_not_take(tmp_path: Path) -> None:
    async def scene(link: NodeLink, greet: Greet) -> None:
        agent = await greet(7)
        agent.say(Applied(revision=3, lacks_documents=True))
        assert await link.wait_networks(3, 5)
        assert not await link.wait_applied(3, 0.02)
        assert link.applied_revision == -1
        agent.say(Applied(revision=3))
        assert await link.wait_applied(3, 5)
        agent.writer.close()
        await until(lambda: not link.is_connected)
        assert not await link.wait_networks(3, 0.02)

    linked(tmp_path, scene)
