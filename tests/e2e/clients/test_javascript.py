"""The AWS SDK for JavaScript: a parser and waiters that share nothing with botocore."""

import os
import subprocess
from pathlib import Path

import pytest
from tests.e2e.clients.accounts import add_account, endpoint_of
from tests.e2e.clients.tools import EXAMPLES, SHARED, need_javascript

from innergate.driver.platform import RunningPlatform

pytestmark = pytest.mark.e2e


def run_script(platform: RunningPlatform, folder: Path, script: Path, account: str) -> list[str]:
    """The lines that it prints; modules are found beside it."""
    key = add_account(platform, account)
    (folder / script.name).write_text(script.read_text())
    (folder / "node_modules").symlink_to(need_javascript())
    variables = {
        "PATH": os.environ["PATH"],
        "ENDPOINT_URL": endpoint_of(platform),
        "GW_KEY": key.id,
        "GW_SECRET": key.secret,
    }
    done = subprocess.run(
        ["node", script.name], cwd=folder, env=variables, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout.splitlines()


def test_our_example_runs(clients_platform: RunningPlatform, tmp_path: Path) -> None:
    lines = run_script(clients_platform, tmp_path, EXAMPLES / "js" / "private-network.mjs", "javascript")
    words = {line.split()[0]: line.split()[1:] for line in lines}
    assert list(words) == ["network", "balancer", "link", "endpoint", "api", "delete"]
    assert words["network"][2].startswith("us-east-1")
    assert words["balancer"][0] == "SUCCESS"
    assert words["link"][1] == "AVAILABLE"
    assert words["endpoint"][0].startswith("vpce-")
    assert words["delete"] == ["DependencyViolation", "400"]


def test_the_acceptance_script_runs(clients_platform: RunningPlatform, tmp_path: Path) -> None:
    script = SHARED / "js" / "sdk-v3.mjs"
    if not script.exists():
        pytest.skip("js/sdk-v3.mjs is not beside this repository; our example is tested")
    lines = run_script(clients_platform, tmp_path, script, "javascript-acceptance")
    assert lines[0] == "SUCCESS"
    assert lines[1].split() in (["PENDING", "PENDING"], ["PENDING", "AVAILABLE"])
    assert lines[2].startswith("vpce-")
