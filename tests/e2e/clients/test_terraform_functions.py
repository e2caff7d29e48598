"""Functions by Terraform: built and invoked, unchanged by a second plan, and gone without a trace."""

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from tests.e2e.clients.accounts import add_account, endpoint_of
from tests.e2e.clients.leftovers import holdings_of
from tests.e2e.clients.tools import EXAMPLES, need_terraform

from innergate.testing.platform import RunningPlatform

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]


def test_functions_come_answer_stay_and_go(tmp_path: Path) -> None:
    terraform = need_terraform()
    folder = tmp_path / "configuration"
    shutil.copytree(EXAMPLES / "terraform" / "functions", folder, ignore=shutil.ignore_patterns(".terraform*"))
    with zipfile.ZipFile(folder / "function.zip", "w") as package:
        package.write(folder / "src" / "app.py", "app.py")
    (tmp_path / "terraform.rc").touch()
    with RunningPlatform() as platform:
        key = add_account(platform, "functions")
        before = holdings_of(platform)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "TF_CLI_CONFIG_FILE": str(tmp_path / "terraform.rc"),
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
            "AWS_ENDPOINT_URL": endpoint_of(platform),
            "AWS_ACCESS_KEY_ID": key.id,
            "AWS_SECRET_ACCESS_KEY": key.secret,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

        def run(*words: str) -> str:
            command = [terraform.command, *words]
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"terraform {words[0]}:\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
            return done.stdout

        run("init", "-input=false", "-no-color", f"-plugin-dir={terraform.plugins}")
        run("apply", "-auto-approve", "-input=false", "-no-color")
        run("plan", "-detailed-exitcode", "-input=false", "-no-color")
        said = json.loads(run("output", "-json"))["said"]["value"]
        run("destroy", "-auto-approve", "-input=false", "-no-color")
        assert said == {"text": "hello, terraform"}
        assert holdings_of(platform).beyond(before) == {}
