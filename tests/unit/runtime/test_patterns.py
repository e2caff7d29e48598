"""Patterns of tenants: what they match, and that none of them holds up a worker."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from innergate.runtime.vtl import TemplateTooCostly
from innergate.runtime.vtl.patterns import compile_search
from innergate.testing.cpu_time import cpu_seconds


@pytest.mark.parametrize(
    ("pattern", "length"),
    [
        (r"\s+", 1_000_000),
        (r"[^a-z+*]*", 1_000_000),
        ("\n", 1_000_000),
        (r"(?:a|b)", 1_000_000),
        (r"(\d+)", 1_000_000),
        (r"[,;]\s*", 1_000_000),
        (r"(\w+)=(\w+)", 300),
        (r"https?://[^/]+", 1_000_000),
        (r"(ab)+", 4000),
    ],
)
def test_what_ends_soon_may_search(pattern: str, length: int) -> None:
    compile_search(pattern, "a" * length).sub("", "a" * length)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+b",
        "(a|aa)+c",
        "(a*)*b",
        "((a)b?)+c",
        "a+a+a+a+b",
        ".*.*.*x",
        "a?" * 40 + "a" * 40,
        "(a?){30}" + "a" * 30,
        "a{0,900}a{0,900}a{0,900}b",
        "(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)b",
        "x" * 300,
    ],
)
def test_what_could_take_too_long_may_not(pattern: str) -> None:
    with pytest.raises(TemplateTooCostly):
        compile_search(pattern, "a" * 5000)


ATOMS = st.sampled_from(
    ["a", ".", "[ab]", "a+", "a*?", "(a*)", "(?:ab)+", "(a|b)*", "a?", "b", "a{1,3}", "^", "$", "|", "(b", ")"]
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(ATOMS, min_size=1, max_size=12), st.sampled_from([30, 300, 3000, 30_000]))
def test_whatever_may_search_ends(atoms: list[str], length: int) -> None:
    text = "a" * length + "c"
    try:
        compiled = compile_search("".join(atoms), text)
    except (TemplateTooCostly, re.error):
        return
    assert cpu_seconds(lambda: (compiled.search(text), compiled.sub("", text)), 2) < 2
