"""Every resource that Terraform has for REST APIs: built, unchanged by a second plan, and gone without a trace."""

import json
import os
import re
from pathlib import Path

import pytest
from tests.e2e.clients.leftovers import holdings_of
from tests.e2e.clients.terraform_folder import TerraformFolder, copy_example
from tests.e2e.clients.tools import EXAMPLES, ROOT
from tests.e2e.test_regional_apis import call

from innergate.driver.platform import RunningPlatform

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]

RATCHET = ROOT / "tests" / "ratchets" / "terraform_resources.txt"


@pytest.fixture
def place(tmp_path: Path) -> TerraformFolder:
    return copy_example("rest-api-whole", tmp_path)


def test_every_resource_of_the_provider_is_in_an_example(place: TerraformFolder) -> None:
    place.init()
    [schemas] = json.loads(place.run("providers", "schema", "-json"))["provider_schemas"].values()
    known = {name for name in schemas["resource_schemas"] if name.startswith("aws_api_gateway_")}
    texts = [file.read_text() for file in (EXAMPLES / "terraform").rglob("*.tf")]
    held = {name for text in texts for name in re.findall(r'^resource "(aws_api_gateway_\w+)"', text, re.MULTILINE)}
    lines = [line for line in RATCHET.read_text().splitlines() if line and not line.startswith("#")]
    assert known - held == {line.split()[0] for line in lines}


def test_everything_comes_stays_and_goes(place: TerraformFolder) -> None:
    with RunningPlatform() as platform:
        place.use(platform, "whole")
        platform.settle()
        before = holdings_of(platform)
        outputs = place.apply()
        platform.settle()
        if os.geteuid() == 0:
            path = "/live/pets?shop=1"
            assert call(platform, outputs["api"], path).status == 403
        place.destroy()
        assert holdings_of(platform).beyond(before) == {}
