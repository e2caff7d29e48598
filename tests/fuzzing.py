"""A property test's budget: as it says in `make test`, random and larger in `make abuse`, and its examples are counted.

INNERGATE_FUZZ_SEED makes the draws random (give the same number to `--hypothesis-seed`), INNERGATE_FUZZ_FACTOR multiplies the
number of examples.
"""

import functools
import os
from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import settings

SEED = int(os.environ.get("INNERGATE_FUZZ_SEED", "0"))
FACTOR = int(os.environ.get("INNERGATE_FUZZ_FACTOR", "1"))
EXAMPLES = {"run": 0}

Test = TypeVar("Test", bound=Callable[..., None])


def fuzzed(wanted: settings, may_grow: bool = True) -> Callable[[Test], Test]:
    """Decorates what `given` made, in place of `settings`. With `may_grow` False only the draws change, not their number."""
    if SEED:
        factor = FACTOR if may_grow else 1
        wanted = settings(wanted, derandomize=False, database=None, max_examples=wanted.max_examples * factor)

    def decorate(test: Test) -> Test:
        handle: Any = vars(test)["hypothesis"]
        inner = handle.inner_test

        @functools.wraps(inner)
        def counted(*values: Any, **named: Any) -> None:
            EXAMPLES["run"] += 1
            inner(*values, **named)

        handle.inner_test = counted
        return wanted(test)

    return decorate
