"""What workers answer when control asks them to try an authorizer."""

import asyncio
import json

import pytest

from innergate.plans.runtime import FunctionTarget, RuntimeAuthorizer, RuntimeStage
from innergate.plans.trials import AuthorizerTrial, AuthorizerTried
from innergate.runtime.exchange.effects import Effect, FunctionReply, InvokeFunction, Reply
from innergate.runtime.trials import try_authorizer

STAGE = RuntimeStage(
    api_id="abc123",
    stage="test-invoke-stage",
    account="111122223333",
    region="us-east-1",
    deployment_id="",
    is_private=True,
    authorizers={
        "auth1": RuntimeAuthorizer(
            authorizer_id="auth1",
            name="decider",
            type="TOKEN",
            function=FunctionTarget(arn="arn:aws:lambda:us-east-1:111122223333:function:decide"),
            identity_sources=("method.request.header.Authorization",),
        )
    },
)


async def decide(effect: Effect) -> Reply:
    assert isinstance(effect, InvokeFunction)
    event = json.loads(effect.payload)
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    said = {"principalId": event["authorizationToken"], "policyDocument": policy, "context": {"team": 7, "lead": True}}
    return FunctionReply(status=200, payload=json.dumps(said).encode(), latency_ms=3)


def tried(authorizer: str = "auth1", token: str = "") -> AuthorizerTried | None:
    trial = AuthorizerTrial(
        document="abc123..test",
        authorizer=authorizer,
        path="/pets",
        headers=(("Authorization", token),) if token else (),
        request_id="11111111-2222-3333-4444-555555555555",
        received_ms=1_767_225_600_000,
    )
    return asyncio.run(try_authorizer(STAGE, trial, decide))


def test_who_is_let_in_is_shown_with_the_policy_whatever_the_api_s_own_says() -> None:
    seen = tried(token="me")
    assert seen is not None
    assert (seen.status, seen.principal) == (0, "me")
    assert json.loads(seen.policy)["Statement"][0]["Effect"] == "Allow"
    assert seen.context["team"] == ["7"]
    assert seen.context["lead"] == ["true"]


def test_without_a_token_a_client_would_meet_401() -> None:
    seen = tried()
    assert seen is not None
    assert (seen.status, seen.principal, seen.policy) == (401, "", "")


@pytest.mark.parametrize("name", ["auth2", ""])
def test_an_authorizer_that_is_not_there_is_none(name: str) -> None:
    assert tried(name, "me") is None
