"""JSONPath: any text leads somewhere or is refused, and the quick way finds what the library finds."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fuzzing import fuzzed

from innergate.runtime.mapping.json_paths import BadJsonPath, find, find_by_library
from innergate.runtime.vtl.budget import TemplateTooCostly

DOCUMENT: Any = {
    "a": [{"b": 1, "c": None}, {"b": [2, 3], "0": "no element"}, {"0": [{"1": "deep"}]}],
    "b": {"a": "x", "zero": False, "0": {"a": 1}, "1": "member"},
    "c d": [[], {}],
    "0": ["of the root"],
}
STEPS = st.sampled_from([".a", ".b", ".c", "['a']", "['c d']", '["b"]', "[0]", "[1]", "[7]", "['0']"])


@fuzzed(settings(max_examples=300, deadline=None, derandomize=True, database=None))
@given(st.text(alphabet="$.[]()*?@'\"abc01:,-<>=!&|~ \\\u00e9", max_size=40))
def test_any_text_leads_somewhere_or_is_refused(text: str) -> None:
    try:
        found = find(DOCUMENT, text)
    except (BadJsonPath, TemplateTooCostly):
        return
    assert found.is_found or found.value is None


@fuzzed(settings(max_examples=200, deadline=None, derandomize=True, database=None))
@given(st.lists(STEPS, max_size=4))
def test_plain_paths_find_what_the_library_finds(steps: list[str]) -> None:
    path = "$" + "".join(steps)
    found = find(DOCUMENT, path)
    assert ([found.value] if found.is_found else []) == find_by_library(DOCUMENT, path)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$[0]", None),
        ("$['0'][0]", "of the root"),
        ("$.b[0]", None),
        ("$.b['0'].a", 1),
        ("$.a[1][0]", None),
        ("$.b[0,1]", []),
        ("$.*[0]", [DOCUMENT["a"][0], [], "of the root"]),
        ("$.a[?(@.b == 1)].b", [1]),
        ("$..[0].b", [1]),
    ],
)
def test_an_index_is_an_arrays(path: str, value: Any) -> None:
    """Of an object's members none is meant, on either way."""
    assert find(DOCUMENT, path).value == value
