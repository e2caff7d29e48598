"""What an explanation says of a method whose Lambda function does, or does not, let API Gateway invoke it."""

from pathlib import Path

import pytest
from tests.unit.services.lambdas.lambda_world import ARN, LambdaWorld

from innergate.observe.explain import simulate
from innergate.observe.explain_call import CallRequest
from innergate.observe.explanation import Explanation
from innergate.resources.functions import Function
from innergate.resources.rest_apis import Integration, MethodDefinition
from innergate.testing.blog_scenarios import cross_account
from innergate.testing.scenario import Scenario


@pytest.fixture
def world(tmp_path: Path) -> LambdaWorld:
    made = LambdaWorld(tmp_path)
    made.create()
    return made


def explain(world: LambdaWorld, credentials: str | None = None) -> Explanation:
    """A GET of a private API whose method invokes the function."""
    s = Scenario()
    x = cross_account(s)
    function = world.harness.store.state().get(Function, ARN)
    assert function is not None
    s.put(function)
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{ARN}/invocations"
    integration = Integration(type="AWS_PROXY", uri=uri, http_method="POST", credentials=credentials)
    method = MethodDefinition(http_method="GET", authorization_type="NONE", method_integration=integration)
    api, _ = s.private_api(None, x.api_endpoint, stage="prod", methods={("/", "GET"): method})
    url = f"https://{api.id}.execute-api.us-east-1.amazonaws.com/prod/"
    return simulate(s.state, CallRequest(target=url, from_vpc=x.gateway_vpc.id))


def test_a_function_that_admits_nobody_is_the_cause(world: LambdaWorld) -> None:
    found = explain(world)
    assert found.hops[-1].kind == "function"
    assert found.status == 500
    assert "does not admit apigateway.amazonaws.com" in found.cause
    assert found.fix.startswith(f"aws lambda add-permission --function-name {ARN} ")


def test_a_role_that_cannot_be_assumed_is_not_mended_by_a_permission(world: LambdaWorld) -> None:
    found = explain(world, "arn:aws:iam::111122223333:role/nobody")
    assert "cannot assume" in found.cause
    assert found.fix == ""


def test_a_function_that_admits_the_gateway_works(world: LambdaWorld) -> None:
    world.call(
        "AddPermission",
        FunctionName="hello",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    found = explain(world)
    assert found.cause == ""
    assert [hop.kind for hop in found.hops][-2:] == ["runtime", "function"]
