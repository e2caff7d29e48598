"""The tables of AWS's documentation, every row of them."""

import itertools
import json

import pytest

from innergate.policy.combine import (
    decide_cross_account,
    decide_identity,
    decide_same_account,
    decide_without_caller,
    with_endpoint,
)
from innergate.policy.document import Policy
from innergate.policy.evaluate import AccessRequest, Decision, Outcome, evaluate
from innergate.policy.parse import parse_policy
from innergate.policy.principals import Principal

USER = Principal("user", "111122223333", "arn:aws:iam::111122223333:user/u", "AIDAEXAMPLE")
REQUEST = AccessRequest("execute-api:Invoke", "arn:aws:execute-api:us-east-1:111122223333:a/t/GET/", USER, {})
SAYS = {"Allow": ["Allow"], "neither": [], "Deny": ["Deny"], "both": ["Allow", "Deny"]}


def policy(says: str, principal: str = "*") -> Policy:
    base = {"Principal": {"AWS": principal}, "Action": "*", "Resource": "*"}
    other = {**base, "Effect": "Allow", "Action": "s3:*"}
    statements = [{**base, "Effect": effect} for effect in SAYS[says]] or [other]
    return parse_policy(json.dumps({"Statement": statements}))


def decision(says: str) -> Decision:
    return evaluate((policy(says),), REQUEST)


@pytest.mark.parametrize(
    ("identity", "resource", "same", "cross"),
    [
        ("Allow", "Allow", "allow", "allow"),
        ("Allow", "neither", "allow", "implicit-deny"),
        ("Allow", "Deny", "explicit-deny", "explicit-deny"),
        ("neither", "Allow", "allow", "implicit-deny"),
        ("neither", "neither", "implicit-deny", "implicit-deny"),
        ("neither", "Deny", "explicit-deny", "explicit-deny"),
        ("Deny", "Allow", "explicit-deny", "explicit-deny"),
        ("Deny", "neither", "explicit-deny", "explicit-deny"),
        ("Deny", "Deny", "explicit-deny", "explicit-deny"),
    ],
)
def test_tables_a_and_b(identity: str, resource: str, same: Outcome, cross: Outcome) -> None:
    assert decide_same_account(decision(identity), decision(resource)).outcome == same
    assert decide_cross_account(decision(identity), decision(resource)).outcome == cross


def test_naming_the_account_leaves_it_to_the_identity_side() -> None:
    to_account = evaluate((policy("Allow", "111122223333"),), REQUEST)
    assert decide_same_account(decision("neither"), to_account).outcome == "implicit-deny"
    assert decide_same_account(decision("Allow"), to_account).outcome == "allow"


def test_without_caller() -> None:
    assert decide_without_caller(None, True, None, REQUEST).outcome == "implicit-deny"
    assert decide_without_caller(None, False, None, REQUEST).outcome == "allow"
    assert decide_without_caller(policy("Allow"), True, None, REQUEST).outcome == "allow"
    assert decide_without_caller(policy("neither"), False, None, REQUEST).outcome == "implicit-deny"
    assert decide_without_caller(policy("Allow"), True, policy("neither"), REQUEST).outcome == "implicit-deny"
    assert decide_without_caller(policy("Allow"), True, policy("Deny"), REQUEST).outcome == "explicit-deny"
    assert decide_without_caller(policy("Allow"), True, policy("Allow"), REQUEST).outcome == "allow"


@pytest.mark.parametrize("parts", list(itertools.product(SAYS, repeat=3)))
def test_a_deny_anywhere_denies(parts: tuple[str, str, str]) -> None:
    identity, boundary, session = (policy(says) for says in parts)
    found = decide_identity((identity,), boundary, (session,), REQUEST).outcome
    if any("Deny" in SAYS[says] for says in parts):
        assert found == "explicit-deny"
    else:
        assert found == ("allow" if parts == ("Allow", "Allow", "Allow") else "implicit-deny")
    joined = with_endpoint(evaluate((identity, boundary), REQUEST), session, REQUEST)
    assert (joined.outcome == "explicit-deny") == any("Deny" in SAYS[says] for says in parts)
