"""The parser refuses what AWS refuses and remembers where each statement stands."""

import json

import pytest

from innergate.policy.document import PolicyError
from innergate.policy.parse import parse_policy, read_stored_policy

ALLOW = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}


def policy(*statements: object, **members: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **members})


def test_lines_and_members() -> None:
    text = """{
  "Version": "2012-10-17",
  "Id": "x",
  "Statement": [
    {"Sid": "One", "Effect": "Allow", "Principal": {"AWS": ["111122223333"]},
     "Action": ["execute-api:Invoke"], "Resource": "*"},
    {
      "Effect": "Deny", "NotPrincipal": "*", "NotAction": "s3:*", "NotResource": ["*"],
      "Condition": {"ForAnyValue:StringLikeIfExists": {"aws:SourceVpce": "vpce-*"}, "Bool": {"k": true}}
    }
  ]
}"""
    first, second = parse_policy(text).statements
    assert (first.line, second.line) == (5, 7)
    assert first.name == "One (statement 0, line 5)"
    assert first.principals == {"AWS": ("111122223333",)}
    assert second.not_actions == ("s3:*",)
    assert second.not_resources == ("*",)
    assert second.conditions[0].name == "ForAnyValue:StringLikeIfExists"
    assert second.conditions[1].values == ("true",)


def test_a_single_statement_may_stand_without_a_list() -> None:
    assert parse_policy(json.dumps({"Statement": ALLOW}, indent=1)).statements[0].line == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "null",
        '{"Statement": []}',
        '{"Statement": [[]]}',
        '{"Version": "2013-01-01", "Statement": []}',
        '{"Statement": [], "Statement": []}',
        '{"Statement": NaN}',
        "[" * 100_000,
        " " * 200_000,
        policy({**ALLOW, "Effect": "allow"}),
        policy({**ALLOW, "Action": []}),
        policy({**ALLOW, "Action": "Invoke"}),
        policy({**ALLOW, "NotAction": "s3:*"}),
        policy({**ALLOW, "Surprise": 1}),
        policy({**ALLOW, "Principal": {"Aws": "*"}}),
        policy({**ALLOW, "Resource": [1]}),
        policy({**ALLOW, "Condition": {"StringSortOf": {"k": "v"}}}),
        policy({**ALLOW, "Condition": {"NullIfExists": {"k": "true"}}}),
        policy({**ALLOW, "Condition": {"StringEquals": {"k": []}}}),
        policy({**ALLOW, "Condition": {"StringEquals": {"k": {"a": 1}}}}),
        policy({**ALLOW, "Condition": []}),
        policy({k: v for k, v in ALLOW.items() if k != "Principal"}),
        policy({k: v for k, v in ALLOW.items() if k != "Resource"}),
        policy({**ALLOW, "Sid": "a"}, {**ALLOW, "Sid": "a"}),
        policy(ALLOW, Surprise=1),
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(PolicyError):
        parse_policy(text)


def test_each_kind_has_its_members() -> None:
    identity = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "apigateway.amazonaws.com"}}
    parse_policy(policy(identity), "identity")
    parse_policy(policy(trust), "trust")
    with pytest.raises(PolicyError, match="Policy document should not specify a principal"):
        parse_policy(policy(ALLOW), "identity")
    with pytest.raises(PolicyError, match="Has prohibited field Resource"):
        parse_policy(policy(ALLOW), "trust")
    with pytest.raises(PolicyError, match="Missing required field Principal"):
        parse_policy(policy({"Effect": "Allow", "Action": "sts:AssumeRole"}), "trust")
    with pytest.raises(PolicyError, match="must be in ARN format"):
        parse_policy(policy({**identity, "Resource": "bucket"}), "identity")


def test_a_stored_policy_that_cannot_be_read_denies_everything() -> None:
    read = read_stored_policy("{", "resource")
    assert [(s.effect, s.actions, s.resources) for s in read.statements] == [("Deny", ("*",), ("*",))]


def test_a_stored_policy_keeps_unknown_operators() -> None:
    read = read_stored_policy(policy({**ALLOW, "Condition": {"StringSortOf": {"k": "v"}}}))
    assert read.statements[0].conditions[0].operator == "StringSortOf"


def test_half_of_a_surrogate_pair_is_refused() -> None:
    whole = policy({**ALLOW, "Sid": "\U0001f600"})
    assert parse_policy(whole).statements[0].sid == "\U0001f600"
    with pytest.raises(PolicyError, match="invalid Json"):
        parse_policy(whole.replace("\\ud83d", ""))
