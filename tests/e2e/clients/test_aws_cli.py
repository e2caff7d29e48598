"""Both scenarios by a shell script of AWS CLI calls, built and taken down."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.e2e.clients.accounts import add_account, endpoint_of
from tests.e2e.clients.leftovers import holdings_of
from tests.e2e.clients.tools import EXAMPLES, innergate, need_aws, shared_or_example

from innergate.driver.platform import RunningPlatform

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(1200)]


def script_variables(platform: RunningPlatform, ids: Path) -> dict[str, str]:
    """What the script reads; OUTSIDE_RUN is a network without an endpoint, in an account of its own."""
    application, gateway, stranger = (add_account(platform, name) for name in ("application", "gateway", "stranger"))
    endpoint = endpoint_of(platform)
    aws = [str(need_aws()), "--endpoint-url", endpoint, "--region", "us-east-1", "--output", "text", "ec2"]
    signed = {"AWS_ACCESS_KEY_ID": stranger.id, "AWS_SECRET_ACCESS_KEY": stranger.secret}

    def as_stranger(*words: str) -> str:
        return subprocess.check_output([*aws, *words], env={**os.environ, **signed}, text=True).strip()

    vpc = as_stranger("create-vpc", "--cidr-block", "10.0.0.0/16", "--query", "Vpc.VpcId")
    as_stranger("create-subnet", "--vpc-id", vpc, "--cidr-block", "10.0.1.0/24")
    return {
        **os.environ,
        "INNERGATE_STATE": str(platform.state),
        "INNERGATE": innergate(),
        "PYTHON": sys.executable,
        "AWS_CLI": str(need_aws()),
        "ENDPOINT_URL": endpoint,
        "APP_KEY": application.id,
        "APP_SECRET": application.secret,
        "GW_KEY": gateway.id,
        "GW_SECRET": gateway.secret,
        "START_ORIGIN": str(EXAMPLES / "aws-cli" / "start-origin"),
        "CONSUMER_RUN": innergate("exec", "--vpc", "{vpc}", "--"),
        "OUTSIDE_RUN": innergate("exec", "--vpc", vpc, "--"),
        "INVOKE": "1",
        "WAIT_TARGETS": "1",
        "STATE": str(ids),
    }


def test_the_script_builds_calls_and_takes_down(platform: RunningPlatform, tmp_path: Path) -> None:
    script = shared_or_example("blog-steps.sh", "aws-cli/private-apis.sh")
    variables = script_variables(platform, tmp_path / "ids")

    def run(word: str) -> str:
        began = time.monotonic()
        done = subprocess.run(
            [str(script), word], env=variables, capture_output=True, text=True, timeout=900, check=False
        )
        print(f"{script.name} {word}: {time.monotonic() - began:.1f} s")
        assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    before = holdings_of(platform)
    said = run("up")
    assert re.findall(r"GET \S+ -> (\d+)", said) == ["200"] * 4, said
    assert len(re.findall(r"access-control-allow-origin: \*", said)) == 2, said
    assert re.findall(r"from outside -> (\d+)", said) == ["000"] * 2, said
    for host in platform.client.call("GET", "/workloads")["workloads"]:
        platform.client.call("DELETE", f"/workloads/{host['id']}")
    run("down")
    assert holdings_of(platform).beyond(before) == {}
