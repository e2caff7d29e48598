"""Abuse cases around authorizers, through the whole exchange: what the backend gets is what was authorized."""

import json

import msgspec
import pytest
from tests.unit.runtime.authorize.issued_tokens import ID_CLAIMS, OWN, POOL, ask, is_refused, signed
from tests.unit.runtime.authorize.questions import (
    CALL,
    METHOD,
    STAGE,
    TOKEN,
    answer_of,
    policy,
    stage_with,
    with_headers,
)

from innergate.plans.runtime import HttpTarget, RuntimeIntegration, RuntimeMethod, RuntimeStage, WeightedCluster
from innergate.primitives.json_value import JsonObject
from innergate.runtime.authorize.verdict import AuthorizationMemory
from innergate.runtime.exchange.call import Answer, Call
from innergate.runtime.exchange.effects import Effect, FunctionReply, HttpReply, InvokeFunction, Reply, SendHttp
from innergate.runtime.exchange.exchange_state import Circumstances
from innergate.runtime.exchange.pipeline import execute

BACKEND = RuntimeIntegration(
    type="HTTP_PROXY",
    verb="ANY",
    target=HttpTarget(scheme="http", host="backend", path="/pets/{id}", clusters=(WeightedCluster(name="c"),)),
    parameters={
        "integration.request.header.x-user-id": "context.authorizer.principalId",
        "integration.request.path.id": "method.request.path.id",
    },
)
MAPPED = msgspec.structs.replace(METHOD, integration=BACKEND)


class Backend:
    """An authorizer that lets everybody in, and a backend that notes what it got."""

    def __init__(self, answer: JsonObject) -> None:
        self._answer = json.dumps(answer).encode()
        self.got: list[SendHttp] = []
        self.asked: list[InvokeFunction] = []

    def perform(self, effect: Effect) -> Reply:
        if isinstance(effect, InvokeFunction):
            self.asked.append(effect)
            return FunctionReply(status=200, payload=self._answer)
        assert isinstance(effect, SendHttp)
        self.got.append(effect)
        return HttpReply(status=200)

    def run(self, call: Call, method: RuntimeMethod = MAPPED, stage: RuntimeStage = STAGE) -> Answer:
        steps = execute(stage, method, call, Circumstances(memory=AuthorizationMemory()))
        try:
            effect = next(steps)
            while True:
                effect = steps.send(self.perform(effect))
        except StopIteration as done:
            answer: Answer = done.value
            return answer

    def values(self, name: str) -> list[str]:
        """What the backend got under a header's name, whatever its case."""
        (sent,) = self.got
        return [value for header, value in sent.headers if header.lower() == name]


@pytest.mark.parametrize("name", ["x-user-id", "X-User-Id", "X-USER-ID"])
def test_case_24_a_client_cannot_say_who_the_authorizer_found(name: str) -> None:
    backend = Backend(answer_of(policy("Allow")))
    call = with_headers(("Authorization", "letmein"), (name, "root"), (name, "admin"))
    assert backend.run(call).status == 200
    assert backend.values("x-user-id") == ["user-1"]


def test_case_25_the_backend_gets_the_token_that_was_authorized() -> None:
    backend = Backend(answer_of(policy("Allow")))
    assert backend.run(CALL).status == 200
    (asked,) = backend.asked
    assert json.loads(asked.payload)["authorizationToken"] == "letmein"
    assert backend.values("authorization") == ["letmein"]
    twice = with_headers(("Authorization", "letmein"), ("authorization", "other"))
    refused = Backend(answer_of(policy("Allow")))
    assert refused.run(twice).status == 401
    assert refused.got == []
    assert refused.asked == []


def test_case_54_a_token_of_another_tenants_issuer_is_none() -> None:
    theirs = msgspec.structs.replace(POOL, issuers=(OWN,))
    token = signed({**ID_CLAIMS, "iss": OWN})
    assert not isinstance(ask(token, theirs), type(ask("x")))
    assert is_refused(ask(token, POOL))


@pytest.mark.parametrize("token", ["a.b.c.d.e", signed({"iss": OWN}) + "." + signed({"iss": OWN})])
def test_case_56_encrypted_and_nested_tokens_are_none(token: str) -> None:
    assert is_refused(ask(token))


@pytest.mark.parametrize(
    "answer",
    [
        answer_of(policy("Allow", "arn:aws:execute-api:us-east-1:111122223333:other12345/*")),
        answer_of(policy("Deny", "*")),
    ],
)
def test_case_59_a_policy_about_something_else_lets_nobody_in(answer: JsonObject) -> None:
    backend = Backend(answer)
    assert backend.run(CALL, stage=stage_with(TOKEN)).status == 403
    assert backend.got == []
