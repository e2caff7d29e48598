"""What lies around on the operator's machine: numbers are those of the list of abuse cases."""

import stat
from pathlib import Path

import pytest
from tests.e2e.conftest import Built

from innergate.driver.platform import RunningPlatform

pytestmark = pytest.mark.e2e


def open_to_others(folder: Path) -> list[str]:
    """What somebody who is not the operator could open, below a folder that they may enter."""
    found: list[str] = []
    for entry in folder.iterdir():
        if entry.is_symlink():
            continue
        others = stat.S_IMODE(entry.lstat().st_mode) & 0o077
        if entry.is_dir():
            found += open_to_others(entry) if others else []
        elif others:
            found.append(str(entry))
    return found


def test_cases_81_82_sockets_keys_and_state_are_the_operators_alone(tmp_path: Path) -> None:
    """Even in folders that somebody made before and left open."""
    tmp_path.chmod(0o755)
    (tmp_path / "run").mkdir()
    (tmp_path / "run").chmod(0o755)
    with RunningPlatform(tmp_path) as platform:
        assert (platform.state / "run" / "control.sock").is_socket()
        loose = [path for path in open_to_others(tmp_path) if not path.endswith("/up.out")]
    assert loose == []


def test_case_85_secrets_stand_in_no_log_and_no_configuration(built: Built) -> None:
    world, state = built.world, built.platform.state
    secrets = {
        built.platform.environment(cloud.account)["AWS_SECRET_ACCESS_KEY"].encode()
        for cloud in (world.application, world.gateway, world.consumer)
    }
    assert len(secrets) == 3
    files = [p for p in (*(state / "log").rglob("*"), *(state / "run").rglob("*"), state / "up.out") if p.is_file()]
    assert {"control.log", "agent.log", "envoy.json"} <= {file.name for file in files}
    for file in files:
        seen = file.read_bytes()
        assert b"PRIVATE KEY" not in seen, file
        assert not any(secret in seen for secret in secrets), file
