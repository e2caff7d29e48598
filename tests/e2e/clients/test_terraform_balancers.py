"""Application load balancers by Terraform: built, serving, unchanged by a second plan, and gone without a trace."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.e2e.clients.accounts import add_account, endpoint_of
from tests.e2e.clients.tools import EXAMPLES, need_terraform
from tests.feature.domain_rig import make_pair

from innergate.cli.demo.scenarios import wait_for
from innergate.testing.platform import RunningPlatform

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(900)]

NAME = "www.shop.example"


def test_load_balancers_rules_and_links_come_stay_and_go(tmp_path: Path) -> None:
    terraform = need_terraform()
    folder = tmp_path / "configuration"
    source = EXAMPLES / "terraform" / "application-load-balancers"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns(".terraform*"))
    authority = make_pair(tmp_path, "ca", "Test authority")
    pair = make_pair(tmp_path, NAME, NAME, authority, (NAME,))
    with RunningPlatform() as platform:
        key = add_account(platform, "shop")
        settings = tmp_path / "terraform.rc"
        settings.touch()
        certificate = {"certificate": pair.pem, "key": Path(pair.key_file).read_text()}
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
            "TF_VAR_certificate": json.dumps(certificate),
        }

        def run(*words: str) -> str:
            done = subprocess.run(
                [terraform.command, *words, *([] if "-json" in words else ["-no-color"])],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"terraform {words[0]}:\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
            return done.stdout

        run("init", "-input=false", f"-plugin-dir={terraform.plugins}")
        run("apply", "-auto-approve", "-input=false")
        run("plan", "-detailed-exitcode", "-input=false")
        name = json.loads(run("output", "-json"))["dns_name"]["value"]
        hosts = [platform.start_origin("balanced", f"10.0.{n}.31", who) for n, who in ((1, "web"), (2, "orders"))]
        platform.settle()
        curl = ("curl", "-sS", "--max-time", "10", "--cacert", authority.chain_file)
        resolved = ("--connect-to", f"{NAME}:443:{name}:443")

        def backend(path: str) -> str:
            text = platform.inside("balanced", [*curl, *resolved, f"https://{NAME}{path}"]).stdout
            return str(json.loads(text)["backend"]) if text.startswith("{") else text

        wait_for(lambda: (backend("/"), backend("/orders/1")) == ("web", "orders") or None, "both hosts")
        refused = platform.inside("balanced", [*curl, *resolved, "-H", "X-Kind: a test", f"https://{NAME}/?debug=1"])
        assert refused.stdout == "not from here"
        moved = platform.inside("balanced", [*curl, "-o", "/dev/null", "-w", "%{redirect_url}", f"http://{name}/a?b=c"])
        assert moved.stdout == f"https://{name}:443/a?b=c"
        for host in hosts:
            platform.client.call("DELETE", f"/workloads/{host}")
        run("destroy", "-auto-approve", "-input=false")
