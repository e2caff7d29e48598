"""Hosts that last as long as a command."""

import os
from pathlib import Path

import pytest
from tests.unit.cli.control_stand_in import Answers, Asked, serve_control

from innergate.driver.client import ControlClient, ControlRefused
from innergate.driver.hosts import transient_host

STATE = "s"
MADE: Answers = {
    ("POST", "/workloads"): {"id": "wl-1", "namespace": "ig-wl-1"},
    ("DELETE", "/workloads/wl-1"): {},
}


def test_a_host_goes_with_its_block_however_that_ends(tmp_path: Path) -> None:
    with serve_control(tmp_path / STATE, MADE) as asked:
        client = ControlClient(tmp_path / STATE)
        with pytest.raises(ZeroDivisionError), transient_host(client, ["curl", "-v"], "shop", "10.0.0.5") as argv:
            assert argv[argv.index("--namespace") + 1] == "ig-wl-1"
            assert argv[argv.index("--") + 1 :] == ["curl", "-v"]
            assert [call.method for call in asked] == ["POST"]
            raise ZeroDivisionError
    request = {"vpc": "shop", "ip": "10.0.0.5", "name": "", "holder_pid": os.getpid()}
    assert asked == [Asked("POST", "/workloads", request), Asked("DELETE", "/workloads/wl-1", None)]


def test_a_host_that_is_refused_is_not_removed(tmp_path: Path) -> None:
    answers: Answers = {("POST", "/workloads"): {"ok": False, "message": "no such VPC"}}
    with serve_control(tmp_path / STATE, answers) as asked:
        client = ControlClient(tmp_path / STATE)
        with pytest.raises(ControlRefused, match="no such VPC"), transient_host(client, ["true"], "shop"):
            pass
    assert [call.method for call in asked] == ["POST"]
