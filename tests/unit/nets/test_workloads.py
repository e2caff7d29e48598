import os
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from innergate.nets.processes import KeptProcess, is_running, read_record
from innergate.nets.state_folder import StateFolder
from innergate.nets.workloads import Workloads
from innergate.plans.network import WorkloadHost
from innergate.testing.waiting import LONGEST_S


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.at = 100.0

    def now(self) -> float:
        return self.at


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[StateFolder]:
    made = StateFolder(tmp_path)
    made.prepare()
    yield made
    Workloads(made).stop()


HOST = WorkloadHost(
    workload_id="w",
    namespace="there-is-no-such-namespace",
    address="10.1.1.5",
    prefix_length=24,
    router="10.1.1.1",
    resolver="10.1.0.2",
    command=("sleep", "60"),
)


def wait_for_end(process: KeptProcess) -> None:
    deadline = time.monotonic() + LONGEST_S
    while process.is_alive():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_starts_again_after_growing_pauses(folder: StateFolder) -> None:
    clock = Clock()
    workloads = Workloads(folder, clock.now)
    workloads.set_hosts([HOST])
    pauses: list[float] = []
    for _ in range(3):
        assert [state.is_running for state in workloads.tend()] == [True]
        deadline = time.monotonic() + LONGEST_S
        ended = workloads.tend()
        while not ended:
            assert time.monotonic() < deadline
            time.sleep(0.01)
            ended = workloads.tend()
        assert [(state.is_running, state.exit_code) for state in ended] == [(False, 127)]
        before = clock.at
        while not workloads._kept["w"].start_at <= clock.at:
            clock.at += 0.25
        pauses.append(clock.at - before)
    assert pauses == [0.5, 1.0, 2.0]
    assert "there-is-no-such-namespace" in folder.workload_log("w").read_text()


def test_writes_the_resolver_file_and_takes_it_away(folder: StateFolder) -> None:
    workloads = Workloads(folder)
    workloads.set_hosts([msgspec.structs.replace(HOST, command=())])
    path = folder.resolver_file(HOST.namespace)
    assert path.read_text().startswith("nameserver 10.1.0.2\n")
    assert workloads.tend() == []
    workloads.set_hosts([])
    assert not path.exists()


def test_a_process_is_adopted_by_its_record(folder: StateFolder, tmp_path: Path) -> None:
    first = KeptProcess(folder.workload_record("p"))
    first.start(["sleep", "60"], {"PATH": "/usr/bin:/bin"}, tmp_path / "out", "one")
    second = KeptProcess(folder.workload_record("p"))
    assert second.adopt("one")
    assert second.pid == first.pid
    assert second.is_alive()
    child = first._child
    assert child is not None
    child.kill()
    wait_for_end(first)
    assert not second.is_alive()


def test_a_process_of_other_words_is_ended(folder: StateFolder, tmp_path: Path) -> None:
    first = KeptProcess(folder.workload_record("p"))
    first.start_detached(["/bin/sleep", "60"], tmp_path / "out", "one")
    record = read_record(folder.workload_record("p"))
    assert record is not None
    assert is_running(record)
    assert not KeptProcess(folder.workload_record("p")).adopt("two")
    assert not is_running(record)


def test_a_detached_process_has_the_environment_that_it_is_given(folder: StateFolder, tmp_path: Path) -> None:
    process = KeptProcess(folder.workload_record("p"))
    environment = {**os.environ, "RES_OPTIONS": "timeout:1"}
    process.start_detached(["/bin/sleep", "60"], tmp_path / "out", "one", environment)
    try:
        deadline = time.monotonic() + LONGEST_S
        while b"RES_OPTIONS=timeout:1" not in Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0"):
            assert time.monotonic() < deadline, "it is still what started it, or has no such variable"
            time.sleep(0.01)
    finally:
        process.end()


def test_a_pid_of_somebody_else_is_not_taken(folder: StateFolder, tmp_path: Path) -> None:
    process = KeptProcess(folder.workload_record("p"))
    process.start(["sleep", "60"], {"PATH": "/usr/bin:/bin"}, tmp_path / "out", "one")
    record = read_record(folder.workload_record("p"))
    assert record is not None
    other = msgspec.structs.replace(record, started=record.started - 1)
    folder.workload_record("p").write_bytes(msgspec.json.encode(other))
    assert not KeptProcess(folder.workload_record("p")).adopt("one")
    assert process.is_alive()
    process.end()
    assert not is_running(record)


def has_ended(pid: int) -> bool:
    """Gone, or waiting for a parent to ask how it ended. One that was killed may still be ending."""
    try:
        return ") Z" in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True


def test_end_takes_the_whole_group(folder: StateFolder, tmp_path: Path) -> None:
    process = KeptProcess(folder.workload_record("p"))
    note = tmp_path / "child"
    process.start(
        ["sh", "-c", f"sleep 60 & echo $! > {note}; wait"], {"PATH": "/usr/bin:/bin"}, tmp_path / "out", "one"
    )
    deadline = time.monotonic() + LONGEST_S
    while not (note.exists() and note.read_text().strip()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    child = int(note.read_text())
    process.end()
    while not has_ended(child):
        assert time.monotonic() < deadline
        time.sleep(0.01)
