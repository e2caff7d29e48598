"""Models cost a worker no more than it can bear."""

import json
import resource
from typing import Any

import pytest

from innergate.runtime.exchange.compiled_models import MAX_PATTERNS, CompiledModels, compile_model


def model(*patterns: str, place: str = "properties") -> dict[str, str]:
    if place == "patternProperties":
        return {"M": json.dumps({"patternProperties": {pattern: {} for pattern in patterns}})}
    return {"M": json.dumps({"properties": {f"p{n}": {"pattern": pattern} for n, pattern in enumerate(patterns)}})}


def is_valid(schemas: dict[str, str], document: Any) -> bool:
    compiled = compile_model("M", schemas)
    assert compiled is not None
    return compiled.validator.is_valid(document)


def peak_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.parametrize("place", ["properties", "patternProperties"])
def test_case_86_small_texts_do_not_become_large_patterns(place: str) -> None:
    """Each of these is a quarter of a megabyte, and a model of 400 KB has ten thousand."""
    before = peak_kb()
    assert compile_model("M", model(*(rf"(\w{{900}}){n}" for n in range(1_000)), place=place)) is None
    assert peak_kb() - before < 100_000


def test_case_86_patterns_are_not_without_number() -> None:
    assert compile_model("M", model(*(f"a{n}" for n in range(MAX_PATTERNS)))) is not None
    assert compile_model("M", model(*(f"a{n}" for n in range(MAX_PATTERNS + 1)))) is None


@pytest.mark.parametrize(
    "pattern", [r"^\d{4}-\d{2}-\d{2}$", r"(\w{900})", r"^(?!b)\w{200}$", r"^\p{L}{1,50}( \p{L}{1,50})*$"]
)
def test_a_few_large_ones_have_their_place(pattern: str) -> None:
    assert compile_model("M", model(pattern)) is not None


def test_they_mean_what_they_say() -> None:
    schemas = model(r"^\d{4}-\d{2}$", r"^(?!b)\w+$")
    assert is_valid(schemas, {"p0": "2026-11", "p1": "ab"})
    assert not is_valid(schemas, {"p0": "2026-1"})
    assert not is_valid(schemas, {"p1": "ba"})


def test_what_is_kept_has_a_bound_and_the_least_used_go() -> None:
    models = CompiledModels(max_bytes=60_000)
    schemas = [tuple(model(f"a{n}").items()) for n in range(5)]
    first = models.find("M", schemas[0])
    assert models.find("M", schemas[0]) is first
    for each in schemas[1:]:
        models.find("M", each)
        assert models.size_bytes <= 60_000
    assert models.find("M", schemas[4]) is models.find("M", schemas[4])
    assert models.find("M", schemas[0]) is not first


def test_what_is_no_schema_is_known_too() -> None:
    models = CompiledModels()
    assert models.find("M", (("M", "[]"),)) is None
    assert models.find("M", (("M", "[]"),)) is None
    assert models.size_bytes == 2
