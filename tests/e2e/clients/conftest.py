"""Real clients on real platforms. Terraform's runs begin first, in the background, and are asked for last."""

from collections.abc import Iterator

import pytest
from tests.e2e.clients.terraform_run import OURS, SHARED_ONE, TerraformRun
from tests.e2e.clients.tools import find_terraform

from innergate.driver.platform import RunningPlatform


@pytest.fixture(scope="session", autouse=True)
def terraform_runs(request: pytest.FixtureRequest) -> Iterator[dict[str, TerraformRun]]:
    """The configurations' runs by name; empty where no test wants them or Terraform is missing."""
    terraform = find_terraform()
    is_wanted = any("clients/test_terraform" in item.nodeid for item in request.session.items)
    configurations = [c for c in (OURS, SHARED_ONE) if c.folder.is_dir()] if terraform and is_wanted else []
    runs = {c.name: TerraformRun(c, terraform) for c in configurations if terraform}
    yield runs
    for run in runs.values():
        run.stop()


@pytest.fixture(scope="session")
def clients_platform() -> Iterator[RunningPlatform]:
    """One platform for the clients that only make things."""
    with RunningPlatform() as platform:
        yield platform
