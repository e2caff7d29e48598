"""Tries a method or an authorizer as control asks: the same exchange as a client's, with its log."""

import time

import msgspec

from innergate.plans.runtime import TEST_STAGE, RuntimeIntegration, RuntimeMethod, RuntimeStage
from innergate.plans.trials import AuthorizerTrial, AuthorizerTried, MethodTrial, MethodTried
from innergate.primitives.json_value import JsonValue
from innergate.runtime.authorize.memory import AuthorizationMemory
from innergate.runtime.authorize.outcome import Authorized
from innergate.runtime.authorize.question import Question
from innergate.runtime.authorize.verdict import authorize
from innergate.runtime.exchange.call import Answer, Call, Headers
from innergate.runtime.exchange.context_values import build_context
from innergate.runtime.exchange.drive import Perform, drive, run_steps
from innergate.runtime.exchange.exchange_state import Circumstances
from innergate.runtime.exchange.method_request import MethodRequest

_DOMAIN = "testPrefix.testDomainName"
_AUTHORIZATIONS = {"COGNITO_USER_POOLS": "COGNITO_USER_POOLS", "JWT": "JWT"}


async def try_method(stage: RuntimeStage, trial: MethodTrial, perform: Perform) -> MethodTried | None:
    """What the method answers; None where there is no such method."""
    method = stage.methods.get(trial.method)
    if method is None:
        return None
    caller = trial.caller
    call = Call(
        verb=trial.verb,
        path=f"/{TEST_STAGE}{trial.path}",
        query=trial.query,
        headers=trial.headers,
        body=trial.body.encode(),
        request_id=trial.request_id,
        received_ms=trial.received_ms,
        source_ip=caller.get("sourceIp", ""),
        api_key_id=caller.get("apiKeyId", ""),
        domain_name=_DOMAIN,
    )
    began = time.monotonic()
    answer = await drive(stage, method, call, perform, Circumstances(is_test=True, identity=caller))
    return MethodTried(
        status=answer.status,
        headers=_shown_headers(stage, answer),
        body=answer.body.decode("utf-8", "replace"),
        latency_ms=_since(began),
        log=answer.log,
    )


async def try_authorizer(stage: RuntimeStage, trial: AuthorizerTrial, perform: Perform) -> AuthorizerTried | None:
    """What the authorizer says, whatever the API's resource policy; None where there is no such one. Nothing is remembered."""
    authorizer = stage.authorizers.get(trial.authorizer)
    if authorizer is None:
        return None
    method = RuntimeMethod(
        resource_id="",
        path=trial.path,
        verb="GET",
        integration=RuntimeIntegration(type="MOCK"),
        authorization=_AUTHORIZATIONS.get(authorizer.type, "CUSTOM"),
        authorizer_id=trial.authorizer,
    )
    call = Call(
        verb="GET",
        path=f"/{TEST_STAGE}{trial.path}",
        query=trial.query,
        headers=trial.headers,
        body=trial.body.encode(),
        request_id=trial.request_id,
        received_ms=trial.received_ms,
        domain_name=_DOMAIN,
    )
    open_stage = msgspec.structs.replace(stage, policy="", is_private=False, endpoint_policies={})
    request = MethodRequest(open_stage, method, call)
    began = time.monotonic()
    verdict = await run_steps(authorize(Question(request, build_context(request)), AuthorizationMemory()), perform)
    if not isinstance(verdict, Authorized):
        return AuthorizerTried(status=verdict.status, latency_ms=_since(began), log=verdict.log)
    claims = verdict.context.get("claims")
    return AuthorizerTried(
        status=0,
        principal=verdict.principal_id,
        policy=verdict.policy,
        context={name: [_text(value)] for name, value in verdict.context.items() if name != "claims"},
        claims={name: _text(value) for name, value in claims.items()} if isinstance(claims, dict) else {},
        latency_ms=_since(began),
        log=verdict.log,
    )


def _shown_headers(stage: RuntimeStage, answer: Answer) -> Headers:
    """AWS shows the error's type alone where the gateway answers by its defaults."""
    if "error.responseType" not in answer.facts or stage.gateway_responses:
        return answer.headers
    return tuple(pair for pair in answer.headers if pair[0].lower() != "content-type")


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
