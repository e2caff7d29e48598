"""Control calls are refused unless the caller's policies allow them, in the words of each protocol."""

import json

import pytest
from tests.unit.services.identity_harness import IdentityHarness

from innergate.primitives.fault import Fault
from innergate.services.refusals import access_denied, expired_credentials, unknown_credentials


def policy(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def statement(effect: str, action: str, resource: str = "*", **members: object) -> dict[str, object]:
    return {"Effect": effect, "Action": action, "Resource": resource, **members}


def refusal(harness: IdentityHarness, key: tuple[str, str], operation: str, **params: object) -> str:
    with pytest.raises(Fault) as caught:
        harness.call(key, "iam", operation, **params)
    assert (caught.value.code, caught.value.status) == ("AccessDenied", 403)
    return caught.value.message


def test_nothing_is_allowed_at_first_but_who_am_i(harness: IdentityHarness) -> None:
    key = harness.user_key(harness.member, "u")
    assert refusal(harness, key, "ListUsers") == (
        "User: arn:aws:iam::444455556666:user/u is not authorized to perform: iam:ListUsers on resource: * because no "
        "identity-based policy allows the iam:ListUsers action"
    )
    harness.call(key, "sts", "GetCallerIdentity")


def test_an_explicit_deny_wins_and_says_so(harness: IdentityHarness) -> None:
    key = harness.user_key(
        harness.member,
        "u",
        policy(statement("Allow", "*"), statement("Deny", "iam:CreateUser", "arn:aws:iam::*:user/x")),
    )
    harness.call(key, "iam", "CreateUser", UserName="y")
    assert refusal(harness, key, "CreateUser", UserName="x").endswith(
        "on resource: arn:aws:iam::444455556666:user/x with an explicit deny in an identity-based policy"
    )


def test_resources_and_variables(harness: IdentityHarness) -> None:
    own = policy(statement("Allow", "iam:*AccessKey*", "arn:aws:iam::*:user/${aws:username}"))
    key = harness.user_key(harness.member, "u", own)
    harness.call(key, "iam", "ListAccessKeys", UserName="u")
    harness.call(key, "iam", "ListAccessKeys")
    refusal(harness, key, "ListAccessKeys", UserName="v")


def test_tags_of_the_request(harness: IdentityHarness) -> None:
    only_red = {"StringEquals": {"aws:RequestTag/team": "red"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}
    allow = statement("Allow", "iam:CreateUser", Condition=only_red) | {"Action": ["iam:CreateUser", "iam:TagUser"]}
    key = harness.user_key(harness.member, "u", policy(allow))
    red = {"Key": "team", "Value": "red"}
    harness.call(key, "iam", "CreateUser", UserName="a", Tags=[red])
    refusal(harness, key, "CreateUser", UserName="b", Tags=[{"Key": "team", "Value": "blue"}])
    refusal(harness, key, "CreateUser", UserName="b", Tags=[red, {"Key": "more", "Value": ""}])
    refusal(harness, key, "CreateUser", UserName="b")


def test_the_organization_of_the_caller(harness: IdentityHarness) -> None:
    root = harness.root_key(harness.management)
    own = harness.call(root, "organizations", "DescribeOrganization")["Organization"]["Id"]
    root_id = harness.call(root, "organizations", "ListRoots")["Roots"][0]["Id"]
    here = {
        "StringEquals": {"aws:PrincipalOrgID": own},
        "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{own}/{root_id}/*"},
    }
    key = harness.user_key(harness.member, "u", policy(statement("Allow", "iam:ListUsers", Condition=here)))
    harness.call(key, "iam", "ListUsers")
    elsewhere = {"StringEquals": {"aws:PrincipalOrgID": "o-0000000000"}}
    other = harness.user_key(harness.member, "v", policy(statement("Allow", "iam:ListUsers", Condition=elsewhere)))
    with pytest.raises(Fault, match="AccessDenied"):
        harness.call(other, "iam", "ListUsers")


def test_managed_policies_and_boundaries(harness: IdentityHarness) -> None:
    root = harness.root_key(harness.member)
    key = harness.user_key(harness.member, "u")
    harness.call(root, "iam", "AttachUserPolicy", UserName="u", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    harness.call(key, "iam", "CreateUser", UserName="v")
    made = harness.call(
        root, "iam", "CreatePolicy", PolicyName="b", PolicyDocument=policy(statement("Allow", "iam:List*"))
    )["Policy"]["Arn"]
    harness.call(root, "iam", "PutUserPermissionsBoundary", UserName="u", PermissionsBoundary=made)
    harness.call(key, "iam", "ListUsers")
    refusal(harness, key, "CreateUser", UserName="w")
    with pytest.raises(Fault, match="DeleteConflict"):
        harness.call(root, "iam", "DeletePolicy", PolicyArn=made)
    refusal(harness, key, "CreateUser", UserName="w")


def test_keys_stop_at_once(harness: IdentityHarness) -> None:
    root = harness.root_key(harness.member)
    key = harness.user_key(harness.member, "u")
    harness.call(root, "iam", "UpdateAccessKey", UserName="u", AccessKeyId=key[0], Status="Inactive")
    with pytest.raises(Fault, match="InvalidClientTokenId"):
        harness.call(key, "sts", "GetCallerIdentity")
    harness.call(root, "iam", "UpdateAccessKey", UserName="u", AccessKeyId=key[0], Status="Active")
    harness.call(key, "sts", "GetCallerIdentity")
    harness.call(root, "iam", "DeleteAccessKey", UserName="u", AccessKeyId=key[0])
    with pytest.raises(Fault, match="InvalidClientTokenId"):
        harness.call(key, "sts", "GetCallerIdentity")


@pytest.mark.parametrize(
    ("service", "denied", "unknown", "expired"),
    [
        ("ec2", ("UnauthorizedOperation", 403), ("AuthFailure", 401), ("RequestExpired", 400)),
        ("elbv2", ("AccessDenied", 403), ("InvalidClientTokenId", 403), ("ExpiredToken", 403)),
        (
            "apigateway",
            ("AccessDeniedException", 403),
            ("UnrecognizedClientException", 403),
            ("ExpiredTokenException", 403),
        ),
        ("logs", ("AccessDeniedException", 400), ("UnrecognizedClientException", 400), ("ExpiredTokenException", 400)),
    ],
)
def test_words(service: str, denied: tuple[str, int], unknown: tuple[str, int], expired: tuple[str, int]) -> None:
    for fault, wanted in (
        (access_denied(service, "User: u is not …"), denied),
        (unknown_credentials(service), unknown),
        (expired_credentials(service), expired),
    ):
        assert (fault.code, fault.status) == wanted
