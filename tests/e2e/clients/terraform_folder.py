"""A copy of one of the examples' Terraform configurations, and how to run Terraform in it."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from tests.e2e.clients.accounts import add_account, endpoint_of
from tests.e2e.clients.tools import EXAMPLES, Terraform, need_terraform

from innergate.driver.platform import RunningPlatform

NOT_COPIED = shutil.ignore_patterns(".terraform*", "terraform.tfstate*")
"""What an earlier run left beside a configuration."""


def base_environment(home: Path) -> dict[str, str]:
    """What every run gets; `home` is the test's own folder."""
    settings = home / "terraform.rc"
    settings.touch()
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TF_CLI_CONFIG_FILE": str(settings),
        "TF_IN_AUTOMATION": "1",
        "CHECKPOINT_DISABLE": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


class TerraformFolder(NamedTuple):
    """A configuration's own copy. `environment` may be added to until a command runs."""

    terraform: Terraform
    folder: Path
    environment: dict[str, str]

    def use(self, platform: RunningPlatform, account: str) -> None:
        """Runs as a new account of the platform; configurations with a variable `endpoint_url` get it, too."""
        key, endpoint = add_account(platform, account), endpoint_of(platform)
        self.environment.update(
            AWS_ENDPOINT_URL=endpoint,
            TF_VAR_endpoint_url=endpoint,
            AWS_ACCESS_KEY_ID=key.id,
            AWS_SECRET_ACCESS_KEY=key.secret,
        )

    def run(self, *words: str) -> str:
        """What the command prints. Raises AssertionError where it fails."""
        done = subprocess.run(
            [self.terraform.command, *words, *([] if "-json" in words else ["-no-color"])],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"terraform {words[0]}:\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def init(self) -> None:
        """Makes the provider known."""
        self.run("init", "-input=false", f"-plugin-dir={self.terraform.plugins}")

    def apply(self) -> dict[str, Any]:
        """Builds everything, sees that a second plan is empty; the outputs."""
        self.init()
        self.run("apply", "-auto-approve", "-input=false")
        self.run("plan", "-detailed-exitcode", "-input=false")
        return {name: found["value"] for name, found in json.loads(self.run("output", "-json")).items()}

    def destroy(self) -> None:
        """Takes everything away."""
        self.run("destroy", "-auto-approve", "-input=false")


def copy_example(name: str, place: Path) -> TerraformFolder:
    """A copy of `examples/terraform/<name>` in the test's folder; skips the test where there is no Terraform."""
    terraform = need_terraform()
    folder = place / "configuration"
    shutil.copytree(EXAMPLES / "terraform" / name, folder, ignore=NOT_COPIED)
    return TerraformFolder(terraform, folder, base_environment(place))
