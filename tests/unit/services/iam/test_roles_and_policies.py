"""Roles and managed policies, as Terraform makes, reads and removes them."""

import json
from urllib.parse import unquote

import pytest
from tests.unit.services.identity_harness import IdentityHarness

from innergate.policy.aws_managed import AWS_MANAGED_POLICIES
from innergate.policy.parse import parse_policy
from innergate.primitives.fault import Fault

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
ALLOW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]}'
PUSH = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"


@pytest.fixture
def root(harness: IdentityHarness) -> tuple[str, str]:
    return harness.root_key(harness.member)


def make_role(harness: IdentityHarness, root: tuple[str, str]) -> None:
    harness.call(root, "iam", "CreateRole", RoleName="r", Path="/apis/", AssumeRolePolicyDocument=TRUST)


def test_what_terraform_does_with_a_role(harness: IdentityHarness, root: tuple[str, str]) -> None:
    make_role(harness, root)
    role = harness.call(root, "iam", "GetRole", RoleName="r")["Role"]
    assert role["Arn"] == "arn:aws:iam::444455556666:role/apis/r"
    assert "%" in role["AssumeRolePolicyDocument"]
    assert unquote(role["AssumeRolePolicyDocument"]) == TRUST
    assert role["MaxSessionDuration"] == 3600
    harness.call(root, "iam", "PutRolePolicy", RoleName="r", PolicyName="p", PolicyDocument=ALLOW)
    assert harness.call(root, "iam", "ListRolePolicies", RoleName="r")["PolicyNames"] == ["p"]
    got = harness.call(root, "iam", "GetRolePolicy", RoleName="r", PolicyName="p")
    assert (got["RoleName"], unquote(got["PolicyDocument"])) == ("r", ALLOW)
    harness.call(root, "iam", "AttachRolePolicy", RoleName="r", PolicyArn=PUSH)
    harness.call(root, "iam", "AttachRolePolicy", RoleName="r", PolicyArn=PUSH)
    assert harness.call(root, "iam", "ListAttachedRolePolicies", RoleName="r")["AttachedPolicies"] == [
        {"PolicyName": "AmazonAPIGatewayPushToCloudWatchLogs", "PolicyArn": PUSH}
    ]
    assert harness.call(root, "iam", "ListInstanceProfilesForRole", RoleName="r")["InstanceProfiles"] == []
    with pytest.raises(Fault, match="must detach all policies first"):
        harness.call(root, "iam", "DeleteRole", RoleName="r")
    harness.call(root, "iam", "DetachRolePolicy", RoleName="r", PolicyArn=PUSH)
    with pytest.raises(Fault, match="must delete policies first"):
        harness.call(root, "iam", "DeleteRole", RoleName="r")
    harness.call(root, "iam", "DeleteRolePolicy", RoleName="r", PolicyName="p")
    harness.call(root, "iam", "DeleteRole", RoleName="r")
    with pytest.raises(Fault, match="NoSuchEntity: The role with name r cannot be found"):
        harness.call(root, "iam", "GetRole", RoleName="r")


def test_updates(harness: IdentityHarness, root: tuple[str, str]) -> None:
    make_role(harness, root)
    harness.call(root, "iam", "UpdateRole", RoleName="r", Description="d", MaxSessionDuration=7200)
    harness.call(root, "iam", "TagRole", RoleName="r", Tags=[{"Key": "a", "Value": "1"}])
    role = harness.call(root, "iam", "GetRole", RoleName="R")["Role"]
    assert (role["Description"], role["MaxSessionDuration"], role["Tags"]) == ("d", 7200, [{"Key": "a", "Value": "1"}])
    harness.call(root, "iam", "UntagRole", RoleName="r", TagKeys=["a"])
    assert harness.call(root, "iam", "ListRoleTags", RoleName="r")["Tags"] == []
    assert len(harness.call(root, "iam", "ListRoles", PathPrefix="/apis/")["Roles"]) == 1
    with pytest.raises(Fault, match="EntityAlreadyExists"):
        harness.call(root, "iam", "CreateRole", RoleName="R", AssumeRolePolicyDocument=TRUST)
    with pytest.raises(Fault, match="maxSessionDuration"):
        harness.call(root, "iam", "UpdateRole", RoleName="r", MaxSessionDuration=60)
    with pytest.raises(Fault, match="MalformedPolicyDocument"):
        harness.call(root, "iam", "UpdateAssumeRolePolicy", RoleName="r", PolicyDocument=ALLOW)


