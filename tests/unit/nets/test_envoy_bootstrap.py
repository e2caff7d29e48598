import json
import subprocess
from pathlib import Path

from innergate.nets.envoy_bootstrap import compose_bootstrap
from innergate.nets.envoy_process import find_envoy
from innergate.nets.state_folder import StateFolder


def test_envoy_takes_the_bootstrap(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    folder.prepare()
    path = folder.envoy_bootstrap
    path.write_text(json.dumps(compose_bootstrap(folder, "local")))
    command = [str(find_envoy()), "--mode", "validate", "-c", str(path), "--log-level", "warning"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "deprecated" not in done.stderr.lower()


def test_admin_is_only_a_unix_socket(tmp_path: Path) -> None:
    bootstrap = compose_bootstrap(StateFolder(tmp_path), "n1")
    assert bootstrap["admin"] == {"address": {"pipe": {"path": f"{tmp_path}/run/envoy-admin.sock", "mode": 0o600}}}
    assert bootstrap["node"] == {"id": "n1", "cluster": "innergate"}
    assert "socket_address" not in json.dumps(bootstrap)
