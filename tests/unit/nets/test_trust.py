"""What a command inside a VPC gets of the machine's environment."""

from pathlib import Path

import pytest

from innergate.nets.trust import TRUST_NAMES, machine_environment, renew_trust, trust_variables


def test_the_machines_proxies_stay_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("http_proxy", "http://proxy:3128")
    monkeypatch.setenv("ALL_PROXY", "socks5://proxy")
    monkeypatch.setenv("PROXY", "mine")
    found = machine_environment()
    assert found["PROXY"] == "mine"
    assert not {"HTTPS_PROXY", "http_proxy", "ALL_PROXY"} & found.keys()


def test_a_moved_state_folder_is_trusted_where_it_is_now() -> None:
    kept = {"PATH": "/bin", **trust_variables(Path("/old"))}
    renewed = renew_trust(kept, Path("/new"))
    assert renewed == {"PATH": "/bin", **dict.fromkeys(TRUST_NAMES, "/new/ca-bundle.pem")}
    assert renew_trust({"PATH": "/bin"}, Path("/new")) == {"PATH": "/bin"}, "who did not ask is not told"
