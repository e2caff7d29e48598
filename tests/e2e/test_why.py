"""`innergate why ID`: a call that failed is explained by the id that its caller got."""

import json
import os
import subprocess
import sys

import pytest
from tests.e2e.conftest import Built
from tests.e2e.inside import call_from, failure_of, https
from tests.e2e.rivals import Rival

from innergate.cli.demo.scenarios import api_url

pytestmark = pytest.mark.e2e


def test_a_refusal_by_the_policy(built: Built, rival: Rival) -> None:
    """By the caller's id alone: who called, which statement decided, and nothing of what may be secret."""
    refused = https(api_url(built.path.api, "test", "/a/b?token=secret"), headers={"Authorization": "secret"})
    noticed = call_from(built.platform, rival.network.vpc, refused)
    failure_of(built.platform, noticed)
    command = [sys.executable, "-m", "innergate.cli.main", "why", noticed["headers"]["x-amz-apigw-id"]]
    own = {**os.environ, "INNERGATE_STATE": str(built.platform.state)}
    shown = subprocess.run(command, env=own, capture_output=True, text=True, check=True).stdout
    assert f"GET {built.path.api}.execute-api.us-east-1.amazonaws.com/test/a/b  from " in shown
    assert "a statement of a policy denies the call" in shown
    assert f"StringNotEquals aws:SourceVpce {built.path.entry}; seen {rival.entry}: holds" in shown
    said = subprocess.run([*command, "--json"], env=own, capture_output=True, text=True, check=True).stdout
    assert json.loads(said)["failure"]["vpce"] == rival.entry
    assert "secret" not in shown + said


def test_a_stage_that_is_not_there(built: Built) -> None:
    vpc = built.world.consumer_network.vpc
    noticed = call_from(built.platform, vpc, https(api_url(built.path.api, "nostage", "/x")))
    said = failure_of(built.platform, noticed)
    assert "the API has no stage 'nostage'" in said["now"]["cause"]
    assert said["now"]["endpoint_id"] == built.path.entry
