"""Who names a role for an integration or an authorizer must be allowed to pass it."""

import json
from pathlib import Path
from typing import Any, final

import pytest
from tests.unit.services.identity_harness import IdentityHarness

from innergate.primitives.fault import Fault

ACCOUNT = "444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/caller"
ANY = f"arn:aws:iam::{ACCOUNT}:${{stageVariables.role}}"


@final
class World:
    """An API with a method, and users who may do what they like to it."""

    def __init__(self, folder: Path) -> None:
        self.harness = IdentityHarness(folder)
        self.root = self.harness.root_key(self.harness.member)
        made = self.harness.call(self.root, "apigateway", "CreateRestApi", name="a")
        self.keys = {"restApiId": made["id"], "resourceId": made["rootResourceId"], "httpMethod": "GET"}
        self.harness.call(self.root, "apigateway", "PutMethod", **self.keys, authorizationType="NONE")

    def user(self, name: str, *passes: str) -> tuple[str, str]:
        """`passes` are roles, and perhaps the service for which they may be passed."""
        allowed: list[dict[str, Any]] = [{"Effect": "Allow", "Action": "apigateway:*", "Resource": "*"}]
        if passes:
            condition = {"StringEquals": {"iam:PassedToService": passes[1]}} if len(passes) > 1 else {}
            allowed.append({"Effect": "Allow", "Action": "iam:PassRole", "Resource": passes[0], "Condition": condition})
        document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
        return self.harness.user_key(self.harness.member, name, document)

    def put(self, key: tuple[str, str], credentials: str) -> None:
        self.harness.call(
            key,
            "apigateway",
            "PutIntegration",
            **self.keys,
            type="AWS",
            integrationHttpMethod="POST",
            uri="arn:aws:apigateway:us-east-1:sts:action/GetCallerIdentity",
            credentials=credentials,
        )

    def patch(self, key: tuple[str, str], credentials: str) -> None:
        patch = {"op": "replace", "path": "/credentials", "value": credentials}
        self.harness.call(key, "apigateway", "UpdateIntegration", **self.keys, patchOperations=[patch])


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_roles_that_may_be_passed_are_taken(world: World) -> None:
    world.put(world.root, ROLE)
    world.put(world.user("a", ROLE), ROLE)
    world.put(world.user("b", "*", "apigateway.amazonaws.com"), ROLE)
    world.put(world.user("c", "*"), ANY)
    world.put(world.user("d"), "")


@pytest.mark.parametrize(
    ("passes", "role", "shown"),
    [
        ((), ROLE, ROLE),
        ((f"{ROLE}2",), ROLE, ROLE),
        (("*", "lambda.amazonaws.com"), ROLE, ROLE),
        ((ROLE,), ANY, f"arn:aws:iam::{ACCOUNT}:*"),
    ],
)
def test_others_are_refused_when_put_and_when_patched(
    world: World, passes: tuple[str, ...], role: str, shown: str
) -> None:
    world.put(world.root, "")
    key = world.user("u", *passes)
    said = f"is not authorized to perform: iam:PassRole on resource: {shown} because no identity-based policy allows"
    for write in (world.put, world.patch):
        with pytest.raises(Fault) as refused:
            write(key, role)
        assert (refused.value.code, refused.value.status) == ("AccessDeniedException", 403)
        assert said in refused.value.message


@pytest.mark.parametrize("write", ["put", "patch"])
def test_a_role_of_another_account_is_nobodys_to_pass(world: World, write: str) -> None:
    """Whatever its trust policy says: API Gateway would act in one account for another."""
    world.put(world.root, "")
    with pytest.raises(Fault) as refused:
        getattr(world, write)(world.root, "arn:aws:iam::999988887777:role/caller")
    assert (refused.value.code, refused.value.status) == ("AccessDeniedException", 403)
    assert refused.value.message == "Cross-account pass role is not allowed."


@pytest.mark.parametrize(
    ("passes", "role", "said"),
    [
        ((), ROLE, "is not authorized to perform: iam:PassRole"),
        (("*",), "arn:aws:iam::999988887777:role/caller", "Cross-account pass role is not allowed."),
        ((ROLE,), ROLE, ""),
    ],
)
def test_authorizers_are_invoked_as_a_role_that_may_be_passed(
    world: World, passes: tuple[str, ...], role: str, said: str
) -> None:
    key, api = world.user("u", *passes), world.keys["restApiId"]
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
    given: dict[str, Any] = {"restApiId": api, "type": "TOKEN", "authorizerUri": uri}
    plain = world.harness.call(world.root, "apigateway", "CreateAuthorizer", **given, name="plain")["id"]
    patch = {"op": "replace", "path": "/authorizerCredentials", "value": role}
    patched: dict[str, Any] = {"restApiId": api, "authorizerId": plain, "patchOperations": [patch]}
    for operation, params in (
        ("CreateAuthorizer", {**given, "name": "other", "authorizerCredentials": role}),
        ("UpdateAuthorizer", patched),
    ):
        if not said:
            world.harness.call(key, "apigateway", operation, **params)
            continue
        with pytest.raises(Fault, match=said) as refused:
            world.harness.call(key, "apigateway", operation, **params)
        assert (refused.value.code, refused.value.status) == ("AccessDeniedException", 403)
