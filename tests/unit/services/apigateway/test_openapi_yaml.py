"""YAML is read as PyYAML reads it, in bounded depth, size and time; what JSON has not is refused."""

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fuzzing import fuzzed

from innergate.services.apigateway.openapi_yaml import BadYamlError, read_yaml
from innergate.testing.cpu_time import cpu_seconds

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], max_codepoint=0x2FFF), max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


def read(text: str) -> Any:
    return read_yaml(text, 64, 1000)


@fuzzed(settings(max_examples=150, derandomize=True, database=None, deadline=None))
@given(VALUES, st.sampled_from([None, True, False]))
def test_what_is_written_is_read(value: Any, flow: bool | None) -> None:
    assert read(yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("a: yes\nb: 0x1f\nc: 1e3\nd: 1.0e+3\ne: ~", {"a": True, "b": 31, "c": "1e3", "d": 1000.0, "e": None}),
        ("v: 2017-01-01", {"v": "2017-01-01"}),
        ("200: {description: ok}\ntrue: 1", {"200": {"description": "ok"}, "true": 1}),
        ("a: &x {n: 1}\nb: *x\nc: [*x, &y 2, *y]", {"a": {"n": 1}, "b": {"n": 1}, "c": [{"n": 1}, 2, 2]}),
        ("a: &x {n: 1, m: 1}\nb: {<<: *x, n: 2}", {"a": {"n": 1, "m": 1}, "b": {"n": 2, "m": 1}}),
        (
            "a: &x {n: 1}\nb: &y {n: 2, m: 2}\nc: {<<: [*x, *y]}",
            {"a": {"n": 1}, "b": {"n": 2, "m": 2}, "c": {"n": 1, "m": 2}},
        ),
        ("'<<': 1", {"<<": 1}),
        ("a: !!str 5\nb: !!int '7'\nc: '5'\nd: !!map {}\ne: ! 5", {"a": "5", "b": 7, "c": "5", "d": {}, "e": 5}),
        ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
        ("--- {a: 1}\n...\n", {"a": 1}),
    ],
)
def test_what_yaml_means(text: str, value: Any) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    "text",
    [
        '!!int ""',
        "!!bool x",
        "!!timestamp 2017-01-01",
        "!!binary eA==",
        "!!set {x}",
        "!!python/object:os.system {}",
        "!mine {}",
        "*nobody",
        "&a [*a]",
        "{? {a: b} : c}",
        "{<<: 1}",
        "a: b\n---\nc: d",
        "a: [",
        "\x00",
    ],
)
def test_what_json_has_not_is_refused(text: str) -> None:
    with pytest.raises(BadYamlError):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 1_000_000,
        "- " * 1_000_000,
        "{a: " * 1_000_000,
        "a: b\n" * 1_000_000,
        "- a\n" * 1_000_000,
        "a: &x {" + ", ".join(f"k{n}: 1" for n in range(400)) + "}\nb:\n" + "- <<: *x\n" * 400,
    ],
)
def test_too_deep_and_too_much_ends_soon(text: str) -> None:
    def refused() -> None:
        with pytest.raises(BadYamlError):
            read(text)

    assert cpu_seconds(refused, 2) < 2
