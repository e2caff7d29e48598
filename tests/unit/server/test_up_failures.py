"""What ends a platform is said in a sentence where an operator can do something, and whole where only a maintainer can."""

import pytest

from innergate.server.settings import CannotListen
from innergate.server.up import single
from innergate.store.errors import StoreDamaged, StoreUnwritable


@pytest.mark.parametrize("said", [CannotListen("a"), StoreDamaged("b"), StoreUnwritable("c")])
def test_one_that_says_what_to_do_stands_alone(said: Exception) -> None:
    assert single(ExceptionGroup("all", [said])) is said
    assert single(ExceptionGroup("all", [ExceptionGroup("servers", [said, StoreDamaged("too")])])) is said


def test_a_bug_beside_it_is_not_hidden() -> None:
    for bugs in ([KeyError("x")], [StoreDamaged("b"), ExceptionGroup("servers", [KeyError("x")])]):
        group = ExceptionGroup("all", bugs)
        assert single(group) is group
