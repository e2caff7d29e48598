"""Whatever is said, it reads as the standard library reads it."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from innergate.primitives.json_reading import read_json

_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
    max_leaves=10,
)


def _outcome(read: Any, text: str | bytes) -> object:
    try:
        return repr(read(text))
    except (ValueError, RecursionError) as error:
        return isinstance(error, RecursionError)


@given(_VALUES, st.booleans(), st.sampled_from(("utf-8", "utf-16", "utf-8-sig")))
def test_all_that_can_be_written(value: Any, is_ascii: bool, encoding: str) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii)
    assert repr(read_json(text)) == repr(json.loads(text))
    data = text.encode(encoding, "surrogatepass")
    assert _outcome(read_json, data) == _outcome(json.loads, data)


@given(st.text(st.sampled_from('[]{}",:\\u0dD8+-.1eE nul trueN\x00\x7f\xff')))
def test_all_else(text: str) -> None:
    assert _outcome(read_json, text) == _outcome(json.loads, text)
    data = text.encode("latin-1")
    assert _outcome(read_json, data) == _outcome(json.loads, data)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":2}',
        "1e400",
        "-1e400",
        "-0",
        "-0.0",
        "1E2",
        "9" * 40,
        "0." + "1" * 40,
        '"\\ud800"',
        "[" * 100_000,
        "NaN",
    ],
)
def test_where_readers_of_json_differ(text: str) -> None:
    assert _outcome(read_json, text) == _outcome(json.loads, text)
    assert math.isinf(read_json("1e400"))
