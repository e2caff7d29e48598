"""Users and keys, as the AWS CLI and Terraform make and read them."""

import pytest
from tests.unit.services.identity_harness import IdentityHarness

from innergate.primitives.fault import Fault

EVERYTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'


@pytest.fixture
def root(harness: IdentityHarness) -> tuple[str, str]:
    return harness.root_key(harness.member)


def test_the_root_is_shown_as_aws_shows_it(harness: IdentityHarness, root: tuple[str, str]) -> None:
    user = harness.call(root, "iam", "GetUser")["User"]
    assert user["Arn"] == "arn:aws:iam::444455556666:root"
    assert user["UserId"] == "444455556666"
    assert "UserName" not in user


def test_life_of_a_user(harness: IdentityHarness, root: tuple[str, str]) -> None:
    made = harness.call(
        root, "iam", "CreateUser", UserName="Bob", Path="/team/", Tags=[{"Key": "Team", "Value": "red"}]
    )["User"]
    assert made["Arn"] == "arn:aws:iam::444455556666:user/team/Bob"
    assert made["UserId"].startswith("AIDA")
    assert harness.call(root, "iam", "GetUser", UserName="bob")["User"]["Tags"] == [{"Key": "Team", "Value": "red"}]
    harness.call(root, "iam", "TagUser", UserName="Bob", Tags=[{"Key": "team", "Value": "blue"}])
    assert harness.call(root, "iam", "ListUserTags", UserName="Bob")["Tags"] == [{"Key": "team", "Value": "blue"}]
    harness.call(root, "iam", "UntagUser", UserName="Bob", TagKeys=["team"])
    assert [u["UserName"] for u in harness.call(root, "iam", "ListUsers", PathPrefix="/team/")["Users"]] == ["Bob"]
    assert harness.call(root, "iam", "ListUsers", PathPrefix="/other/")["Users"] == []
    harness.call(root, "iam", "DeleteUser", UserName="Bob")
    with pytest.raises(Fault) as caught:
        harness.call(root, "iam", "GetUser", UserName="Bob")
    assert (caught.value.code, caught.value.status, caught.value.message) == (
        "NoSuchEntity",
        404,
        "The user with name Bob cannot be found.",
    )


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("CreateUser", {"UserName": "U"}, "EntityAlreadyExists"),
        ("CreateUser", {"UserName": "a b"}, "ValidationError"),
        ("CreateUser", {"UserName": "x" * 65}, "ValidationError"),
        ("CreateUser", {"UserName": "v", "Path": "team"}, "ValidationError"),
        ("CreateUser", {"UserName": "v", "Tags": [{"Key": "aws:x", "Value": ""}]}, "InvalidInput"),
        ("CreateUser", {"UserName": "v", "PermissionsBoundary": "arn:aws:iam::1:policy/x"}, "NoSuchEntity"),
        ("PutUserPolicy", {"UserName": "u", "PolicyName": "p", "PolicyDocument": "{"}, "MalformedPolicyDocument"),
        ("GetUserPolicy", {"UserName": "u", "PolicyName": "p"}, "NoSuchEntity"),
        ("DeleteUserPolicy", {"UserName": "u", "PolicyName": "p"}, "NoSuchEntity"),
        ("DetachUserPolicy", {"UserName": "u", "PolicyArn": "arn:aws:iam::aws:policy/IAMFullAccess"}, "NoSuchEntity"),
        ("AttachUserPolicy", {"UserName": "u", "PolicyArn": "arn:aws:iam::aws:policy/Nothing"}, "NoSuchEntity"),
        ("DeleteAccessKey", {"UserName": "u", "AccessKeyId": "AKIANOTHING"}, "NoSuchEntity"),
        ("DeleteUserPermissionsBoundary", {"UserName": "u"}, "NoSuchEntity"),
    ],
)
def test_refusals(
    harness: IdentityHarness, root: tuple[str, str], operation: str, params: dict[str, object], code: str
) -> None:
    harness.call(root, "iam", "CreateUser", UserName="u")
    with pytest.raises(Fault) as caught:
        harness.call(root, "iam", operation, **params)
    assert caught.value.code == code


