"""Functions by Terraform: built and invoked, unchanged by a second plan, and gone without a trace."""

import zipfile
from pathlib import Path

import pytest
from tests.e2e.clients.leftovers import holdings_of
from tests.e2e.clients.terraform_folder import copy_example

from innergate.driver.platform import RunningPlatform

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]


def test_functions_come_answer_stay_and_go(tmp_path: Path) -> None:
    place = copy_example("functions", tmp_path)
    with zipfile.ZipFile(place.folder / "function.zip", "w") as package:
        package.write(place.folder / "src" / "app.py", "app.py")
    with RunningPlatform() as platform:
        place.use(platform, "functions")
        before = holdings_of(platform)
        said = place.apply()["said"]
        place.destroy()
        assert said == {"text": "hello, terraform"}
        assert holdings_of(platform).beyond(before) == {}
