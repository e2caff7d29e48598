"""Users of functions' processes."""

from innergate.runtime.functions import user_ids
from innergate.runtime.functions.user_ids import FIRST_USER, UserIds


def test_nobody_has_the_same_and_what_is_given_back_comes_last() -> None:
    users = UserIds()
    first, second = users.take(), users.take()
    assert (first, second) == (FIRST_USER, FIRST_USER + 1)
    users.give_back(first)
    users.give_back(first)
    assert users.take() == FIRST_USER + 2


def test_after_the_last_comes_the_first_that_is_free() -> None:
    users = UserIds()
    kept = users.take()
    for _ in range(user_ids.USERS - 1):
        users.give_back(users.take())
    assert users.take() == kept + 1
