"""Whose credentials an AWS integration signs with, and when there are none."""

import json
from pathlib import Path

import msgspec
import pytest
from tests.unit.services.identity_harness import IdentityHarness

from innergate.compile.resolve.runtime_functions import Asker, method_asker
from innergate.compile.resolve.runtime_services import PLAIN_ACCESS, ServiceAccess, resolve_service
from innergate.plans.functions import RoleCredentials
from innergate.plans.runtime import ServiceTarget
from innergate.primitives.arn import parse_arn
from innergate.resources.identities import Role, Session

STS = "arn:aws:apigateway:us-east-1:sts:action/GetCallerIdentity"
SQS = "arn:aws:apigateway:us-east-1:sqs:path/1/q"
THERE = {"sqs": "http://127.0.0.1:9324"}
OWN_KEY = RoleCredentials(access_key_id="AKIA1", secret_access_key="s", session_token="")


def trust(service: str = "apigateway.amazonaws.com", **condition: object) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", **condition}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class World:
    def __init__(self, harness: IdentityHarness) -> None:
        self.harness = harness
        self.root = harness.root_key(harness.member)
        self.account = harness.member.id

    def role(self, name: str = "r", document: str = "") -> str:
        made = self.call("CreateRole", RoleName=name, AssumeRolePolicyDocument=document or trust())
        return str(made["Role"]["Arn"])

    def call(self, operation: str, **params: object) -> dict[str, dict[str, object]]:
        return dict(self.harness.call(self.root, "iam", operation, **params))

    def resolve(self, uri: str, role: str, access: ServiceAccess = PLAIN_ACCESS, account: str = "") -> ServiceTarget:
        asker: Asker = method_asker("us-east-1", account or self.account, "abc", "test", "GET", "/")
        arn = parse_arn(uri)
        assert arn is not None
        return resolve_service(self.harness.store.state(), arn, role, asker, access)

    def sessions(self) -> list[Session]:
        return [s for s in self.harness.store.state().all(Session) if s.service]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(IdentityHarness(tmp_path))


def test_own_services_are_called_as_the_role(world: World) -> None:
    target = world.resolve(STS, role := world.role())
    (session,) = world.sessions()
    assert (target.endpoint, target.is_own, target.reason) == ("https://sts.us-east-1.amazonaws.com", True, "")
    assert target.credentials == RoleCredentials(
        access_key_id=session.id,
        secret_access_key=session.secret_access_key,
        session_token=session.session_token,
    )
    assert session.principal_arn == f"arn:aws:sts::{world.account}:assumed-role/r/BackplaneAssumeRoleSession"
    assert session.identity == role


def test_foreign_services_are_called_as_the_role_or_as_the_operator_says(world: World) -> None:
    role = world.role()
    plain = world.resolve(SQS, role, ServiceAccess(THERE)).credentials
    assert plain is not None
    assert plain.access_key_id.startswith("ASIA")
    assert world.resolve(SQS, role, ServiceAccess(THERE, {"default": OWN_KEY})).credentials == OWN_KEY
    assert world.resolve(SQS, role, ServiceAccess(THERE, {role: OWN_KEY})).credentials == OWN_KEY
    assert world.resolve(SQS, role, ServiceAccess(THERE, {role + "x": OWN_KEY})).credentials == plain
    assert world.resolve(STS, role, ServiceAccess(THERE, {"default": OWN_KEY})).credentials == plain


@pytest.mark.parametrize("access", [ServiceAccess(), ServiceAccess(THERE, {"default": OWN_KEY})])
@pytest.mark.parametrize("uri", [STS, SQS])
def test_without_a_role_that_api_gateway_can_assume_there_are_no_credentials(
    world: World, uri: str, access: ServiceAccess
) -> None:
    access = access._replace(endpoints=THERE)
    role = world.role()
    of_lambda = world.role("l", trust("lambda.amazonaws.com"))
    elsewhere = world.role("e", trust(Condition={"ArnLike": {"aws:SourceArn": "arn:aws:execute-api:*:*:other/*"}}))
    refused = [
        world.resolve(uri, "", access),
        world.resolve(uri, "arn:aws:iam::*:user/*", access),
        world.resolve(uri, f"arn:aws:iam::{world.account}:role/none", access),
        world.resolve(uri, of_lambda, access),
        world.resolve(uri, elsewhere, access),
        world.resolve(uri, role, access, account="999999999999"),
    ]
    words = ["no credentials", "of the caller", "no such role", "does not admit", "does not admit", "no such role"]
    assert [target.credentials for target in refused] == [None] * len(refused)
    for target, said in zip(refused, words, strict=True):
        assert said in target.reason


def test_a_service_that_is_nowhere_has_no_credentials(world: World) -> None:
    target = world.resolve(SQS, world.role())
    assert (target.endpoint, target.credentials) == ("", None)
    assert "--service-endpoint" in target.reason


def test_the_session_is_there_once_a_trust_policy_names_api_gateway_and_goes_with_the_role(world: World) -> None:
    role = world.role(document=trust("lambda.amazonaws.com"))
    assert world.sessions() == []
    for _ in range(2):
        world.call("UpdateAssumeRolePolicy", RoleName="r", PolicyDocument=trust())
    assert [session.identity for session in world.sessions()] == [role]
    world.call("DeleteRole", RoleName="r")
    assert world.sessions() == []


def test_the_session_of_a_role_of_the_same_name_before_it_does_not_count(world: World) -> None:
    role = world.role()
    with world.harness.store.transaction() as tx:
        known = tx.get(Role, role)
        assert known is not None
        tx.put(msgspec.structs.replace(known, unique_id="AROANEW"))
    target = world.resolve(STS, role)
    assert target.credentials is None
    assert target.reason
