"""What administrators forbid with IAM's own condition keys stays forbidden."""

import json
from typing import Any

import pytest
from tests.unit.services.identity_harness import IdentityHarness

from innergate.primitives.fault import Fault

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READER = "arn:aws:iam::aws:policy/ReadOnlyAccess"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole"}],
    }
)


def all_but(actions: list[str], **condition: Any) -> str:
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": actions, "Resource": "*", "Condition": condition},
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def refused(
    harness: IdentityHarness, key: tuple[str, str], operation: str, service: str = "iam", **params: Any
) -> None:
    with pytest.raises(Fault, match="explicit deny"):
        harness.call(key, service, operation, **params)


def test_which_policies_may_be_attached(harness: IdentityHarness) -> None:
    key = harness.user_key(
        harness.member,
        "u",
        all_but(["iam:AttachUserPolicy", "iam:AttachRolePolicy"], ArnEquals={"iam:PolicyARN": ADMIN}),
    )
    harness.call(key, "iam", "CreateRole", RoleName="r", AssumeRolePolicyDocument=TRUST)
    refused(harness, key, "AttachUserPolicy", UserName="u", PolicyArn=ADMIN)
    refused(harness, key, "AttachRolePolicy", RoleName="r", PolicyArn=ADMIN)
    harness.call(key, "iam", "AttachRolePolicy", RoleName="r", PolicyArn=READER)


def test_nobody_is_made_or_changed_without_the_boundary(harness: IdentityHarness) -> None:
    actions = [
        "iam:CreateUser",
        "iam:PutUserPolicy",
        "iam:PutUserPermissionsBoundary",
        "iam:DeleteUserPermissionsBoundary",
    ]
    key = harness.user_key(
        harness.member, "u", all_but(actions[:3], StringNotEquals={"iam:PermissionsBoundary": READER})
    )
    refused(harness, key, "CreateUser", UserName="v")
    refused(harness, key, "CreateUser", UserName="v", PermissionsBoundary=ADMIN)
    harness.call(key, "iam", "CreateUser", UserName="v", PermissionsBoundary=READER)
    own = {"PolicyName": "p", "PolicyDocument": all_but(["iam:*"], Bool={"aws:SecureTransport": "x"})}
    harness.call(key, "iam", "PutUserPolicy", UserName="v", **own)
    refused(harness, key, "PutUserPolicy", UserName="u", **own)
    refused(harness, key, "PutUserPermissionsBoundary", UserName="v", PermissionsBoundary=ADMIN)
    keeper = harness.user_key(
        harness.member, "keeper", all_but(actions[3:], StringEquals={"iam:PermissionsBoundary": READER})
    )
    refused(harness, keeper, "DeleteUserPermissionsBoundary", UserName="v")


def test_tags_of_users_roles_and_policies(harness: IdentityHarness) -> None:
    key = harness.user_key(harness.member, "u", all_but(["*"], StringEquals={"aws:ResourceTag/kept": "yes"}))
    kept = [{"Key": "kept", "Value": "yes"}]
    for name, tags in (("a", kept), ("b", [])):
        harness.call(key, "iam", "CreateUser", UserName=name, Tags=tags)
        harness.call(key, "iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=TRUST, Tags=tags)
    document = all_but(["*"], StringEquals={"iam:ResourceTag/kept": "yes"})
    arn = harness.call(key, "iam", "CreatePolicy", PolicyName="a", PolicyDocument=document, Tags=kept)["Policy"]["Arn"]
    refused(harness, key, "DeleteUser", UserName="a")
    refused(harness, key, "DeleteRole", RoleName="a")
    refused(harness, key, "DeletePolicy", PolicyArn=arn)
    harness.call(key, "iam", "DeleteUser", UserName="b")
    harness.call(key, "iam", "DeleteRole", RoleName="b")


def test_service_linked_roles_by_service_and_by_name(harness: IdentityHarness) -> None:
    service = "elasticloadbalancing.amazonaws.com"
    key = harness.user_key(
        harness.member, "u", all_but(["iam:CreateServiceLinkedRole"], StringEquals={"iam:AWSServiceName": service})
    )
    refused(harness, key, "CreateServiceLinkedRole", AWSServiceName=service)
    harness.call(key, "iam", "CreateServiceLinkedRole", AWSServiceName="vpce.amazonaws.com")
    resource = f"arn:aws:iam::*:role/aws-service-role/{service}/AWSServiceRoleForElasticLoadBalancing*"
    only = {"Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": resource}
    able = harness.user_key(harness.member, "able", json.dumps({"Version": "2012-10-17", "Statement": [only]}))
    harness.call(able, "iam", "CreateServiceLinkedRole", AWSServiceName=service)
    with pytest.raises(Fault, match="AccessDenied"):
        harness.call(able, "iam", "CreateServiceLinkedRole", AWSServiceName="ops.apigateway.amazonaws.com")


def test_tags_of_other_services_resources(harness: IdentityHarness) -> None:
    key = harness.user_key(harness.member, "u", all_but(["*"], StringEquals={"aws:ResourceTag/kept": "yes"}))
    harness.call(key, "logs", "CreateLogGroup", logGroupName="a", tags={"kept": "yes"})
    harness.call(key, "logs", "CreateLogGroup", logGroupName="b")
    refused(harness, key, "DeleteLogGroup", "logs", logGroupName="a")
    harness.call(key, "logs", "DeleteLogGroup", logGroupName="b")
    tags = {"Tags": [{"Key": "kept", "Value": "yes"}]}
    vpc = harness.call(key, "ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    wanted = {"Protocol": "TCP", "Port": 80, "VpcId": vpc, "TargetType": "ip"}
    for name, more in (("a", tags), ("b", {})):
        made = harness.call(key, "elbv2", "CreateTargetGroup", Name=name, **wanted, **more)
        arn = made["TargetGroups"][0]["TargetGroupArn"]
        if more:
            refused(harness, key, "DeleteTargetGroup", "elbv2", TargetGroupArn=arn)
        else:
            harness.call(key, "elbv2", "DeleteTargetGroup", TargetGroupArn=arn)


def test_tags_at_birth_need_the_right_to_tag(harness: IdentityHarness) -> None:
    """Tags grant access where policies ask for them, so who may not give them may not make users that have them."""
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": ["iam:TagUser", "iam:TagRole", "iam:TagPolicy"], "Resource": "*"},
    ]
    key = harness.user_key(harness.member, "u", json.dumps({"Version": "2012-10-17", "Statement": statements}))
    tags = [{"Key": "team", "Value": "admins"}]
    role = {"RoleName": "r", "AssumeRolePolicyDocument": TRUST}
    document = {"PolicyName": "p", "PolicyDocument": all_but(["*"], Null={"aws:SourceIp": "true"})}
    for operation, params in (("CreateUser", {"UserName": "v"}), ("CreateRole", role), ("CreatePolicy", document)):
        refused(harness, key, operation, **params, Tags=tags)
        harness.call(key, "iam", operation, **params)
