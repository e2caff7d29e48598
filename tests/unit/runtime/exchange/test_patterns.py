"""Selection patterns: what they match, and that none of them holds up a worker."""

import time

import pytest

from innergate.runtime.exchange.patterns import MAX_PATTERN_CHARACTERS, matches_whole


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
    started = time.process_time()
    assert not matches_whole(pattern, "a" * 5000)
    assert time.process_time() - started < 1
