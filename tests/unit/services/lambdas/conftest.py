"""The world of Lambda's tests."""

from pathlib import Path

import pytest
from tests.unit.services.lambdas.lambda_world import LambdaWorld


@pytest.fixture
def world(tmp_path: Path) -> LambdaWorld:
    return LambdaWorld(tmp_path)
