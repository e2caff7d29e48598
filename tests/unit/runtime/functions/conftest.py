"""Functions to try."""

from pathlib import Path

import pytest
from tests.unit.runtime.functions.function_kit import FunctionKit


@pytest.fixture
def kit(tmp_path: Path) -> FunctionKit:
    """Functions in a folder of their own."""
    return FunctionKit(tmp_path)
