"""Whether a call may pass: the authorizer that the method names, joined with the resource policy, then the API key."""

from collections.abc import Generator

import msgspec

from innergate.plans.runtime import RuntimeAuthorizer, RuntimeKey, RuntimeMethod
from innergate.runtime.authorize.gates import refuse_anonymous
from innergate.runtime.authorize.lambda_authorizer import ask_function, misconfigured
from innergate.runtime.authorize.memory import AuthorizationMemory
from innergate.runtime.authorize.outcome import FORBIDDEN_KEY, THROTTLED, Authorized, Denied, Steps, Verdict, told
from innergate.runtime.authorize.question import Question
from innergate.runtime.authorize.signed_call import ask_policies
from innergate.runtime.authorize.token_authorizer import ask_issuer
from innergate.runtime.exchange.call import Call
from innergate.runtime.exchange.effects import Effect, Reply

__all__ = ["AuthorizationMemory", "Authorized", "Denied", "Question", "Verdict", "authorize", "drops_authorization"]

_KINDS = {"CUSTOM": ("TOKEN", "REQUEST"), "COGNITO_USER_POOLS": ("COGNITO_USER_POOLS",), "JWT": ("JWT",)}
"""Which authorizers each kind of authorization may name."""


def authorize(question: Question, memory: AuthorizationMemory) -> Steps:
    """Asks whom the method says must be asked, then for the API key where the method wants one. Where the kind of
    authorization is unknown or its authorizer is not there, nobody passes. Of an open method the resource policy is asked
    again: Envoy may not have heard yet that it is open, and still leave the policy to this side."""
    verdict = yield from _ask(question, memory)
    if isinstance(verdict, Denied) or not question.method.requires_key:
        return verdict
    return _check_key(question, verdict, memory)


def _ask(question: Question, memory: AuthorizationMemory) -> Generator[Effect, Reply, Verdict]:
    kind = question.method.authorization
    if kind == "NONE":
        return refuse_anonymous(question) or Authorized()
    if kind == "AWS_IAM":
        return ask_policies(question, memory)
    authorizer = question.stage.authorizers.get(question.method.authorizer_id)
    if authorizer is None or authorizer.type not in _KINDS.get(kind, ()):
        return misconfigured("Invalid authorizer")
    return (yield from _ask_authorizer(question, authorizer, memory))


def _ask_authorizer(question: Question, authorizer: RuntimeAuthorizer, memory: AuthorizationMemory) -> Steps:
    if authorizer.type in ("TOKEN", "REQUEST"):
        return (yield from ask_function(question, authorizer, memory))
    return (yield from ask_issuer(question, authorizer, memory))


def _check_key(question: Question, verdict: Authorized, memory: AuthorizationMemory) -> Verdict:
    """The key that the authorizer or the caller named must open the stage. Envoy has looked already where no authorizer comes
    first; then it says which key it was."""
    if question.stage.api_key_source == "AUTHORIZER":
        shown: str | None = verdict.usage_key
    else:
        values = question.request.header_values("x-api-key")
        shown = values[0] if len(values) == 1 else None
    key = memory.find_key(question.stage, shown) if shown else None
    known = question.call.api_key_id
    if key is None or (known and key.key_id != known):
        return _refuse(FORBIDDEN_KEY, verdict, verdict.facts, "API Key is not authorized")
    facts = {**verdict.facts, "identity.apiKeyId": key.key_id}
    if not _may_go_on(question, key, memory):
        return _refuse(THROTTLED, verdict, facts, f"Key throttle check failed for API Key {key.key_id}")
    return msgspec.structs.replace(verdict, key_id=key.key_id, key=key.value, facts=facts)


def _refuse(refusal: Denied, known: Authorized, facts: dict[str, str], line: str) -> Verdict:
    """The refusal of a caller who has been let in so far: gateway responses may say who it is."""
    refused = msgspec.structs.replace(refusal, context=known.context, identity=known.identity)
    return told(refused, facts, *known.log, line)


def _may_go_on(question: Question, key: RuntimeKey, memory: AuthorizationMemory) -> bool:
    """Whether the key's buckets have a token: the method's own by its plan, then the plan's."""
    stage, method, now_ms = question.stage, question.method, question.call.received_ms
    name = (stage.api_id, stage.stage, key.key_id)
    own = method.client_throttles.get(key.key_id)
    if own is not None and not memory.buckets.take((*name, method.resource_id, method.verb), own, now_ms):
        return False
    return key.throttle is None or memory.buckets.take(name, key.throttle, now_ms)


def drops_authorization(method: RuntimeMethod, call: Call) -> bool:
    """Whether the Authorization header must not reach the backend: it holds a signature, or the method asks for one
    (API Gateway Developer Guide, "Important notes")."""
    value = call.header("authorization")
    return value is not None and (method.authorization == "AWS_IAM" or value.startswith("AWS4-"))
