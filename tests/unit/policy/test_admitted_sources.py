import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from innergate.policy.admitted_sources import Sources, admitted_sources
from innergate.policy.combine import decide_without_caller
from innergate.policy.evaluate import AccessRequest
from innergate.policy.execute_api import INVOKE, CallFacts, call_arn, call_context, expand_policy
from innergate.policy.parse import parse_policy, read_stored_policy

API = "arn:aws:execute-api:us-east-1:111122223333:abc123"
OPEN: dict[str, object] = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "execute-api:Invoke",
    "Resource": "execute-api:/*",
}
DENY: dict[str, object] = {**OPEN, "Effect": "Deny"}
ONE = Sources(endpoints=frozenset({"vpce-1"}))


def sources(
    *statements: Mapping[str, object], is_anonymous: bool = True, version: str = "2012-10-17"
) -> Sources | None:
    policy = parse_policy(json.dumps({"Version": version, "Statement": list(statements)}))
    return admitted_sources(policy, API, "test", is_anonymous)


def when(operator: str, key: str, *values: str) -> dict[str, object]:
    return {"Condition": {operator: {key: list(values)}}}


NOT_1 = when("StringNotEquals", "aws:SourceVpce", "vpce-1")
IS_1 = when("StringEquals", "aws:sourceVpce", "vpce-1")


def test_a_deny_of_all_others_leaves_those_that_it_names() -> None:
    assert sources(OPEN, {**DENY, **NOT_1}, is_anonymous=False) == ONE
    vpcs = when("StringNotEquals", "aws:SourceVpc", "vpc-1", "vpc-2")
    assert sources({**DENY, **vpcs}, OPEN) == Sources(vpcs=frozenset({"vpc-1", "vpc-2"}))
    assert sources(OPEN, DENY, is_anonymous=False) == Sources()


def test_allows_that_each_name_theirs_leave_the_union_where_nobody_is_asked_who_they_are() -> None:
    other = {**OPEN, **when("StringEquals", "aws:SourceVpc", "vpc-1")}
    both = Sources(frozenset({"vpce-1"}), frozenset({"vpc-1"}))
    assert sources({**OPEN, **IS_1}, other) == both
    assert sources({**OPEN, **IS_1}, is_anonymous=False) is None
    assert sources({**OPEN, **IS_1}, OPEN) is None
    assert sources({**OPEN, **IS_1}, {**OPEN, "Principal": {"AWS": "444455556666"}}) == ONE


@pytest.mark.parametrize(
    "deny",
    [
        {**DENY, "Resource": "execute-api:/test/GET/pets", **NOT_1},
        {**DENY, "Resource": "execute-api:/prod/*", **NOT_1},
        {**DENY, "Resource": "arn:aws:execute-api:*:*:other/*", **NOT_1},
        {**DENY, "Principal": {"AWS": "444455556666"}, **NOT_1},
        {**DENY, "Action": "execute-api:ManageConnections", **NOT_1},
        {**DENY, "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1", "aws:UserAgent": "curl"}}},
        {**DENY, **when("StringNotEquals", "aws:SourceVpce", "${aws:UserAgent}")},
        {**DENY, **when("StringNotLike", "aws:SourceVpce", "vpce-*")},
        {**DENY, **when("StringNotEqualsIgnoreCase", "aws:SourceVpce", "VPCE-1")},
        {**DENY, **when("ForAnyValue:StringNotEquals", "aws:SourceVpce", "vpce-1")},
        {**DENY, **when("StringNotEquals", "aws:VpceAccount", "111122223333")},
    ],
)
def test_what_says_less_or_something_else_leaves_anybody(deny: dict[str, object]) -> None:
    assert sources(OPEN, deny) is None


def test_a_policy_that_cannot_be_read_admits_nobody() -> None:
    assert admitted_sources(read_stored_policy("{"), API, "test", is_anonymous=False) == Sources()


CONDITIONS = st.dictionaries(
    st.sampled_from(
        ["StringEquals", "StringNotEquals", "StringLike", "StringNotEqualsIfExists", "StringEqualsIfExists"]
    ),
    st.dictionaries(
        st.sampled_from(["aws:SourceVpce", "aws:sourcevpc", "aws:UserAgent"]),
        st.lists(
            st.sampled_from(["vpce-1", "vpce-2", "vpc-1", "vpc-2", "*", "curl", "${aws:SourceVpc}"]),
            min_size=1,
            max_size=2,
        ),
        min_size=1,
        max_size=2,
    ),
    max_size=2,
)
RESOURCES = st.sampled_from(
    ["*", "execute-api:/*", "execute-api:/test/*", "execute-api:/test/GET/pets", "execute-api:/*/POST/*"]
)
STATEMENTS = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Principal": st.sampled_from(["*", "*", "*", {"AWS": "444455556666"}]),
        "Action": st.sampled_from(["execute-api:Invoke", "execute-api:*", "s3:GetObject"]),
        "Resource": st.lists(RESOURCES, min_size=1, max_size=2),
        "Condition": CONDITIONS,
    }
)


@given(
    statements=st.lists(STATEMENTS, min_size=1, max_size=4),
    version=st.sampled_from(["2012-10-17", "2008-10-17"]),
    vpce=st.sampled_from(["vpce-1", "vpce-2", "vpce-3"]),
    vpc=st.sampled_from(["vpc-1", "vpc-2", "vpc-3"]),
    method=st.sampled_from(["GET", "POST"]),
    path=st.sampled_from(["/", "/pets", "/a/b"]),
)
def test_who_is_not_of_the_sources_is_refused(
    statements: list[dict[str, object]], version: str, vpce: str, vpc: str, method: str, path: str
) -> None:
    policy = parse_policy(json.dumps({"Version": version, "Statement": statements}))
    facts = CallFacts(True, "10.0.0.1", vpce=vpce, vpc=vpc, vpce_account="444455556666", user_agent="curl")
    request = AccessRequest(INVOKE, call_arn(API, "test", method, path), None, call_context(facts))
    outcome = decide_without_caller(expand_policy(policy, API), True, None, request).outcome
    found = {is_anonymous: admitted_sources(policy, API, "test", is_anonymous) for is_anonymous in (True, False)}
    for is_anonymous, admitted in found.items():
        if admitted is not None and vpce not in admitted.endpoints and vpc not in admitted.vpcs:
            assert outcome == "explicit-deny" or (is_anonymous and outcome == "implicit-deny")
