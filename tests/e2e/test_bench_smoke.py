"""Each part of the benchmark runs and its figures have their names; the ratios are printed and gate nothing."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_TOOLS = ("wrk", "nginx", "haproxy")
PARTS = {
    "request-path": (
        "private_path_no_log",
        "private_path_log",
        "private_path_vs_chain",
        "private_path_vs_nginx",
        "feature_throttle",
        "latency_p99_half_load",
    ),
    "runtime": ("runtime_mock", "runtime_http", "runtime_lambda", "runtime_authorizer_cached", "lambda_cold_start"),
    "control-plane": ("store_commits", "describe_vpcs", "create_delete_method"),
    "scale": ("change_live_p99_ms", "failed_during_changes"),
}


@pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in _TOOLS), reason="scripts/setup-bench installs the peers and the load"
)
@pytest.mark.parametrize("part", PARTS)
def test_a_part_gives_its_figures(part: str, tmp_path: Path) -> None:
    output = tmp_path / "latest.json"
    command = [sys.executable, "-m", "bench", "--only", part, "--rounds", "1", "--seconds", "1"]
    command += ["--apis", "5,10", "--changes", "5", "--output", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(output.read_text())["figures"]
    figures = {figure["name"]: figure for figure in found}
    assert {figure["part"] for figure in found} == {part}
    assert set(PARTS[part]) <= set(figures)
    for name in PARTS[part]:
        figure = figures[name]
        assert figure["value"] > 0 or name == "failed_during_changes"
        ratio = "no peer" if figure["ratio"] is None else f"{figure['ratio']:.2f} of {figure['peer']}"
        print(f"{name}: {figure['value']:.1f} {figure['unit']}, {ratio}")
    assert (tmp_path / f"{part}.svg").read_text().startswith("<svg")
