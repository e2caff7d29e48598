"""Stages, methods and calls for tests of authorization, and a script that plays the world."""

import json
from collections.abc import Callable, Mapping, Sequence

import msgspec

from innergate.plans.runtime import (
    FunctionTarget,
    RuntimeAuthorizer,
    RuntimeIntegration,
    RuntimeKey,
    RuntimeMethod,
    RuntimeStage,
)
from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.runtime.authorize.verdict import AuthorizationMemory, Question, Verdict, authorize
from innergate.runtime.exchange.call import Call
from innergate.runtime.exchange.context_values import build_context
from innergate.runtime.exchange.effects import Effect, FunctionReply, Reply
from innergate.runtime.exchange.method_request import MethodRequest

ACCOUNT = "111122223333"
OTHER = "444455556666"
REGION = "us-east-1"
ARN = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:api1234567"
SHOWN = f"arn:aws:execute-api:{REGION}:********3333:api1234567"
NOW_MS = 1_795_341_600_000
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:asked"
OPEN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}

METHOD = RuntimeMethod(
    resource_id="r1",
    path="/pets/{id}",
    verb="GET",
    integration=RuntimeIntegration(type="MOCK"),
    authorization="CUSTOM",
    authorizer_id="a1",
)
TOKEN = RuntimeAuthorizer(
    authorizer_id="a1",
    name="door",
    type="TOKEN",
    function=FunctionTarget(arn=FUNCTION),
    identity_sources=("method.request.header.Authorization",),
)
STAGE = RuntimeStage(
    api_id="api1234567",
    stage="prod",
    account=ACCOUNT,
    region=REGION,
    deployment_id="d1",
    variables={"colour": "blue"},
    authorizers={"a1": TOKEN},
    keys=(RuntimeKey(key_id="key1", value="abcdefghijklmnopqrstuvwx"),),
)
CALL = Call(
    verb="GET",
    path="/prod/pets/7",
    headers=(("Host", "api1234567.execute-api.us-east-1.amazonaws.com"), ("Authorization", "letmein")),
    request_id="req-1",
    received_ms=NOW_MS,
    source_ip="203.0.113.7",
    tls_version="TLSv1.3",
)


def with_headers(*headers: tuple[str, str], call: Call = CALL) -> Call:
    """The call with these headers besides Host."""
    return msgspec.structs.replace(call, headers=(call.headers[0], *headers))


def policy(effect: str, resource: str = "*", **more: JsonValue) -> JsonObject:
    """A policy of one statement about execute-api:Invoke."""
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource, **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def resource_policy(effect: str, resource: str = "*", principal: JsonValue = "*", **more: JsonValue) -> str:
    """The same as an API's resource policy."""
    return json.dumps(policy(effect, resource, Principal=principal, **more))


def stage_with(authorizer: RuntimeAuthorizer = TOKEN, **changes: object) -> RuntimeStage:
    """The stage with another authorizer, and with other members."""
    return msgspec.structs.replace(STAGE, authorizers={authorizer.authorizer_id: authorizer}, **changes)


class World:
    """Plays the world: answers each effect, and notes it."""

    def __init__(self, answer: Callable[[Effect], Reply]) -> None:
        self._answer = answer
        self.asked: list[Effect] = []
        self.memory = AuthorizationMemory()

    def ask(self, stage: RuntimeStage = STAGE, method: RuntimeMethod = METHOD, call: Call = CALL) -> Verdict:
        """The verdict on one call."""
        request = MethodRequest(stage, method, call)
        steps = authorize(Question(request, build_context(request)), self.memory)
        try:
            effect = next(steps)
            while True:
                self.asked.append(effect)
                effect = steps.send(self._answer(effect))
        except StopIteration as done:
            verdict: Verdict = done.value
            return verdict


def function_world(answer: JsonValue, error: str = "", status: int = 200) -> World:
    """A world whose functions all answer so."""
    payload = json.dumps(answer).encode()
    reply = FunctionReply(status=status, payload=payload, function_error=error, request_id="fn-1", latency_ms=5)
    return World(lambda effect: reply)


def silent_world() -> World:
    """A world in which nothing may be asked."""

    def refuse(effect: Effect) -> Reply:
        raise AssertionError(f"asked {effect}")

    return World(refuse)


def answer_of(document: JsonObject, context: Mapping[str, JsonValue] | None = None, **more: JsonValue) -> JsonObject:
    """An authorizer's answer."""
    found: dict[str, JsonValue] = {"principalId": "user-1", "policyDocument": document, **more}
    return {**found, "context": dict(context)} if context is not None else found


def events(world: World) -> Sequence[JsonObject]:
    """What functions were asked with."""
    return [json.loads(getattr(effect, "payload", b"null")) for effect in world.asked]
