"""Patterns of tenants: what they match, and that none of them holds up a process."""

import pytest

from innergate.primitives.bounded_patterns import MAX_PATTERN_CHARACTERS, is_known, matches_whole, occurs_in
from innergate.testing.cpu_time import cpu_seconds


@pytest.mark.parametrize(
    ("pattern", "text", "wanted"),
    [
        (r"2\d{2}", "200", True),
        (r"2\d{2}", "2000", False),
        ("4|5", "45", False),
        (r".*Bad.*", "a Bad\nb", False),
        (r".*Bad(.|\n)*", "a Bad\nb", True),
        (r"^(?!Err).*", "Error", False),
        (r"^(?!Err).*", "fine", True),
        (r"(?i)not found.*", "Not Found: 7", True),
        ("a$", "a\n", False),
        ("(", "(", False),
        ("a" * (MAX_PATTERN_CHARACTERS + 1), "a" * (MAX_PATTERN_CHARACTERS + 1), False),
    ],
)
def test_the_whole_text_must_fit(pattern: str, text: str, wanted: bool) -> None:
    assert matches_whole(pattern, text) is wanted


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|aa)+c", r"(x+x+)+y\1", "(?=a)(a*)*b", r"(.*)*\1z"])
def test_backtracking_ends(pattern: str) -> None:
    found = []
    assert cpu_seconds(lambda: found.append(matches_whole(pattern, "a" * 5000))) < 1
    assert found[0] is False


def test_a_part_of_the_text_may_fit() -> None:
    assert occurs_in(r"b\d+", "ab12c")
    assert not matches_whole(r"b\d+", "ab12c")
    assert not occurs_in("^b", "ab")
    assert not occurs_in("(", "(")


def test_what_no_expression_is_or_would_be_too_large_is_not_known() -> None:
    assert is_known(r"4\d{2}|5\d{2}")
    assert not is_known("(")
    assert not is_known(r"(?:\w{900}){20}")
