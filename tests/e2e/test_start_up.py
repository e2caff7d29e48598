"""`innergate up` is ready soon, and says what is wrong before it starts anything."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.e2e.patience import patience

from innergate.driver.client import ControlClient, ControlRefused, ControlUnreachable
from innergate.driver.platform import RunningPlatform
from innergate.testing.waiting import LONGEST_S

pytestmark = pytest.mark.alone


def up(*options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "innergate.cli.main", "up", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_an_empty_state_is_ready_in_under_two_seconds() -> None:
    patient = patience()
    with RunningPlatform() as platform:
        platform.stop()
        times = []
        for _ in range(3):
            for file in platform.state.glob("store.*"):
                file.unlink()
            times.append(platform.start())
            platform.stop()
    print("ready after " + ", ".join(f"{seconds:.2f} s" for seconds in times))
    assert min(times) < 2.0 * max(patient, patience())


def test_a_state_of_a_newer_version_is_refused_and_no_process_is_left(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "store.sqlite")
    db.execute("PRAGMA user_version = 99")
    db.close()
    refused = up("--state", str(tmp_path), "--listen", "127.0.0.1:0")
    assert refused.returncode == 1
    assert "newer" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "run" / "agent.json").exists()


def test_open_mode_beyond_loopback_is_refused(tmp_path: Path) -> None:
    refused = up("--state", str(tmp_path), "--auth", "open", "--listen", "0.0.0.0:0")
    assert refused.returncode == 2
    assert "loopback" in refused.stderr
    assert not (tmp_path / "run" / "agent.json").exists()


def test_a_state_folder_in_which_no_socket_can_be_is_refused(tmp_path: Path) -> None:
    state = tmp_path / ("x" * 100)
    refused = up("--state", str(state), "--listen", "127.0.0.1:0")
    assert refused.returncode == 2
    assert "the path of the state folder is too long" in " ".join(refused.stderr.split())
    assert not state.exists()


def test_it_serves_although_nobody_reads_what_it_says(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "innergate.cli.main", "up", "--state", str(tmp_path), "--listen", "127.0.0.1:0"]
    nobody, said = os.pipe()
    os.close(nobody)
    with subprocess.Popen([*command, "--public", "none"], stdout=said, stderr=subprocess.PIPE, text=True) as process:
        os.close(said)
        client = ControlClient(tmp_path)
        deadline = time.monotonic() + LONGEST_S
        while not is_ready(client):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.5)
        assert is_ready(client)
        process.terminate()
        assert process.communicate(timeout=LONGEST_S)[1] == ""
    assert not (tmp_path / "run" / "agent.json").exists()


def is_ready(client: ControlClient) -> bool:
    try:
        return bool(client.call("GET", "/status")["ready"])
    except (ControlRefused, ControlUnreachable):
        return False


def test_a_taken_address_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = up("--state", str(tmp_path), "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
    assert refused.returncode == 1
    assert "Choose another address with --listen" in " ".join(refused.stderr.split())
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("first_sign", ["log/agent.err", "run/xds.sock"])
def test_a_stop_while_it_starts_leaves_nothing_behind(tmp_path: Path, first_sign: str) -> None:
    """Also one that comes when nothing but the agent runs."""
    command = [sys.executable, "-m", "innergate.cli.main", "up", "--state", str(tmp_path), "--listen", "127.0.0.1:0"]
    process = subprocess.Popen([*command, "--public", "none"], stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + LONGEST_S
    while not (tmp_path / first_sign).exists():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    time.sleep(0.05)
    process.terminate()
    said, _ = process.communicate(timeout=LONGEST_S)
    assert process.returncode == 0
    assert "ready" not in said
    assert not (tmp_path / "run" / "agent.json").exists()
    assert not (tmp_path / "run" / "control.sock").exists()
