"""What workers are told of a stage's authorizers, and of the policies that count beside them."""

from datetime import timedelta

import msgspec
import pytest

from innergate.compile.emit.envoy.units import ENVOY_FAMILIES
from innergate.compile.engine import Compiler
from innergate.compile.resolve.stages import resolve_stage
from innergate.compile.settings import CompileSettings
from innergate.plans.runtime import RuntimeAuthorizer, RuntimeStage, stage_document_name
from innergate.primitives.json_value import JsonValue
from innergate.resources.deployments import Deployment
from innergate.resources.rest_apis import Integration, MethodDefinition
from innergate.testing.blog_scenarios import cross_account
from innergate.testing.scenario import Scenario, proxy_method

MOCK = Integration(type="MOCK", request_templates={"application/json": '{"statusCode": 200}'})
POOL: dict[str, JsonValue] = {
    "type": "COGNITO_USER_POOLS",
    "name": "pool",
    "providerARNs": ["arn:aws:cognito-idp:us-east-1:222222222222:userpool/us-east-1_Own"],
    "identitySource": "method.request.header.Authorization",
}
REQUEST: dict[str, JsonValue] = {
    "type": "REQUEST",
    "name": "ask",
    "identitySource": "method.request.header.A, stageVariables.b",
    "authorizerResultTtlInSeconds": 7,
    "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:us-east-1:222222222222:function:${stageVariables.fn}/invocations",
}


class Asked:
    """A private API with two authorizers, of which its method asks one."""

    def __init__(self, authorization: str = "CUSTOM", authorizer: str = "a1") -> None:
        self.s = Scenario()
        self.path = cross_account(self.s)
        method = MethodDefinition(
            http_method="GET", authorization_type=authorization, authorizer_id=authorizer, method_integration=MOCK
        )
        api, self.stage = self.s.private_api(
            None,
            self.path.api_endpoint,
            stage="prod",
            methods={("/", "GET"): method, ("/open", "GET"): proxy_method("", "http://h/")},
        )
        self.api = api.id
        self.stage = msgspec.structs.replace(self.stage, variables={"fn": "door"})
        deployment = self.s.state.get(Deployment, f"{api.id}/{self.stage.deployment_id}")
        assert deployment is not None
        definition = msgspec.structs.replace(deployment.definition, parts={"authorizer": {"a1": REQUEST, "a2": POOL}})
        self.s.put(msgspec.structs.replace(deployment, definition=definition), self.stage)

    def document(self, settings: CompileSettings | None = None) -> RuntimeStage:
        compilation = Compiler(ENVOY_FAMILIES, settings or CompileSettings(), strict=True).compile(self.s.state)
        name = stage_document_name(self.api, "prod")
        (body,) = (d.body for d in compilation.whole_network.documents if d.name.name.rpartition(".")[0] == name)
        return msgspec.json.decode(body, type=RuntimeStage)


def test_only_authorizers_that_a_method_asks_are_told() -> None:
    found = Asked().document().authorizers["a1"]
    assert list(Asked().document().authorizers) == ["a1"]
    assert (found.type, found.ttl_s) == ("REQUEST", 7)
    assert found.identity_sources == ("method.request.header.A", "stageVariables.b")
    assert found.function is not None
    assert (found.function.arn, found.function.is_allowed) == (
        "arn:aws:lambda:us-east-1:222222222222:function:door",
        False,
    )


@pytest.mark.parametrize(
    ("settings", "issuer", "reaches_loopback"),
    [
        (CompileSettings(), "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Own", False),
        (
            CompileSettings(token_issuers={"us-east-1_Own": "http://h/own"}, allows_loopback_backends=True),
            "http://h/own",
            True,
        ),
    ],
)
def test_the_operator_says_whose_tokens_a_pool_has(
    settings: CompileSettings, issuer: str, reaches_loopback: bool
) -> None:
    document = Asked("COGNITO_USER_POOLS", "a2").document(settings)
    assert document.authorizers["a2"] == RuntimeAuthorizer(
        authorizer_id="a2",
        name="pool",
        type="COGNITO_USER_POOLS",
        identity_sources=("method.request.header.Authorization",),
        issuers=(issuer,),
    )
    assert document.reaches_loopback is reaches_loopback


def test_policies_travel_with_the_stage() -> None:
    asked = Asked()
    closed = '{"Statement": []}'
    asked.s.put(msgspec.structs.replace(asked.path.api_endpoint, policy_document=closed))
    document = asked.document()
    assert asked.path.api_endpoint.id in document.policy
    assert document.endpoint_policies == {asked.path.api_endpoint.id: closed}
    assert document.is_private


def test_a_flush_makes_another_document() -> None:
    asked = Asked()
    before = asked.document()
    asked.s.put(msgspec.structs.replace(asked.stage, authorizers_flushed_at=asked.s.now + timedelta(seconds=5)))
    after = asked.document()
    assert before != after
    assert msgspec.structs.replace(after, authorizers_flushed_at="") == before


@pytest.mark.parametrize(
    ("authorization", "source", "requires", "is_authorized", "has_key"),
    [
        ("NONE", "HEADER", True, False, False),
        ("NONE", "AUTHORIZER", True, False, True),
        ("CUSTOM", "HEADER", True, True, True),
        ("CUSTOM", "AUTHORIZER", True, True, True),
        ("AWS_IAM", "HEADER", False, True, False),
        ("NONE", "AUTHORIZER", False, False, False),
    ],
)
def test_who_checks_the_key(
    authorization: str, source: str, requires: bool, is_authorized: bool, has_key: bool
) -> None:
    s = Scenario()
    method = msgspec.structs.replace(
        proxy_method("", "http://h/"), authorization_type=authorization, api_key_required=requires
    )
    api, stage = s.private_api(None, methods={("/", "GET"): method}, types=("REGIONAL",))
    deployment = s.state.get(Deployment, f"{api.id}/{stage.deployment_id}")
    assert deployment is not None
    definition = msgspec.structs.replace(deployment.definition, api_key_source=source)
    s.put(msgspec.structs.replace(deployment, definition=definition))
    resolved = resolve_stage(s.state, stage.id)
    assert resolved is not None
    (plan,) = resolved.blueprint.methods
    assert (plan.is_authorized_by_worker, plan.has_key_checked_by_worker) == (is_authorized, has_key)
