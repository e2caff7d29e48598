"""Users of functions' processes."""

import pytest

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


def test_where_all_are_taken_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_ids, "USERS", 3)
    users = UserIds()
    taken = [users.take() for _ in range(3)]
    with pytest.raises(OSError, match="every user that functions may run as has a process"):
        users.take()
    users.give_back(taken[1])
    assert users.take() == taken[1]
