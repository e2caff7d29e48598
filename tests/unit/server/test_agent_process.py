"""One agent a state folder: started where none runs, adopted where one does, started again when it has ended."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from innergate.nets.processes import read_start_time
from innergate.server import agent_process
from innergate.server.agent_process import AgentProcess
from innergate.server.settings import AgentNotStarted, Settings
from innergate.testing.waiting import until


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    def short_lived(state: Path, arguments: object = ()) -> list[str]:
        return [sys.executable, "-S", "-c", "pass"]

    monkeypatch.setattr(agent_process, "agent_command", short_lived)
    return Settings(tmp_path, "127.0.0.1", 0)


def leave_record(settings: Settings, pid: int, started: int) -> None:
    settings.run_folder.mkdir(parents=True, exist_ok=True)
    record = {"pid": pid, "started": started, "rootless": False, "holder": 0}
    (settings.run_folder / "agent.json").write_bytes(msgspec.json.encode(record))


def test_one_that_runs_is_adopted(settings: Settings) -> None:
    leave_record(settings, os.getpid(), read_start_time(os.getpid()))
    agent = AgentProcess(settings)
    agent.ensure()
    assert agent.starts == 0
    assert agent.runs()


def test_a_record_of_another_process_with_the_same_number_does_not_count(settings: Settings) -> None:
    leave_record(settings, os.getpid(), read_start_time(os.getpid()) - 1)
    agent = AgentProcess(settings)
    agent.ensure()
    assert agent.starts == 1
    asyncio.run(agent.wait_ended())


def test_one_that_ends_at_once_is_started_again_after_a_while_only(settings: Settings) -> None:
    now = [100.0]
    agent = AgentProcess(settings, lambda: now[0])
    agent.ensure()
    assert asyncio.run(agent.wait_ended())
    agent.ensure()
    assert agent.starts == 1
    now[0] += agent_process.SHORTEST_LIFE_S
    agent.ensure()
    assert agent.starts == 2
    assert asyncio.run(agent.wait_ended())


def test_waiting_for_one_that_stays_gives_up(settings: Settings) -> None:
    leave_record(settings, os.getpid(), read_start_time(os.getpid()))
    ticks = iter(range(100))
    agent = AgentProcess(settings, lambda: float(next(ticks)))
    assert not asyncio.run(agent.wait_ended())


def test_one_that_cannot_be_started_now_is_started_once_it_can(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent_process, "LOOK_PERIOD_S", 0.001)
    settings.log_folder.mkdir()
    hindrance = settings.log_folder / "agent.err"
    hindrance.mkdir()
    now = [100.0]
    agent = AgentProcess(settings, lambda: now[0])

    async def live() -> None:
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(agent.watch())
            await asyncio.sleep(0.02)
            assert not watching.done()
            hindrance.rmdir()
            now[0] += agent_process.SHORTEST_LIFE_S
            await until(lambda: agent.starts == 1)
            watching.cancel()

    asyncio.run(live())
    assert asyncio.run(agent.wait_ended())


def test_one_that_does_not_answer_is_killed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def deaf(state: Path, arguments: object = ()) -> list[str]:
        return ["sleep", "60"]

    monkeypatch.setattr(agent_process, "agent_command", deaf)
    agent = AgentProcess(settings)
    agent.ensure()
    assert agent.runs()
    assert asyncio.run(agent.kill())
    assert not agent.runs()
    assert asyncio.run(agent.kill()), "there is none any more"


def test_one_of_an_earlier_control_is_killed_too(settings: Settings) -> None:
    deaf = subprocess.Popen(["sleep", "60"])
    try:
        leave_record(settings, deaf.pid, read_start_time(deaf.pid))
        assert asyncio.run(AgentProcess(settings).kill())
        assert deaf.wait(5) == -signal.SIGKILL
    finally:
        deaf.kill()


def test_a_machine_that_starts_no_process_is_said(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(state: Path, arguments: object = ()) -> list[str]:
        return ["/nonexistent/agent"]

    monkeypatch.setattr(agent_process, "agent_command", missing)
    agent = AgentProcess(settings)
    with pytest.raises(AgentNotStarted, match=r"the node's agent cannot be started: .*No such file"):
        agent.ensure()
    assert agent.starts == 0
