"""A copy of the folder of a platform that runs must leave that platform's processes alone."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from innergate.nets.agent_record import AgentRecord, find_other_folder, read_agent
from innergate.nets.processes import ProcessRecord, read_start_time, write_record
from innergate.nets.state_folder import StateFolder
from innergate.server.run_folder import claim_run_folder
from innergate.server.settings import Settings
from innergate.server.state_folders import make_folders
from innergate.store.errors import StoreBusy


def begin(state: Path) -> Settings:
    settings = Settings(state, "127.0.0.1", 0)
    make_folders(settings)
    return settings


@contextmanager
def running(*words: str) -> Iterator[tuple[int, int]]:
    """Pid and start time of a process with these words at the end of its command line."""
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", "print(flush=True); input()", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid, read_start_time(process.pid)
    finally:
        process.communicate(b"\n")


@contextmanager
def agent_of(state: Path) -> Iterator[None]:
    """A process that looks like the folder's agent."""
    with running("--state", str(state)) as (pid, started):
        record = AgentRecord(pid=pid, started=started, rootless=False, holder=0)
        write_record(StateFolder(state).agent_record, record)
        yield


def test_a_folder_stays_its_own_over_restarts(tmp_path: Path) -> None:
    settings = begin(tmp_path / "a")
    assert not claim_run_folder(settings)
    with agent_of(settings.state):
        assert not claim_run_folder(settings)
        assert read_agent(settings.state) is not None


def test_a_copy_of_a_running_platform_forgets_its_processes(tmp_path: Path) -> None:
    settings = begin(tmp_path / "a")
    claim_run_folder(settings)
    with agent_of(settings.state):
        (settings.run_folder / "workloads").mkdir()
        (settings.run_folder / "namespaces").write_text("ig-of-the-original\n")
        shutil.copytree(settings.state, tmp_path / "b", symlinks=True)
        copy = begin(tmp_path / "b")
        assert read_agent(copy.state) is not None, "as it was copied"
        assert claim_run_folder(copy)
        assert read_agent(copy.state) is None
        assert [path.name for path in copy.run_folder.iterdir()] == ["folder"]
        assert not claim_run_folder(copy), "from now on it is a folder of its own"
        assert read_agent(settings.state) is not None


def test_a_copy_of_a_folder_that_says_nothing_yet(tmp_path: Path) -> None:
    """An older version's: its agent's and its Envoy's command lines say whose they are."""
    original = begin(tmp_path / "a")
    with agent_of(original.state):
        shutil.copytree(original.state, tmp_path / "b")
        assert claim_run_folder(begin(tmp_path / "b"))
        assert not claim_run_folder(original), "an upgrade under an agent that runs"
        assert read_agent(original.state) is not None
    with running("--config-path", str(tmp_path / "a" / "run" / "envoy.json")) as (pid, started):
        settings = begin(tmp_path / "c")
        write_record(StateFolder(settings.state).envoy_record, ProcessRecord(pid=pid, started=started))
        assert find_other_folder(settings.state) == tmp_path / "a"
        assert claim_run_folder(settings)


def test_a_moved_folder_is_the_same_and_under_processes_that_run_it_is_refused(tmp_path: Path) -> None:
    settings = begin(tmp_path / "a")
    claim_run_folder(settings)
    (settings.run_folder / "kept").touch()
    settings.state.rename(tmp_path / "b")
    moved = begin(tmp_path / "b")
    assert not claim_run_folder(moved)
    assert (moved.run_folder / "kept").exists()
    with running("--state", str(tmp_path / "a")) as (pid, started):
        record = AgentRecord(pid=pid, started=started, rootless=False, holder=0)
        write_record(StateFolder(moved.state).agent_record, record)
        with pytest.raises(StoreBusy, match=rf"innergate down --state {tmp_path}/a\)"):
            claim_run_folder(moved)


def test_another_name_of_the_same_folder_is_no_copy(tmp_path: Path) -> None:
    settings = begin(tmp_path / "a")
    claim_run_folder(settings)
    (tmp_path / "link").symlink_to(settings.state)
    with agent_of(settings.state):
        assert not claim_run_folder(begin(tmp_path / "link"))
        assert read_agent(settings.state) is not None