def test_service_linked_roles_are_protected(harness: IdentityHarness, root: tuple[str, str]) -> None:
    made = harness.call(root, "iam", "CreateServiceLinkedRole", AWSServiceName="ops.apigateway.amazonaws.com")["Role"]
    assert made["RoleName"] == "AWSServiceRoleForAPIGateway"
    assert made["Path"] == "/aws-service-role/ops.apigateway.amazonaws.com/"
    for operation, params in (
        ("DeleteRole", {}),
        ("AttachRolePolicy", {"PolicyArn": PUSH}),
        ("UpdateAssumeRolePolicy", {"PolicyDocument": TRUST}),
    ):
        with pytest.raises(Fault, match="UnmodifiableEntity"):
            harness.call(root, "iam", operation, RoleName=made["RoleName"], **params)
    with pytest.raises(Fault, match="has been taken"):
        harness.call(root, "iam", "CreateServiceLinkedRole", AWSServiceName="ops.apigateway.amazonaws.com")
    task = harness.call(root, "iam", "DeleteServiceLinkedRole", RoleName=made["RoleName"])["DeletionTaskId"]
    status = harness.call(root, "iam", "GetServiceLinkedRoleDeletionStatus", DeletionTaskId=task)["Status"]
    assert status == "SUCCEEDED"


