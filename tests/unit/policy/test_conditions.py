"""Every operator, and what each says of a key that is missing."""

import pytest

from innergate.policy.conditions import check_condition
from innergate.policy.document import Condition
from innergate.policy.evaluate import request_context
from innergate.policy.parse import split_operator


def holds(operator: str, key: str, wanted: str | list[str], **seen: str | list[str] | None) -> bool | None:
    qualifier, name, if_exists = split_operator(operator)
    values = (wanted,) if isinstance(wanted, str) else tuple(wanted)
    context = request_context({k.replace("_", ":"): v for k, v in seen.items()})
    return check_condition(Condition(qualifier, name, if_exists, key, values), context, True).holds


@pytest.mark.parametrize(
    ("operator", "wanted", "seen", "expected"),
    [
        ("StringEquals", "vpce-1", "vpce-1", True),
        ("StringEquals", "vpce-*", "vpce-1", False),
        ("StringEquals", ["x", "vpce-1"], "vpce-1", True),
        ("StringNotEquals", ["x", "vpce-1"], "vpce-1", False),
        ("StringNotEquals", ["x", "y"], "vpce-1", True),
        ("StringEqualsIgnoreCase", "VPCE-1", "vpce-1", True),
        ("StringNotEqualsIgnoreCase", "VPCE-1", "vpce-1", False),
        ("StringLike", "vpce-?", "vpce-1", True),
        ("StringLike", "VPCE-?", "vpce-1", False),
        ("StringNotLike", "vpce-*", "vpce-1", False),
        ("ArnLike", "arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:role/a", True),
        ("ArnEquals", "arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:role/a", True),
        ("ArnNotLike", "arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:role/a", False),
        ("NumericLessThan", "10", "9.5", True),
        ("NumericGreaterThanEquals", "10", "9.5", False),
        ("NumericEquals", "10", "10.0", True),
        ("NumericNotEquals", "10", "10.0", False),
        ("NumericEquals", "10", "ten", None),
        ("NumericEquals", "NaN", "10", None),
        ("DateGreaterThan", "2026-01-01T00:00:00Z", "2026-11-22T08:00:00Z", True),
        ("DateLessThan", "2026-01-01", "2026-11-22T08:00:00Z", False),
        ("DateGreaterThan", "1700000000", "2026-11-22T08:00:00Z", True),
        ("DateEquals", "yesterday", "2026-11-22T08:00:00Z", None),
        ("Bool", "TRUE", "true", True),
        ("Bool", "false", "true", False),
        ("Bool", "maybe", "true", None),
        ("BinaryEquals", "YWJj", "YWJj", True),
        ("BinaryEquals", "YWJj", "YWJk", False),
        ("BinaryEquals", "YWJj", "?", None),
        ("IpAddress", "10.0.0.7/24", "10.0.0.200", True),
        ("IpAddress", "10.0.0.7", "10.0.0.7", True),
        ("IpAddress", "10.0.0.0/24", "::ffff:10.0.0.9", True),
        ("IpAddress", "0.0.0.0/0", "fd00::1", False),
        ("IpAddress", "fd00::/8", "fd00::1", True),
        ("NotIpAddress", "10.0.0.0/24", "10.0.0.9", False),
        ("IpAddress", "10.0.0.0/33", "10.0.0.9", None),
        ("StringSortOf", "a", "a", None),
    ],
)
def test_operator(operator: str, wanted: str | list[str], seen: str, expected: bool | None) -> None:
    assert holds(operator, "k", wanted, k=seen) is expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", False),
        ("StringNotEquals", True),
        ("StringEqualsIfExists", True),
        ("NotIpAddress", True),
        ("IpAddress", False),
        ("ForAllValues:StringEquals", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
        ("ForAnyValue:StringEqualsIfExists", True),
        ("NumericLessThan", False),
        ("Bool", False),
    ],
)
def test_missing_key(operator: str, expected: bool) -> None:
    assert holds(operator, "aws:SourceVpce", "1") is expected


def test_null_asks_whether_the_key_is_there() -> None:
    assert holds("Null", "aws:SourceVpce", "true") is True
    assert holds("Null", "aws:SourceVpce", "false") is False
    assert holds("Null", "aws:SourceVpce", "false", aws_SourceVpce="vpce-1") is True
    assert holds("Null", "aws:SourceVpce", "perhaps") is None


def test_keys_ignore_case() -> None:
    assert holds("StringEquals", "AWS:sourceVPCE", "vpce-1", aws_SourceVpce="vpce-1") is True


@pytest.mark.parametrize(
    ("operator", "seen", "expected"),
    [
        ("ForAllValues:StringEquals", ["a", "b"], True),
        ("ForAllValues:StringEquals", ["a", "c"], False),
        ("ForAnyValue:StringEquals", ["a", "c"], True),
        ("ForAnyValue:StringEquals", ["c"], False),
        ("ForAllValues:StringNotEquals", ["c", "d"], True),
        ("ForAllValues:StringNotEquals", ["a", "d"], False),
        ("ForAnyValue:StringNotEquals", ["a", "d"], True),
        ("ForAllValues:StringLike", [], True),
    ],
)
def test_sets_of_values(operator: str, seen: list[str], expected: bool) -> None:
    assert holds(operator, "aws:TagKeys", ["a", "b"], aws_TagKeys=seen) is expected


def test_a_variable_without_value_matches_nothing_and_a_negated_one_cannot_be_told() -> None:
    assert holds("StringEquals", "k", "${aws:username}", k="x") is False
    assert holds("StringNotEquals", "k", "${aws:username}", k="x") is None
    assert holds("StringEquals", "k", "${aws:username}", k="x", aws_username="x") is True
