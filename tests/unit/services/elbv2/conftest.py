"""The world of the load balancer tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.services.elbv2.two_accounts import TwoAccounts


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TwoAccounts]:
    """Two accounts and nothing in them."""
    world = TwoAccounts(tmp_path)
    yield world
    world.harness.store.close()
