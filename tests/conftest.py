"""Notes in a report how many examples a test tried (`make abuse` shows them)."""

from collections.abc import Iterator

import pytest
from tests.fuzzing import EXAMPLES, SEED


@pytest.fixture(autouse=True)
def examples(request: pytest.FixtureRequest) -> Iterator[None]:
    """As the property `examples` of a test that tried some."""
    before = EXAMPLES["run"]
    yield
    if SEED and EXAMPLES["run"] > before:
        request.node.user_properties.append(("examples", str(EXAMPLES["run"] - before)))
