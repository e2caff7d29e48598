"""One platform with both scenarios, shared by the tests that do not break it."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from rich.console import Console
from tests.e2e.rivals import Rival, make_rival

from innergate.cli.demo.scenarios import CrossAccount, World, cross_account, cross_network, make_world
from innergate.cli.demo.stage import Stage
from innergate.driver.platform import RunningPlatform


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """On a CI machine, which others share, what fails here is tried once more; the summary names it (docs/decisions/0030)."""
    if os.environ.get("CI") == "true":
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.flaky(reruns=1))


class Built(NamedTuple):
    """A running platform with both scenarios: `path` is the cross-account one, `other_api` the cross-network one's API."""

    platform: RunningPlatform
    world: World
    path: CrossAccount
    other_api: str


def build(platform: RunningPlatform) -> Built:
    """Builds both scenarios on a running platform."""
    stage = Stage(Console())
    world = make_world(stage, platform)
    path = cross_account(stage, platform, world)
    return Built(platform, world, path, cross_network(stage, platform, world, path.entry))


@pytest.fixture(scope="session")
def built() -> Iterator[Built]:
    """Both scenarios, shared: a test may add to them and must leave them as they were."""
    with RunningPlatform() as platform:
        yield build(platform)


@pytest.fixture(scope="session")
def rival(built: Built) -> Rival:
    """A fourth account on the same platform, with the same addresses and other hosts."""
    return make_rival(built.platform)


@pytest.fixture
def platform() -> Iterator[RunningPlatform]:
    """A platform of the test's own."""
    with RunningPlatform() as own:
        yield own
