"""Roles are assumed when both sides agree, and sessions can do no more than both allow."""

import json
from typing import Any

import pytest
from tests.unit.services.identity_harness import MANAGEMENT, IdentityHarness

from innergate.primitives.fault import Fault

ROLE = "arn:aws:iam::444455556666:role/r"
ASSUME = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ROLE}]}
)


def trust(principal: object, action: object = "sts:AssumeRole", **condition: Any) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allow(*actions: str, resource: str = "*") -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make_role(harness: IdentityHarness, document: str, *policies: str) -> None:
    root = harness.root_key(harness.member)
    harness.call(root, "iam", "CreateRole", RoleName="r", AssumeRolePolicyDocument=document)
    for number, text in enumerate(policies):
        harness.call(root, "iam", "PutRolePolicy", RoleName="r", PolicyName=f"p{number}", PolicyDocument=text)


def denied(harness: IdentityHarness, key: tuple[str, str], **params: Any) -> Fault:
    with pytest.raises(Fault) as caught:
        harness.session_key(key, **{"RoleArn": ROLE, **params})
    assert caught.value.code == "AccessDenied"
    return caught.value


def test_across_accounts_both_sides_must_allow(harness: IdentityHarness) -> None:
    make_role(harness, trust({"AWS": MANAGEMENT}))
    able = harness.user_key(harness.management, "able", ASSUME)
    unable = harness.user_key(harness.management, "unable")
    key = harness.session_key(able, RoleArn=ROLE)
    shown = harness.call(key, "sts", "GetCallerIdentity")
    assert shown["Arn"] == "arn:aws:sts::444455556666:assumed-role/r/session"
    assert shown["Account"] == "444455556666"
    assert shown["UserId"].startswith("AROA")
    assert shown["UserId"].endswith(":session")
    fault = denied(harness, unable)
    assert fault.status == 403
    assert fault.message == (
        "User: arn:aws:iam::111122223333:user/unable is not authorized to perform: sts:AssumeRole on resource: "
        "arn:aws:iam::444455556666:role/r"
    )


def test_a_role_that_is_not_there_answers_as_a_refusal(harness: IdentityHarness) -> None:
    able = harness.user_key(harness.management, "able", ASSUME)
    missing = denied(harness, able).message
    make_role(harness, trust({"AWS": "999999999999"}))
    assert denied(harness, able).message == missing


def test_in_one_account_naming_the_user_is_enough_and_naming_the_account_is_not(harness: IdentityHarness) -> None:
    user = harness.user_key(harness.member, "u")
    make_role(harness, trust({"AWS": "arn:aws:iam::444455556666:user/u"}))
    harness.session_key(user, RoleArn=ROLE)
    document = trust({"AWS": "444455556666"})
    harness.call(
        harness.root_key(harness.member), "iam", "UpdateAssumeRolePolicy", RoleName="r", PolicyDocument=document
    )
    denied(harness, user)


def test_external_id(harness: IdentityHarness) -> None:
    make_role(harness, trust({"AWS": MANAGEMENT}, StringEquals={"sts:ExternalId": "42"}))
    root = harness.root_key(harness.management)
    denied(harness, root)
    denied(harness, root, ExternalId="43")
    harness.session_key(root, RoleArn=ROLE, ExternalId="42")


def test_tags_need_their_own_permission_and_become_principal_tags(harness: IdentityHarness) -> None:
    root = harness.root_key(harness.management)
    tags = [{"Key": "team", "Value": "red"}]
    statement = {
        "Effect": "Allow",
        "Action": "iam:ListRoles",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalTag/team": "red"}},
    }
    make_role(harness, trust({"AWS": MANAGEMENT}), json.dumps({"Version": "2012-10-17", "Statement": statement}))
    denied(harness, root, Tags=tags)
    document = trust({"AWS": MANAGEMENT}, ["sts:AssumeRole", "sts:TagSession"])
    harness.call(
        harness.root_key(harness.member), "iam", "UpdateAssumeRolePolicy", RoleName="r", PolicyDocument=document
    )
    tagged = harness.session_key(root, RoleArn=ROLE, Tags=tags)
    harness.call(tagged, "iam", "ListRoles")
    plain = harness.session_key(root, RoleArn=ROLE)
    with pytest.raises(Fault, match="AccessDenied"):
        harness.call(plain, "iam", "ListRoles")