def test_a_user_goes_last(harness: IdentityHarness, root: tuple[str, str]) -> None:
    key, _ = harness.user_key(harness.member, "u", EVERYTHING)
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    harness.call(root, "iam", "AttachUserPolicy", UserName="u", PolicyArn=arn)
    steps = [
        ("detach all policies", "DetachUserPolicy", {"PolicyArn": arn}),
        ("delete policies", "DeleteUserPolicy", {"PolicyName": "p0"}),
        ("delete access keys", "DeleteAccessKey", {"AccessKeyId": key}),
    ]
    for words, operation, params in steps:
        with pytest.raises(Fault, match=f"DeleteConflict: Cannot delete entity, must {words} first"):
            harness.call(root, "iam", "DeleteUser", UserName="u")
        harness.call(root, "iam", operation, UserName="u", **params)
    harness.call(root, "iam", "DeleteUser", UserName="u")


def test_keys_are_two_at_most_and_show_their_secret_once(harness: IdentityHarness, root: tuple[str, str]) -> None:
    harness.call(root, "iam", "CreateUser", UserName="u")
    made = [harness.call(root, "iam", "CreateAccessKey", UserName="u")["AccessKey"] for _ in range(2)]
    assert all(len(key["SecretAccessKey"]) == 40 for key in made)
    with pytest.raises(Fault, match="LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2"):
        harness.call(root, "iam", "CreateAccessKey", UserName="u")
    listed = harness.call(root, "iam", "ListAccessKeys", UserName="u")["AccessKeyMetadata"]
    assert [key["AccessKeyId"] for key in listed] == [key["AccessKeyId"] for key in made]
    assert all("SecretAccessKey" not in key for key in listed)


def test_the_operators_key_stays(harness: IdentityHarness, root: tuple[str, str]) -> None:
    with pytest.raises(Fault, match="DeleteConflict"):
        harness.call(root, "iam", "DeleteAccessKey", AccessKeyId=root[0])


def test_renaming_keeps_keys(harness: IdentityHarness, root: tuple[str, str]) -> None:
    key = harness.user_key(harness.member, "u", EVERYTHING)
    harness.call(root, "iam", "UpdateUser", UserName="u", NewUserName="v", NewPath="/x/")
    assert harness.call(key, "sts", "GetCallerIdentity")["Arn"] == "arn:aws:iam::444455556666:user/x/v"
    assert harness.call(key, "iam", "GetUser")["User"]["UserName"] == "v"
    with pytest.raises(Fault, match="NoSuchEntity"):
        harness.call(root, "iam", "GetUser", UserName="u")


def test_accounts_do_not_meet(harness: IdentityHarness, root: tuple[str, str]) -> None:
    harness.call(root, "iam", "CreateUser", UserName="u")
    other = harness.root_key(harness.management)
    assert harness.call(other, "iam", "ListUsers")["Users"] == []
    harness.call(other, "iam", "CreateUser", UserName="u")


def test_pages(harness: IdentityHarness, root: tuple[str, str]) -> None:
    for name in ("c", "a", "b"):
        harness.call(root, "iam", "CreateUser", UserName=name)
    first = harness.call(root, "iam", "ListUsers", MaxItems=2)
    second = harness.call(root, "iam", "ListUsers", MaxItems=2, Marker=first["Marker"])
    assert [u["UserName"] for page in (first, second) for u in page["Users"]] == ["a", "b", "c"]
    assert (first["IsTruncated"], second["IsTruncated"]) == (True, False)


def test_account(harness: IdentityHarness, root: tuple[str, str]) -> None:
    harness.user_key(harness.member, "u")
    summary = harness.call(root, "iam", "GetAccountSummary")["SummaryMap"]
    assert (summary["Users"], summary["Roles"], summary["AccountAccessKeysPresent"]) == (1, 1, 1)
    assert harness.call(root, "iam", "ListAccountAliases")["AccountAliases"] == []
    assert harness.call(root, "iam", "ListGroupsForUser", UserName="u")["Groups"] == []
