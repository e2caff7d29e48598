"""The benchmark runs and its figures have their names; the ratios are printed and gate nothing."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_TOOLS = ("wrk", "nginx", "haproxy")


@pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in _TOOLS), reason="scripts/setup-bench installs the peers and the load"
)
def test_the_request_path_gives_its_figures(tmp_path: Path) -> None:
    output = tmp_path / "latest.json"
    command = [sys.executable, "-m", "bench", "--only", "request-path", "--rounds", "1", "--seconds", "1"]
    done = subprocess.run([*command, "--output", str(output)], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = {figure["name"]: figure for figure in json.loads(output.read_text())["figures"]}
    for name in ("private_path_no_log", "private_path_log", "private_path_vs_nginx"):
        figure = figures[name]
        assert figure["part"] == "request-path"
        assert figure["unit"] == "req/s"
        assert figure["value"] > 0
        assert figure["ratio"] > 0
        print(f"{name}: {figure['value']:.0f} req/s, {figure['ratio']:.2f} of {figure['peer']}")
