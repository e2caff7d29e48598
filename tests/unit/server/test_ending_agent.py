"""What runs on after control was killed is taken down without it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from innergate.cli.up import down
from innergate.driver.client import ControlClient, ControlRefused, ControlUnreachable
from innergate.nets.agent_record import is_left_running
from innergate.nets.processes import ProcessRecord, read_start_time, write_record
from innergate.nets.state_folder import StateFolder
from innergate.server import agent_process, ending_agent
from innergate.server.ending_agent import end_what_is_left
from innergate.store.opening import lock_state

AGENT = """
import asyncio, sys
from pathlib import Path
from innergate.nets.agent_record import AgentRecord
from innergate.nets.framing import TO_AGENT, frame, read_message
from innergate.nets.processes import read_start_time, write_record
from innergate.nets.state_folder import StateFolder
from innergate.plans.node_messages import Hello, Stop
import os, signal
folder = StateFolder(Path(sys.argv[sys.argv.index('--state') + 1]))
async def main():
    while True:
        try:
            reader, writer = await asyncio.open_unix_connection(folder.node_socket)
            break
        except OSError:
            await asyncio.sleep(0.01)
    writer.write(frame(Hello(node='local', pid=os.getpid(), applied_revision=0)))
    while not isinstance(await read_message(reader, TO_AGENT), Stop):
        pass
    if folder.envoy_record.exists():
        os.kill(int(folder.envoy_record.with_name('envoy').read_text()), signal.SIGKILL)
    folder.agent_record.unlink()
record = AgentRecord(pid=os.getpid(), started=read_start_time(os.getpid()), rootless=False, holder=0)
write_record(folder.agent_record, record)
asyncio.run(main())
"""


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def command(state: Path, arguments: object = ()) -> list[str]:
        return [sys.executable, "-c", AGENT, "--state", str(state)]

    monkeypatch.setattr(agent_process, "agent_command", command)
    monkeypatch.setattr(ending_agent, "GREETING_TIMEOUT_S", 30.0)
    monkeypatch.setattr(ending_agent, "open_control_log", lambda settings: None)
    StateFolder(tmp_path).prepare()
    return tmp_path


@pytest.fixture
def envoy(state: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "60"])
    folder = StateFolder(state)
    write_record(folder.envoy_record, ProcessRecord(pid=process.pid, started=read_start_time(process.pid)))
    folder.envoy_record.with_name("envoy").write_text(str(process.pid))
    yield process
    process.kill()
    process.wait()


def test_nothing_runs(state: Path) -> None:
    assert not is_left_running(state)
    with pytest.raises(ControlUnreachable, match="no Innergate runs"):
        down(state=str(state))


def test_an_agent_that_runs_on_is_told_of_and_stopped(state: Path) -> None:
    agent = subprocess.Popen([sys.executable, "-c", AGENT, "--state", str(state)])
    deadline = time.monotonic() + 30
    while not is_left_running(state):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with pytest.raises(ControlUnreachable, match=r"what it has started runs on.*\n.*innergate down"):
        ControlClient(state).call("GET", "/status")
    guard = lock_state(state / "store.sqlite")
    with pytest.raises(ControlRefused, match="is about to start or to end"):
        down(state=str(state))
    os.close(guard)
    down(state=str(state))
    assert agent.wait(30) == 0
    assert not is_left_running(state)


def test_an_envoy_without_an_agent_is_ended_by_a_new_one(state: Path, envoy: subprocess.Popen[bytes]) -> None:
    assert is_left_running(state)
    assert end_what_is_left(state)
    assert envoy.wait(30) == -signal.SIGKILL
