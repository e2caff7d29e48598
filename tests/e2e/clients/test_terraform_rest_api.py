"""Every resource that Terraform has for REST APIs: built, unchanged by a second plan, and gone without a trace."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.e2e.clients.accounts import add_account, endpoint_of
from tests.e2e.clients.leftovers import holdings_of
from tests.e2e.clients.tools import EXAMPLES, ROOT, Terraform, need_terraform
from tests.e2e.test_regional_apis import call

from innergate.testing.platform import RunningPlatform

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]

RATCHET = ROOT / "tests" / "ratchets" / "terraform_resources.txt"


class Place(NamedTuple):
    """A copy of the configuration, and how to run Terraform in it."""

    terraform: Terraform
    folder: Path
    environment: dict[str, str]

    def run(self, *words: str) -> str:
        """What the command prints. Raises AssertionError where it fails."""
        done = subprocess.run(
            [self.terraform.command, *words], cwd=self.folder, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"terraform {words[0]}:\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def init(self) -> None:
        """Makes the provider known."""
        self.run("init", "-input=false", "-no-color", f"-plugin-dir={self.terraform.plugins}")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    folder = tmp_path / "configuration"
    shutil.copytree(EXAMPLES / "terraform" / "rest-api-whole", folder, ignore=shutil.ignore_patterns(".terraform*"))
    settings = tmp_path / "terraform.rc"
    settings.touch()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "TF_CLI_CONFIG_FILE": str(settings),
        "TF_IN_AUTOMATION": "1",
        "CHECKPOINT_DISABLE": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return Place(need_terraform(), folder, environment)


def test_every_resource_of_the_provider_is_in_an_example(place: Place) -> None:
    place.init()
    [schemas] = json.loads(place.run("providers", "schema", "-json"))["provider_schemas"].values()
    known = {name for name in schemas["resource_schemas"] if name.startswith("aws_api_gateway_")}
    texts = [file.read_text() for file in (EXAMPLES / "terraform").rglob("*.tf")]
    held = {name for text in texts for name in re.findall(r'^resource "(aws_api_gateway_\w+)"', text, re.MULTILINE)}
    lines = [line for line in RATCHET.read_text().splitlines() if line and not line.startswith("#")]
    assert known - held == {line.split()[0] for line in lines}


def test_everything_comes_stays_and_goes(place: Place) -> None:
    with RunningPlatform() as platform:
        key = add_account(platform, "whole")
        place.environment.update(
            AWS_ENDPOINT_URL=endpoint_of(platform), AWS_ACCESS_KEY_ID=key.id, AWS_SECRET_ACCESS_KEY=key.secret
        )
        platform.settle()
        before = holdings_of(platform)
        place.init()
        place.run("apply", "-auto-approve", "-input=false", "-no-color")
        place.run("plan", "-detailed-exitcode", "-input=false", "-no-color")
        platform.settle()
        outputs = {name: found["value"] for name, found in json.loads(place.run("output", "-json")).items()}
        if os.geteuid() == 0:
            path = "/live/pets?shop=1"
            assert call(platform, outputs["api"], path).status == 403
        place.run("destroy", "-auto-approve", "-input=false", "-no-color")
        assert holdings_of(platform).beyond(before) == {}
