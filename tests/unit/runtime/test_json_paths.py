"""JSONPath: any text leads somewhere or is refused, and the quick way finds what the library finds."""

from typing import Any

import jsonpath
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fuzzing import fuzzed

from innergate.runtime.mapping.json_paths import BadJsonPath, find
from innergate.runtime.vtl.budget import TemplateTooCostly

DOCUMENT: Any = {"a": [{"b": 1, "c": None}, {"b": [2, 3]}], "b": {"a": "x", "zero": False}, "c d": [[], {}]}
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
    wanted = jsonpath.findall(path, DOCUMENT)
    found = find(DOCUMENT, path)
    assert ([found.value] if found.is_found else []) == wanted