def test_life_of_a_managed_policy(harness: IdentityHarness, root: tuple[str, str]) -> None:
    made = harness.call(root, "iam", "CreatePolicy", PolicyName="p", PolicyDocument=ALLOW)["Policy"]
    arn = made["Arn"]
    assert (arn, made["DefaultVersionId"]) == ("arn:aws:iam::444455556666:policy/p", "v1")
    make_role(harness, root)
    harness.call(root, "iam", "AttachRolePolicy", RoleName="r", PolicyArn=arn)
    assert harness.call(root, "iam", "GetPolicy", PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    entities = harness.call(root, "iam", "ListEntitiesForPolicy", PolicyArn=arn)
    assert [role["RoleName"] for role in entities["PolicyRoles"]] == ["r"]
    with pytest.raises(Fault, match="Cannot delete a policy attached to entities"):
        harness.call(root, "iam", "DeletePolicy", PolicyArn=arn)
    harness.call(root, "iam", "DetachRolePolicy", RoleName="r", PolicyArn=arn)
    harness.call(root, "iam", "CreatePolicyVersion", PolicyArn=arn, PolicyDocument=ALLOW, SetAsDefault=True)
    versions = harness.call(root, "iam", "ListPolicyVersions", PolicyArn=arn)["Versions"]
    assert [(v["VersionId"], v["IsDefaultVersion"]) for v in versions] == [("v2", True), ("v1", False)]
    with pytest.raises(Fault, match="more than one version"):
        harness.call(root, "iam", "DeletePolicy", PolicyArn=arn)
    with pytest.raises(Fault, match="Cannot delete the default version"):
        harness.call(root, "iam", "DeletePolicyVersion", PolicyArn=arn, VersionId="v2")
    harness.call(root, "iam", "DeletePolicyVersion", PolicyArn=arn, VersionId="v1")
    harness.call(root, "iam", "DeletePolicy", PolicyArn=arn)
    with pytest.raises(Fault, match="NoSuchEntity"):
        harness.call(root, "iam", "GetPolicy", PolicyArn=arn)


def test_a_policy_stays_while_it_is_a_boundary(harness: IdentityHarness, root: tuple[str, str]) -> None:
    arn = harness.call(root, "iam", "CreatePolicy", PolicyName="p", PolicyDocument=ALLOW)["Policy"]["Arn"]
    harness.call(root, "iam", "CreateUser", UserName="bounded", PermissionsBoundary=arn)
    harness.call(root, "iam", "CreateUser", UserName="allowed")
    harness.call(root, "iam", "AttachUserPolicy", UserName="allowed", PolicyArn=arn)

    def users(**usage: str) -> list[str]:
        found = harness.call(root, "iam", "ListEntitiesForPolicy", PolicyArn=arn, **usage)["PolicyUsers"]
        return [user["UserName"] for user in found]

    assert sorted(users()) == ["allowed", "bounded"]
    assert users(PolicyUsageFilter="PermissionsPolicy") == ["allowed"]
    assert users(PolicyUsageFilter="PermissionsBoundary") == ["bounded"]

    def listed(usage: str) -> list[str]:
        found = harness.call(root, "iam", "ListPolicies", Scope="Local", PolicyUsageFilter=usage)["Policies"]
        return [policy["PolicyName"] for policy in found]

    harness.call(root, "iam", "CreatePolicy", PolicyName="unused", PolicyDocument=ALLOW)
    assert listed("PermissionsBoundary") == ["p"]
    assert listed("PermissionsPolicy") == ["p", "unused"]
    harness.call(root, "iam", "DetachUserPolicy", UserName="allowed", PolicyArn=arn)
    assert listed("PermissionsPolicy") == ["unused"]
    with pytest.raises(Fault, match=r"^DeleteConflict: Cannot delete a policy attached to entities\.$"):
        harness.call(root, "iam", "DeletePolicy", PolicyArn=arn)
    harness.call(root, "iam", "DeleteUserPermissionsBoundary", UserName="bounded")
    harness.call(root, "iam", "DeletePolicy", PolicyArn=arn)


def test_versions_are_five_at_most_and_never_named_twice(harness: IdentityHarness, root: tuple[str, str]) -> None:
    arn = harness.call(root, "iam", "CreatePolicy", PolicyName="p", PolicyDocument=ALLOW)["Policy"]["Arn"]
    for _ in range(4):
        harness.call(root, "iam", "CreatePolicyVersion", PolicyArn=arn, PolicyDocument=ALLOW)
    with pytest.raises(Fault, match="LimitExceeded"):
        harness.call(root, "iam", "CreatePolicyVersion", PolicyArn=arn, PolicyDocument=ALLOW)
    harness.call(root, "iam", "DeletePolicyVersion", PolicyArn=arn, VersionId="v5")
    made = harness.call(root, "iam", "CreatePolicyVersion", PolicyArn=arn, PolicyDocument=ALLOW)["PolicyVersion"]
    assert made["VersionId"] == "v6"


def test_policies_of_aws(harness: IdentityHarness, root: tuple[str, str]) -> None:
    shown = harness.call(root, "iam", "GetPolicy", PolicyArn=PUSH)["Policy"]
    assert shown["Path"] == "/service-role/"
    version = harness.call(root, "iam", "GetPolicyVersion", PolicyArn=PUSH, VersionId="v1")["PolicyVersion"]
    assert "logs:PutLogEvents" in unquote(version["Document"])
    assert len(harness.call(root, "iam", "ListPolicies", Scope="AWS")["Policies"]) == len(AWS_MANAGED_POLICIES)
    assert harness.call(root, "iam", "ListPolicies", Scope="Local")["Policies"] == []
    with pytest.raises(Fault, match="AccessDenied"):
        harness.call(root, "iam", "DeletePolicy", PolicyArn=PUSH)


@pytest.mark.parametrize("arn", AWS_MANAGED_POLICIES)
def test_policies_of_aws_can_be_read(arn: str) -> None:
    assert parse_policy(AWS_MANAGED_POLICIES[arn].document, "identity").statements


def test_another_accounts_policy_is_not_there(harness: IdentityHarness, root: tuple[str, str]) -> None:
    other = harness.root_key(harness.management)
    arn = harness.call(other, "iam", "CreatePolicy", PolicyName="p", PolicyDocument=ALLOW)["Policy"]["Arn"]
    make_role(harness, root)
    for operation, params in (
        ("GetPolicy", {}),
        ("AttachRolePolicy", {"RoleName": "r"}),
        ("ListEntitiesForPolicy", {}),
        ("PutRolePermissionsBoundary", {"RoleName": "r", "PermissionsBoundary": arn}),
    ):
        with pytest.raises(Fault, match="NoSuchEntity"):
            harness.call(root, "iam", operation, **{"PolicyArn": arn, **params})