def test_a_session_policy_narrows(harness: IdentityHarness) -> None:
    make_role(harness, trust({"AWS": MANAGEMENT}), allow("iam:List*"))
    root = harness.root_key(harness.management)
    wide = harness.session_key(root, RoleArn=ROLE)
    narrow = harness.session_key(root, RoleArn=ROLE, Policy=allow("iam:ListRoles", "iam:CreateUser"))
    harness.call(wide, "iam", "ListUsers")
    harness.call(narrow, "iam", "ListRoles")
    for operation, params in (("ListUsers", {}), ("CreateUser", {"UserName": "x"})):
        with pytest.raises(Fault, match="AccessDenied"):
            harness.call(narrow, "iam", operation, **params)
    read_only = harness.session_key(
        root, RoleArn=ROLE, PolicyArns=[{"arn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}]
    )
    harness.call(read_only, "iam", "ListUsers")


def test_a_narrowed_session_cannot_become_a_role_that_trusts_its_own(harness: IdentityHarness) -> None:
    root = harness.root_key(harness.member)
    make_role(harness, trust({"AWS": MANAGEMENT}))
    powerful = {"RoleName": "powerful", "AssumeRolePolicyDocument": trust({"AWS": ROLE})}
    harness.call(root, "iam", "CreateRole", **powerful)
    target = "arn:aws:iam::444455556666:role/powerful"
    caller = harness.root_key(harness.management)
    harness.session_key(harness.session_key(caller, RoleArn=ROLE), RoleArn=target)
    denied(harness, harness.session_key(caller, RoleArn=ROLE, Policy=allow("iam:ListRoles")), RoleArn=target)


def test_a_session_policy_is_one_of_the_roles_account(harness: IdentityHarness) -> None:
    """As AWS's are: the caller's own account has no say in what narrows a role of another."""
    make_role(harness, trust({"AWS": MANAGEMENT}), allow("iam:*"))
    root, member = harness.root_key(harness.management), harness.root_key(harness.member)
    document = {"PolicyName": "p", "PolicyDocument": allow("iam:ListRoles")}
    callers, roles = (harness.call(key, "iam", "CreatePolicy", **document)["Policy"]["Arn"] for key in (root, member))
    with pytest.raises(Fault, match="MalformedPolicyDocument"):
        harness.session_key(root, RoleArn=ROLE, PolicyArns=[{"arn": callers}])
    narrow = harness.session_key(root, RoleArn=ROLE, PolicyArns=[{"arn": roles}])
    harness.call(narrow, "iam", "ListRoles")
    with pytest.raises(Fault, match="AccessDenied"):
        harness.call(narrow, "iam", "ListUsers")


def test_a_session_ends(harness: IdentityHarness) -> None:
    make_role(harness, trust({"AWS": MANAGEMENT}))
    key = harness.session_key(harness.root_key(harness.management), RoleArn=ROLE, DurationSeconds=900)
    harness.clock.advance(899)
    harness.call(key, "sts", "GetCallerIdentity")
    harness.clock.advance(2)
    with pytest.raises(Fault) as caught:
        harness.call(key, "sts", "GetCallerIdentity")
    assert (caught.value.code, caught.value.status) == ("ExpiredToken", 403)


def test_a_session_ends_with_its_role_even_if_one_of_the_same_name_comes(harness: IdentityHarness) -> None:
    make_role(harness, trust({"AWS": MANAGEMENT}))
    key = harness.session_key(harness.root_key(harness.management), RoleArn=ROLE)
    harness.call(harness.root_key(harness.member), "iam", "DeleteRole", RoleName="r")
    make_role(harness, trust({"AWS": MANAGEMENT}))
    with pytest.raises(Fault, match="InvalidClientTokenId"):
        harness.call(key, "sts", "GetCallerIdentity")


def test_durations(harness: IdentityHarness) -> None:
    make_role(harness, trust({"AWS": "*"}), allow("sts:AssumeRole"))
    root = harness.root_key(harness.management)
    for seconds, words in ((899, "greater than or equal to 900"), (43_201, "less than or equal to 43200")):
        with pytest.raises(Fault, match=words):
            harness.session_key(root, RoleArn=ROLE, DurationSeconds=seconds)
    with pytest.raises(Fault, match="MaxSessionDuration set for this role"):
        harness.session_key(root, RoleArn=ROLE, DurationSeconds=7200)
    chained = harness.session_key(root, RoleArn=ROLE)
    harness.call(harness.root_key(harness.member), "iam", "UpdateRole", RoleName="r", MaxSessionDuration=7200)
    with pytest.raises(Fault, match="role chaining"):
        harness.session_key(chained, RoleArn=ROLE, DurationSeconds=7200)
    harness.session_key(root, RoleArn=ROLE, DurationSeconds=7200)


def test_a_member_account_trusts_the_management_account(harness: IdentityHarness) -> None:
    arn = "arn:aws:iam::444455556666:role/OrganizationAccountAccessRole"
    key = harness.session_key(harness.root_key(harness.management), RoleArn=arn)
    harness.call(key, "iam", "CreateUser", UserName="made-by-management")
    able = harness.user_key(harness.member, "able", allow("sts:*"))
    denied(harness, able, RoleArn=arn)


def test_get_session_token(harness: IdentityHarness) -> None:
    user = harness.user_key(harness.member, "u", allow("iam:ListUsers"))
    made = harness.call(user, "sts", "GetSessionToken")["Credentials"]
    key = made["AccessKeyId"], made["SessionToken"]
    assert harness.call(key, "sts", "GetCallerIdentity")["Arn"] == "arn:aws:iam::444455556666:user/u"
    harness.call(key, "iam", "ListUsers")
    with pytest.raises(Fault, match="Cannot call GetSessionToken with session credentials"):
        harness.call(key, "sts", "GetSessionToken")
    with pytest.raises(Fault, match="InvalidClientTokenId"):
        harness.call((key[0], "other"), "sts", "GetCallerIdentity")
    with pytest.raises(Fault, match="InvalidClientTokenId"):
        harness.call((key[0], ""), "sts", "GetCallerIdentity")


def test_key_info(harness: IdentityHarness) -> None:
    key = harness.root_key(harness.member)
    assert harness.call(harness.root_key(harness.management), "sts", "GetAccessKeyInfo", AccessKeyId=key[0]) == {
        "Account": "444455556666"
    }


def test_sessions_that_are_revoked_by_their_time_of_issue_stop(harness: IdentityHarness) -> None:
    """As IAM's "revoke active sessions" does: a Deny of all that was issued before."""
    make_role(harness, trust({"AWS": MANAGEMENT}), allow("iam:List*"))
    root, owner = harness.root_key(harness.management), harness.root_key(harness.member)
    old = harness.session_key(root, RoleArn=ROLE)
    harness.clock.advance(60)
    revoked = {"DateLessThan": {"aws:TokenIssueTime": harness.clock.now().isoformat()}}
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": revoked}
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    harness.call(
        owner, "iam", "PutRolePolicy", RoleName="r", PolicyName="AWSRevokeOlderSessions", PolicyDocument=document
    )
    with pytest.raises(Fault, match="AccessDenied"):
        harness.call(old, "iam", "ListRoles")
    harness.clock.advance(1)
    harness.call(harness.session_key(root, RoleArn=ROLE), "iam", "ListRoles")


def test_a_trust_policy_may_bound_the_duration(harness: IdentityHarness) -> None:
    make_role(harness, trust({"AWS": MANAGEMENT}, NumericLessThanEquals={"sts:DurationSeconds": "1800"}))
    root = harness.root_key(harness.management)
    denied(harness, root)
    harness.session_key(root, RoleArn=ROLE, DurationSeconds=1800)


def test_conditions_may_ask_whose_role_it_is_and_for_its_tags(harness: IdentityHarness) -> None:
    make_role(harness, trust({"AWS": MANAGEMENT}))
    harness.call(
        harness.root_key(harness.member), "iam", "TagRole", RoleName="r", Tags=[{"Key": "team", "Value": "red"}]
    )
    for number, (condition, passes) in enumerate(
        [
            ({"StringEquals": {"aws:ResourceAccount": "444455556666"}}, True),
            ({"StringEquals": {"aws:ResourceAccount": MANAGEMENT}}, False),
            ({"StringEquals": {"aws:ResourceTag/team": "red"}}, True),
            ({"StringEquals": {"iam:ResourceTag/team": "blue"}}, False),
        ]
    ):
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*", "Condition": condition}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        user = harness.user_key(harness.management, f"u{number}", document)
        if passes:
            harness.session_key(user, RoleArn=ROLE)
        else:
            denied(harness, user)
