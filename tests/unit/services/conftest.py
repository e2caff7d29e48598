"""Fixtures of the identity tests."""

from pathlib import Path

import pytest
from tests.unit.services.identity_harness import IdentityHarness


@pytest.fixture
def harness(tmp_path: Path) -> IdentityHarness:
    """Two accounts and their operators' keys."""
    return IdentityHarness(tmp_path)
