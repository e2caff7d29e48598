"""States that paths are followed in and explanations asked of."""

import pytest

from innergate.testing.blog_scenarios import CrossAccount, cross_account
from innergate.testing.scenario import Scenario


@pytest.fixture
def s() -> Scenario:
    """An empty state."""
    return Scenario()


@pytest.fixture
def purple(s: Scenario) -> CrossAccount:
    """The path of the first scenario in it."""
    return cross_account(s)
