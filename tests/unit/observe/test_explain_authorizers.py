"""What an explanation says of methods whose callers prove who they are."""

import json

import msgspec
import pytest

from innergate.observe.explain import simulate
from innergate.observe.explain_call import CallRequest
from innergate.observe.explanation import Explanation
from innergate.resources.deployments import Deployment
from innergate.resources.rest_apis import Integration, MethodDefinition
from innergate.testing.blog_scenarios import cross_account
from innergate.testing.scenario import Scenario

MOCK = Integration(type="MOCK", request_templates={"application/json": '{"statusCode": 200}'})


def policy(effect: str, path: str) -> str:
    statement = {
        "Effect": effect,
        "Principal": "*",
        "Action": "execute-api:Invoke",
        "Resource": f"execute-api:/{path}",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def explain(authorization: str, text: str, key_source: str = "HEADER", requires_key: bool = False) -> Explanation:
    s = Scenario()
    x = cross_account(s)
    method = MethodDefinition(
        http_method="GET",
        authorization_type=authorization,
        authorizer_id="a1",
        api_key_required=requires_key,
        method_integration=MOCK,
    )
    api, stage = s.private_api(None, x.api_endpoint, policy=text or "-", stage="prod", methods={("/", "GET"): method})
    deployment = s.state.get(Deployment, f"{api.id}/{stage.deployment_id}")
    assert deployment is not None
    definition = msgspec.structs.replace(deployment.definition, api_key_source=key_source, policy=text)
    s.put(msgspec.structs.replace(deployment, definition=definition))
    url = f"https://{api.id}.execute-api.us-east-1.amazonaws.com/prod/"
    return simulate(s.state, CallRequest(target=url, from_vpc=x.gateway_vpc.id))


@pytest.mark.parametrize(
    ("authorization", "effect", "path", "works"),
    [
        ("NONE", "Allow", "dev/*", False),
        ("AWS_IAM", "Allow", "dev/*", True),
        ("CUSTOM", "Allow", "dev/*", True),
        ("COGNITO_USER_POOLS", "Allow", "dev/*", False),
        ("JWT", "Allow", "dev/*", False),
        ("AWS_IAM", "Deny", "*", False),
        ("CUSTOM", "Deny", "*", False),
        ("COGNITO_USER_POOLS", "Allow", "*", True),
    ],
)
def test_an_implicit_denial_refuses_only_where_nobody_else_may_allow(
    authorization: str, effect: str, path: str, works: bool
) -> None:
    found = explain(authorization, policy(effect, path))
    assert (found.cause == "") is works, found
    asked = [hop.reason for hop in found.hops if hop.kind == "authorizer"]
    assert bool(asked) is (works and authorization != "NONE")
    assert all(reason.startswith(f"{authorization}: ") for reason in asked)


@pytest.mark.parametrize("authorization", ["AWS_IAM", "CUSTOM"])
def test_a_private_api_without_a_policy_refuses_all_the_same(authorization: str) -> None:
    assert explain(authorization, "").cause != ""


def test_a_key_that_an_authorizer_names_is_not_tried() -> None:
    found = explain("CUSTOM", policy("Allow", "*"), "AUTHORIZER", requires_key=True)
    assert found.cause == ""
    assert any("usageIdentifierKey" in note for note in found.notes)
    assert "api-key" in explain("CUSTOM", policy("Allow", "*"), "HEADER", requires_key=True).cause
