"""Takes down what an agent has made, with a platform around it or with none: a start that failed, control that was killed."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from innergate.nets.agent_record import is_left_running
from innergate.plans.network import NetworkChange
from innergate.primitives.event_log import EventLog
from innergate.server.agent_process import LOOK_PERIOD_S, AgentProcess
from innergate.server.node_link import NodeLink
from innergate.server.settings import Settings
from innergate.server.state_folders import open_control_log
from innergate.store.opening import lock_state

log = EventLog()

STOP_TIMEOUT_S = 20.0
GREETING_TIMEOUT_S = 5.0


async def end_agent(agent: AgentProcess, node: NodeLink, state: Path) -> bool:
    """Whether none runs any more. One that does not greet is killed, and another takes down what it has made."""
    if not await _is_greeted(agent, node) and agent.runs():
        log.warning("the agent does not answer, and another takes its place", state=str(state))
        await agent.kill()
        with suppress(OSError):
            agent.ensure()
        if not await _is_greeted(agent, node):
            await agent.kill()
            log.error("no agent answers: what was made is left, Envoy too", state=str(state))
    if node.is_connected:
        await node.ask_to_stop(STOP_TIMEOUT_S)
        await agent.wait_ended()
    if agent.runs():
        log.error("the agent did not end, and Envoy serves on", state=str(state))
        return False
    return True


async def end_agent_alone(settings: Settings, agent: AgentProcess) -> bool:
    """The same where nothing else of a platform is there."""
    nothing = NetworkChange(revision=0, complete=False)
    node = NodeLink(settings.node_socket, lambda: nothing, lambda message: None)
    await node.start()
    try:
        return await end_agent(agent, node, settings.state)
    finally:
        await node.stop()
        settings.node_socket.unlink(missing_ok=True)


def end_what_is_left(state: Path) -> bool:
    """Takes down what runs of a folder whose control does not, by an agent that is started where none is; whether it is down.

    Raises StoreBusy where control runs after all, StoreUnwritable, AgentNotStarted.
    """
    settings = Settings(state, "127.0.0.1", 0)
    guard = lock_state(settings.store_path)
    try:
        open_control_log(settings)
        agent = AgentProcess(settings)
        agent.ensure()
        is_down = asyncio.run(end_agent_alone(settings, agent)) and not is_left_running(state)
        if is_down:
            for path in (settings.control_socket, settings.front_socket, settings.xds_socket):
                path.unlink(missing_ok=True)
        return is_down
    finally:
        os.close(guard)


async def _is_greeted(agent: AgentProcess, node: NodeLink) -> bool:
    """Whether an agent is connected; one that runs may just have been started."""
    if agent.runs():
        with suppress(TimeoutError):
            async with asyncio.timeout(GREETING_TIMEOUT_S):
                await _until(lambda: node.is_connected)
    return node.is_connected


async def _until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - the link offers no event
        await asyncio.sleep(LOOK_PERIOD_S)
