"""Whether API Gateway may invoke a function: by the function's own policy, or by a role."""

import json
from pathlib import Path

import pytest
from tests.unit.services.lambdas.lambda_world import ACCOUNT, ARN, OTHER, LambdaWorld

from innergate.compile.resolve.runtime_functions import Asker, authorizer_asker, method_asker, resolve_function

METHOD = method_asker("us-east-1", ACCOUNT, "abc", "test", "GET", "/pets/{id}")


@pytest.fixture
def world(tmp_path: Path) -> LambdaWorld:
    made = LambdaWorld(tmp_path)
    made.create()
    return made


def admit(world: LambdaWorld, source: str) -> None:
    world.call(
        "AddPermission",
        FunctionName="hello",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=source,
    )


def make_role(world: LambdaWorld, service: str, resource: str) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    made = world.harness.call(
        "CreateRole",
        RoleName="invoker",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    allow = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": resource}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    world.harness.call("PutRolePolicy", RoleName="invoker", PolicyName="invoke", PolicyDocument=document)
    return str(made["Role"]["Arn"])


def reason(world: LambdaWorld, credentials: str = "", asker: Asker = METHOD) -> str:
    target = resolve_function(world.harness.store.state(), ARN, credentials, asker)
    assert target.is_allowed is (target.reason == "")
    return target.reason


def test_nobody_is_admitted_at_first(world: LambdaWorld) -> None:
    assert "does not admit" in reason(world)


@pytest.mark.parametrize(
    ("source", "is_admitted"),
    [
        ("abc/*/GET/pets/*", True),
        ("abc/test/GET/pets/{id}", True),
        ("abc/*", True),
        ("abc/*/POST/pets/*", False),
        ("other/*", False),
    ],
)
def test_the_source_arn_decides(world: LambdaWorld, source: str, is_admitted: bool) -> None:
    admit(world, f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{source}")
    assert (reason(world) == "") is is_admitted


def test_an_authorizer_is_another_source(world: LambdaWorld) -> None:
    admit(world, f"arn:aws:execute-api:us-east-1:{ACCOUNT}:abc/authorizers/a1")
    assert reason(world, asker=authorizer_asker("us-east-1", ACCOUNT, "abc", "a1")) == ""
    assert reason(world) != ""


def test_another_accounts_method_is_not_admitted_by_a_like_name(world: LambdaWorld) -> None:
    admit(world, f"arn:aws:execute-api:us-east-1:{ACCOUNT}:abc/*")
    assert reason(world, asker=method_asker("us-east-1", OTHER, "abc", "test", "GET", "/pets/{id}")) != ""


def test_a_role_that_may_invoke(world: LambdaWorld) -> None:
    role = make_role(world, "apigateway.amazonaws.com", ARN)
    assert reason(world, role) == ""
    assert "no such role" in reason(world, role, Asker("arn:aws:execute-api:us-east-1:1:x", OTHER))


def test_a_role_that_api_gateway_cannot_assume(world: LambdaWorld) -> None:
    assert "trust policy" in reason(world, make_role(world, "ec2.amazonaws.com", ARN))


def test_a_role_without_the_permission(world: LambdaWorld) -> None:
    assert "may not invoke" in reason(world, make_role(world, "apigateway.amazonaws.com", f"{ARN}-other"))
