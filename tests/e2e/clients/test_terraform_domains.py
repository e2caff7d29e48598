"""Custom domain names by Terraform: built, unchanged by a second plan, and gone without a trace."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.e2e.clients.accounts import add_account, endpoint_of
from tests.e2e.clients.tools import EXAMPLES, need_terraform
from tests.feature.domain_rig import make_pair

from innergate.testing.platform import RunningPlatform

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]

NAMES = ("api.shop.example", "edge.shop.example", "internal.shop.example")


def test_names_mappings_and_associations_come_stay_and_go(tmp_path: Path) -> None:
    terraform = need_terraform()
    folder = tmp_path / "configuration"
    shutil.copytree(EXAMPLES / "terraform" / "custom-domains", folder, ignore=shutil.ignore_patterns(".terraform*"))
    authority = make_pair(tmp_path, "ca", "Test authority")
    pairs = {name: make_pair(tmp_path, name, name, authority, (name,)) for name in NAMES}
    with RunningPlatform() as platform:
        key = add_account(platform, "shop")
        settings = tmp_path / "terraform.rc"
        settings.touch()
        given = {
            name: {"certificate": pair.pem, "key": Path(pair.key_file).read_text()} for name, pair in pairs.items()
        }
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "TF_CLI_CONFIG_FILE": str(settings),
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
            "AWS_ACCESS_KEY_ID": key.id,
            "AWS_SECRET_ACCESS_KEY": key.secret,
            "AWS_EC2_METADATA_DISABLED": "true",
            "TF_VAR_endpoint_url": endpoint_of(platform),
            "TF_VAR_certificates": json.dumps(given),
        }

        def run(*words: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [terraform.command, *words, "-no-color"],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )

        for words in (
            ("init", "-input=false", f"-plugin-dir={terraform.plugins}"),
            ("apply", "-auto-approve", "-input=false"),
            ("plan", "-detailed-exitcode", "-input=false"),
        ):
            done = run(*words)
            assert done.returncode == 0, f"terraform {words[0]}:\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
        platform.settle()
        curl = ("curl", "-sS", "--max-time", "10", "--cacert", authority.chain_file)
        inside = platform.inside("custom-domains", [*curl, "https://internal.shop.example/orders"])
        assert inside.stdout == '{"api": "private"}', inside
        entry = str(platform.client.call("GET", "/status")["public"]["address"]).rpartition(":")[2]
        for target in ("/orders", "/v1/orders"):
            there = ("--resolve", f"api.shop.example:{entry}:127.0.0.1", f"https://api.shop.example:{entry}{target}")
            outside = subprocess.run([*curl, *there], capture_output=True, text=True, check=False)
            assert outside.stdout == '{"api": "public"}', outside
        done = run("destroy", "-auto-approve", "-input=false")
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
