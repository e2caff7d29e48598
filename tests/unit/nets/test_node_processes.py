import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from innergate.nets.node_processes import NodeProcesses, Part, answers, list_parts
from innergate.nets.state_folder import StateFolder
from innergate.testing.waiting import LONGEST_S

SERVER = """
import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen()
time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    made = StateFolder(tmp_path)
    made.prepare()
    (tmp_path / "listening.py").write_text(SERVER)
    return made


@pytest.fixture
def part(folder: StateFolder, monkeypatch: pytest.MonkeyPatch) -> Part:
    monkeypatch.setenv("PYTHONPATH", str(folder.root))
    path = folder.worker_socket(0)
    return Part("runtime-0", ("stages",), ("listening", str(path)), path)


@pytest.fixture
def processes(folder: StateFolder, part: Part) -> Iterator[NodeProcesses]:
    made = NodeProcesses(folder, [part])
    yield made
    made.stop()


def pid_of(folder: StateFolder) -> int:
    from innergate.nets.processes import read_record

    record = read_record(folder.process_record("runtime-0"))
    return record.pid if record is not None else 0


def test_nothing_runs_before_it_is_wanted(processes: NodeProcesses, folder: StateFolder, part: Part) -> None:
    processes.open()
    processes.tend()
    assert processes.want({"functions"}) == []
    assert pid_of(folder) == 0


def test_a_wanted_process_answers_when_want_returns(processes: NodeProcesses, part: Part) -> None:
    assert processes.want({"stages"}) == []
    assert answers(part.socket)


def test_a_killed_process_comes_back(processes: NodeProcesses, folder: StateFolder, part: Part) -> None:
    processes.want({"stages"})
    first = pid_of(folder)
    part.socket.unlink()
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + LONGEST_S
    while (pid_of(folder) == first or not answers(part.socket)) and time.monotonic() < deadline:
        processes.tend()
        time.sleep(0.02)
    assert pid_of(folder) != first
    assert answers(part.socket)


def test_a_later_agent_adopts_it(processes: NodeProcesses, folder: StateFolder, part: Part) -> None:
    processes.want({"stages"})
    first = pid_of(folder)
    later = NodeProcesses(folder, [part])
    later.open()
    later.tend()
    assert pid_of(folder) == first
    later.stop()
    assert not answers(part.socket)


def test_a_node_has_its_workers_and_one_supervisor(folder: StateFolder) -> None:
    names = [(part.name, part.kinds) for part in list_parts(folder, 2)]
    assert names == [
        ("runtime-0", ("stages", "usage", "function-urls")),
        ("runtime-1", ("stages", "usage", "function-urls")),
        ("functions", ("functions",)),
    ]
