"""Any process may be killed at any time: traffic goes on, and what is left is taken over, not made anew."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.e2e.conftest import Built, build
from tests.e2e.patience import patience

from innergate.cli.demo.scenarios import api_url
from innergate.driver.platform import RunningPlatform
from innergate.testing.load import LoadResult, RunningLoad
from innergate.testing.waiting import LONGEST_S

pytestmark = pytest.mark.alone

OUTAGE_S = 60.0 if os.environ.get("INNERGATE_LONG") == "1" else 20.0


@pytest.fixture(scope="module")
def own() -> Iterator[Built]:
    with RunningPlatform(concurrency=1) as platform:
        yield build(platform)


def load_on(own: Built, asks_once: bool = False) -> RunningLoad:
    return RunningLoad(own.platform, own.world.consumer_network.vpc, api_url(own.path.api, "test", "/foo"), asks_once)


def show(what: str, result: LoadResult) -> None:
    print(f"{what}: {result.requests} requests, {result.failed} failed, longest gap {result.longest_gap_s:.3f} s")


def wait_until(holds: Callable[[], bool], what: str, limit_s: float = LONGEST_S) -> float:
    began = time.monotonic()
    while not holds():
        assert time.monotonic() < began + limit_s, what
        time.sleep(0.01)
    return time.monotonic() - began


def envoy_stat(state: Path, name: str) -> int:
    from innergate.nets.envoy_process import call_admin

    text = call_admin(state / "run" / "envoy-admin.sock", f"/stats?filter=^{name}$")
    return int(text.rpartition(":")[2] or 0)


def stage_answers(own: Built, stage: str) -> bool:
    answer = own.platform.fetch(own.world.consumer_network.vpc, api_url(own.path.api, stage, "/foo"))
    return answer.get("status") == 200


def test_traffic_goes_on_without_control_and_the_next_change_is_live(own: Built) -> None:
    platform = own.platform
    before = platform.client.call("GET", "/status")
    listeners = envoy_stat(platform.state, "listener_manager.lds.update_success")
    created = envoy_stat(platform.state, "listener_manager.listener_create_success")
    with load_on(own) as load:
        platform.kill_control()
        time.sleep(OUTAGE_S)
        back_s = platform.start(listen=before["endpoint"].removeprefix("http://"))
        after = platform.client.call("GET", "/status")
        own.world.gateway.apigateway.create_deployment(restApiId=own.path.api, stageName="later")
        platform.settle()
        is_live = stage_answers(own, "later")
        result = load.end()
    show(f"control killed for {OUTAGE_S:.0f} s, back in {back_s:.2f} s", result)
    assert result.failures == ()
    assert result.requests > OUTAGE_S
    assert result.longest_gap_s < OUTAGE_S / 2
    assert is_live
    assert (after["agent"]["pid"], after["envoy"]["pid"]) == (before["agent"]["pid"], before["envoy"]["pid"])
    assert envoy_stat(platform.state, "listener_manager.listener_create_success") == created
    assert envoy_stat(platform.state, "listener_manager.listener_modified") == 0
    assert envoy_stat(platform.state, "listener_manager.lds.update_success") <= listeners + 1
    own.world.gateway.apigateway.delete_stage(restApiId=own.path.api, stageName="later")
    platform.settle()
    assert not stage_answers(own, "later")


def test_an_envoy_that_is_killed_serves_again_within_two_seconds(own: Built) -> None:
    platform = own.platform
    pid = platform.client.call("GET", "/status")["envoy"]["pid"]
    patient = patience()
    with load_on(own) as load:
        time.sleep(1)
        os.kill(pid, 9)
        wait_until(lambda: stage_answers(own, "test"), "Envoy serves again")
        time.sleep(2)
        patient = max(patient, patience())
        result = load.end()
    show("envoy killed", result)
    assert result.failed > 0
    assert result.longest_gap_s < 2.0 * patient
    platform.settle()
    assert platform.client.call("GET", "/status")["refusals"] == []
    assert stage_answers(own, "test")


def test_an_agent_that_is_killed_costs_no_request_and_names_are_back_within_two_seconds(own: Built) -> None:
    platform = own.platform
    before, patient = platform.client.call("GET", "/status"), patience()
    with load_on(own, asks_once=True) as load:
        os.kill(before["agent"]["pid"], 9)
        began = time.monotonic()
        wait_until(lambda: resolves(own), "names are back")
        names_s = time.monotonic() - began
        patient = max(patient, patience())
        wait_until(lambda: bool(platform.client.call("GET", "/status")["agent"]["connected"]), "an agent is there")
        time.sleep(1)
        result = load.end()
    show(f"agent killed, names back after {names_s:.2f} s", result)
    after = platform.client.call("GET", "/status")
    assert result.failures == ()
    assert names_s < 2.0 * patient
    assert after["agent"]["pid"] not in (0, before["agent"]["pid"])
    assert after["envoy"]["pid"] == before["envoy"]["pid"]
    assert after["refusals"] == []
    assert stage_answers(own, "test")


def resolves(own: Built) -> bool:
    host = api_url(own.path.api, "test").split("/")[2]
    script = "import socket, sys; socket.getaddrinfo(sys.argv[1], 443)"
    done = own.platform.inside(own.world.consumer_network.vpc, [sys.executable, "-S", "-c", script, host])
    return done.returncode == 0


def has_ended(pid: int) -> bool:
    """Whether the process is gone, or only waits for its parent (a slow init) to notice."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return stat.rpartition(") ")[2].startswith("Z")


def test_a_whole_stop_and_start_serves_again_with_its_hosts(own: Built) -> None:
    platform = own.platform
    before = platform.client.call("GET", "/status")
    hosts = {row["name"] for row in platform.client.call("GET", "/workloads")["workloads"] if row["running"]}
    platform.stop()
    assert has_ended(before["envoy"]["pid"])
    assert has_ended(before["agent"]["pid"])
    platform.start(listen=before["endpoint"].removeprefix("http://"))
    waited_s = wait_until(lambda: stage_answers(own, "test"), "the same state serves again")
    print(f"whole stop and start: an answer {waited_s:.2f} s after ready")
    running = {row["name"] for row in platform.client.call("GET", "/workloads")["workloads"] if row["running"]}
    assert {"pod-a", "pod-b", "other-host"} <= hosts <= running
    assert platform.client.call("GET", "/status")["refusals"] == []


def test_two_control_processes_on_one_state_say_so(own: Built) -> None:
    command = [sys.executable, "-m", "innergate.cli.main", "up", "--state", str(own.platform.state)]
    second = subprocess.run(
        [*command, "--listen", "127.0.0.1:0"], capture_output=True, text=True, timeout=LONGEST_S, check=False
    )
    assert second.returncode == 1
    assert "another process has" in second.stderr
    assert "Traceback" not in second.stderr
    assert stage_answers(own, "test")


def test_a_port_that_is_taken_is_said_in_a_sentence(own: Built, tmp_path: Path) -> None:
    taken = own.platform.client.call("GET", "/status")["endpoint"].removeprefix("http://")
    command = [sys.executable, "-m", "innergate.cli.main", "up", "--state", str(tmp_path / "other"), "--listen", taken]
    second = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    assert second.returncode == 1
    assert taken in second.stderr
    assert "Traceback" not in second.stderr


def test_answers_are_the_backends_own_to_the_end(own: Built) -> None:
    answer = own.platform.fetch(own.world.consumer_network.vpc, api_url(own.path.api, "test", "/foo?x=1"))
    assert json.loads(answer["body"])["path"] == "/foo?x=1"
