"""Statements decide as AWS's do, and the decision can say why."""

import json

import pytest

from innergate.policy.document import Policy
from innergate.policy.evaluate import AccessRequest, Outcome, evaluate, names_of, request_context
from innergate.policy.parse import parse_policy, read_stored_policy
from innergate.policy.principals import Grant, Principal

ARN = "arn:aws:execute-api:us-east-1:111122223333:abc/test/GET/pets"
USER = Principal("user", "111122223333", "arn:aws:iam::111122223333:user/u", "AIDAEXAMPLE")
ROOT = Principal("root", "111122223333", "arn:aws:iam::111122223333:root", "111122223333")
SESSION = Principal(
    "assumed-role",
    "111122223333",
    "arn:aws:sts::111122223333:assumed-role/r/s",
    "AROAEXAMPLE:s",
    "arn:aws:iam::111122223333:role/r",
)


def policy(*statements: dict[str, object], stored: bool = False) -> Policy:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return read_stored_policy(text) if stored else parse_policy(text)


def statement(effect: str = "Allow", **members: object) -> dict[str, object]:
    result = {"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}
    if "NotPrincipal" in members:
        del result["Principal"]
    return {**result, **members}


def ask(p: Policy, principal: Principal | None = None, **keys: str) -> Outcome:
    context = request_context({f"aws:{k}": v for k, v in keys.items()})
    return evaluate((p,), AccessRequest("execute-api:Invoke", ARN, principal, context)).outcome


BLOG = policy(
    statement(Resource="arn:aws:execute-api:us-east-1:111122223333:abc/*"),
    statement("Deny", Condition={"StringNotEquals": {"aws:sourceVpce": "vpce-1"}}),
)


def test_the_blog_policy() -> None:
    assert ask(BLOG, SourceVpce="vpce-1") == "allow"
    assert ask(BLOG, SourceVpce="vpce-2") == "explicit-deny"
    assert ask(BLOG) == "explicit-deny"


def test_the_decision_names_the_statement_and_what_it_saw() -> None:
    context = request_context({"aws:SourceVpce": "vpce-2"})
    decision = evaluate((BLOG,), AccessRequest("execute-api:Invoke", ARN, None, context))
    assert decision.decided_by is not None
    assert decision.decided_by.statement.index == 1
    [seen] = decision.decided_by.conditions
    assert (seen.condition.key, seen.condition.values, seen.seen, seen.holds) == (
        "aws:sourceVpce",
        ("vpce-1",),
        ("vpce-2",),
        True,
    )


def test_an_implicit_deny_says_where_each_allow_failed() -> None:
    p = policy(
        statement(Principal={"AWS": "444455556666"}),
        statement(Action="s3:*"),
        statement(Resource="arn:aws:s3:::x"),
        statement(Condition={"Bool": {"aws:SecureTransport": "true"}}),
    )
    decision = evaluate((p,), AccessRequest("execute-api:Invoke", ARN, None, {}))
    assert decision.outcome == "implicit-deny"
    assert [r.failed_at for r in decision.results] == ["principal", "action", "resource", "condition"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_deny_wins_in_any_order(order: tuple[int, int]) -> None:
    both = (statement(), statement("Deny"))
    assert ask(policy(both[order[0]], both[order[1]])) == "explicit-deny"


def test_unknown_operator_allows_nothing_and_denies_always() -> None:
    odd = {"StringSortOf": {"k": "v"}}
    assert ask(policy(statement(Condition=odd), stored=True)) == "implicit-deny"
    assert ask(policy(statement(), statement("Deny", Condition=odd), stored=True)) == "explicit-deny"


def test_malformed_value_allows_nothing_and_denies_always_unless_another_condition_fails() -> None:
    bad = {"IpAddress": {"aws:SourceIp": "10.0.0.0/99"}}
    assert ask(policy(statement(Condition=bad)), SourceIp="10.0.0.1") == "implicit-deny"
    assert ask(policy(statement(), statement("Deny", Condition=bad)), SourceIp="10.0.0.1") == "explicit-deny"
    both = {**bad, "StringEquals": {"aws:SourceVpce": "vpce-1"}}
    assert ask(policy(statement(), statement("Deny", Condition=both)), SourceIp="10.0.0.1", SourceVpce="x") == "allow"


@pytest.mark.parametrize(
    ("principal", "named", "grant"),
    [
        (USER, "arn:aws:iam::111122223333:user/u", Grant.PRINCIPAL),
        (USER, "AIDAEXAMPLE", Grant.PRINCIPAL),
        (USER, "111122223333", Grant.ACCOUNT),
        (USER, "arn:aws:iam::111122223333:root", Grant.ACCOUNT),
        (USER, "*", Grant.EVERYONE),
        (USER, "arn:aws:iam::111122223333:user/*", Grant.NOBODY),
        (USER, "444455556666", Grant.NOBODY),
        (ROOT, "arn:aws:iam::111122223333:root", Grant.PRINCIPAL),
        (SESSION, "arn:aws:iam::111122223333:role/r", Grant.ROLE),
        (SESSION, "arn:aws:sts::111122223333:assumed-role/r/s", Grant.PRINCIPAL),
        (SESSION, "arn:aws:sts::111122223333:assumed-role/r/t", Grant.NOBODY),
        (None, "111122223333", Grant.NOBODY),
        (None, "*", Grant.EVERYONE),
    ],
)
def test_principals(principal: Principal | None, named: str, grant: Grant) -> None:
    decision = evaluate(
        (policy(statement(Principal={"AWS": named})),), AccessRequest("execute-api:Invoke", ARN, principal, {})
    )
    assert decision.grant is grant


def test_service_principals() -> None:
    p = policy(statement(Principal={"Service": "apigateway.amazonaws.com"}))
    assert ask(p, Principal("service", "", "apigateway.amazonaws.com")) == "allow"
    assert ask(p, Principal("service", "", "ec2.amazonaws.com")) == "implicit-deny"
    assert ask(p, USER) == "implicit-deny"


def test_not_principal() -> None:
    deny = policy(statement(), statement("Deny", NotPrincipal={"AWS": "arn:aws:iam::111122223333:user/u"}))
    assert ask(deny, USER) == "allow"
    assert ask(deny, None) == "explicit-deny"
    assert ask(deny, SESSION) == "explicit-deny"
    account = policy(statement(), statement("Deny", NotPrincipal={"AWS": "111122223333"}))
    assert ask(account, ROOT) == "allow"
    assert ask(account, USER) == "explicit-deny"


def test_not_action_and_not_resource() -> None:
    without_action = statement()
    del without_action["Action"]
    assert ask(policy({**without_action, "NotAction": "s3:*"})) == "allow"
    assert ask(policy({**without_action, "NotAction": "execute-api:*"})) == "implicit-deny"
    without_resource = statement()
    del without_resource["Resource"]
    assert ask(policy({**without_resource, "NotResource": "arn:aws:execute-api:*:*:abc/prod/*"})) == "allow"
    assert ask(policy({**without_resource, "NotResource": "arn:aws:execute-api:*:*:abc/test/*"})) == "implicit-deny"


def test_variables_in_resources() -> None:
    p = policy(statement(Resource="arn:aws:execute-api:*:*:abc/${aws:stage}/*"))
    assert ask(p, stage="test") == "allow"
    assert ask(p, stage="*") == "implicit-deny"
    assert ask(p) == "implicit-deny"


def test_an_unfilled_variable_in_not_resource_never_widens_an_allow() -> None:
    without = statement()
    del without["Resource"]
    p = {**without, "NotResource": "arn:aws:execute-api:*:*:${aws:api}/*"}
    assert ask(policy(p)) == "implicit-deny"
    assert ask(policy(statement(), {**p, "Effect": "Deny"})) == "explicit-deny"


@pytest.mark.parametrize(
    ("path", "outcome"),
    [("pets", "explicit-deny"), ("pets/", "explicit-deny"), ("pets/1", "allow"), ("pets/1/", "allow"), ("", "allow")],
)
def test_a_slash_at_the_end_of_a_call_changes_nothing(path: str, outcome: Outcome) -> None:
    api = ARN.removesuffix("GET/pets")
    exact = policy(statement(Resource=f"{api}*"), statement("Deny", Resource=f"{api}GET/pets"))
    but: dict[str, object] = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "execute-api:Invoke",
        "NotResource": f"{api}GET/pets",
    }
    others = policy(but)
    request = AccessRequest("execute-api:Invoke", f"{api}GET/{path}", None, {})
    assert evaluate((exact,), request).outcome == outcome
    assert evaluate((others,), request).is_allowed is (outcome == "allow")


def test_the_root_of_an_api_and_other_services_keep_their_slash() -> None:
    assert names_of(f"{ARN}/") == (f"{ARN}/", ARN)
    root = ARN.removesuffix("pets")
    assert names_of(root) == (root,)
    assert names_of("arn:aws:s3:::bucket/a/b/c/d/") == ("arn:aws:s3:::bucket/a/b/c/d/",)
