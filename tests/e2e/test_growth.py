"""Changes that are undone leave nothing behind: `make chaos CHANGES=10000` makes more of them."""

import os

import pytest
from rich.console import Console

from innergate.driver.platform import RunningPlatform
from innergate.testing.chaos_growth import grow, print_growth

pytestmark = pytest.mark.e2e

CHANGES = int(os.environ.get("INNERGATE_CHANGES", "500"))


def test_what_is_undone_leaves_nothing_behind() -> None:
    """No network, socket, file or process, and no memory to speak of."""
    with RunningPlatform(auth="open", concurrency=1) as platform:
        growth = grow(platform, CHANGES)
    print_growth(growth, Console(width=120))
    assert growth.violations == ()
    assert growth.changes >= CHANGES
