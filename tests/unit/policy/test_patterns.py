"""Wildcards match what IAM's do, and cost little whatever the pattern."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from innergate.policy import patterns
from innergate.policy.patterns import matches, matches_action, matches_arn, tokens_of
from innergate.testing.cpu_time import cpu_seconds


def arn_fits(pattern: str, text: str) -> bool:
    tokens = tokens_of(pattern, None)
    assert tokens is not None
    return matches_arn(tokens, text)


@given(st.text("ab*?", max_size=12), st.text("ab", max_size=12))
def test_wildcards_mean_what_the_equivalent_expression_means(pattern: str, text: str) -> None:
    expression = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern)
    tokens = tokens_of(pattern, None)
    assert tokens is not None
    assert matches(tokens, text) == bool(re.fullmatch(expression, text, re.DOTALL))


def test_a_hostile_pattern_is_cheap() -> None:
    tokens = tokens_of("*a" * 2000 + "b", None)
    assert tokens is not None
    found = []
    assert cpu_seconds(lambda: found.append(matches(tokens, "a" * 4000)), 2) < 2
    assert found[0] is False


def test_a_wildcard_stays_inside_its_part_of_the_arn_but_crosses_slashes_in_the_last() -> None:
    arn = "arn:aws:execute-api:us-east-1:111122223333:abc/test/GET/pets/1:2"
    assert arn_fits("arn:aws:execute-api:*:*:abc/*", arn)
    assert arn_fits("arn:aws:execute-api:us-east-1:111122223333:*/GET/*", arn)
    assert not arn_fits("arn:aws:*:abc/test/GET/pets/1:2", arn)
    assert arn_fits("arn:aws:execute-api", arn)
    assert arn_fits("*", arn)
    assert not arn_fits("arn:aws:execute-api:us-east-1:111122223333:abc/test/get/*", arn)
    assert not arn_fits("arn:aws:execute-api:*:*:*", "no-arn")


def test_actions_ignore_case() -> None:
    assert matches_action("EC2:create*", "ec2:CreateVpc")
    assert not matches_action("ec2:Create?", "ec2:CreateVpc")


def test_variables_are_text_not_wildcards() -> None:
    context = {"aws:username": ("*",), "aws:principaltag/team": ("a", "b")}
    tokens = tokens_of("home/${aws:UserName}/*", context)
    assert tokens is not None
    assert matches(tokens, "home/*/x")
    assert not matches(tokens, "home/bob/x")


def test_variables_without_a_single_value_take_the_default_or_nothing() -> None:
    context = {"aws:principaltag/team": ("a", "b")}
    assert tokens_of("${aws:PrincipalTag/team}", context) is None
    assert tokens_of("${aws:username}", context) is None
    assert tokens_of("${aws:username, 'none'}", context) == tuple("none")
    assert tokens_of("${*}${?}${$}", context) == ("*", "?", "$")
    assert tokens_of("${aws:username}", None) == tuple("${aws:username}")


@given(st.text("ab*?", max_size=12), st.text("ab", max_size=12))
def test_long_texts_are_searched_otherwise_with_the_same_outcome(pattern: str, text: str) -> None:
    tokens = tokens_of(pattern, None)
    assert tokens is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patterns, "_FEW_TRIES", -1)
        by_bits = matches(tokens, text)
    assert by_bits == matches(tokens, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("*" + "a" * 4000 + "b", "a" * 8000),
        ("*" + "a" * 4000 + "?b*", "a" * 8000),
        ("*" + "a?" * 4000 + "b*", "a" * 100_000),
        ("*a?b" * 2000, "a" * 10_000),
    ],
)
def test_cases_67_86_a_pattern_cannot_hold_up_the_process_that_matches_it(pattern: str, text: str) -> None:
    tokens = tokens_of(pattern, None)
    assert tokens is not None
    found = []
    assert cpu_seconds(lambda: found.append(matches(tokens, text))) < 1
    assert found[0] is False
