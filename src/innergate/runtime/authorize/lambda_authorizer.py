"""TOKEN and REQUEST authorizers: a function says who calls and what they may invoke (developer guide, "Use API Gateway Lambda
authorizers")."""

import json
from collections.abc import Generator, Mapping

import msgspec

from innergate.plans.runtime import FunctionTarget, RuntimeAuthorizer
from innergate.primitives.bounded_patterns import matches_whole
from innergate.primitives.json_value import JsonValue
from innergate.runtime.authorize.authorizer_answer import AnswerError, AuthorizerAnswer, read_answer
from innergate.runtime.authorize.authorizer_event import request_event, token_event
from innergate.runtime.authorize.gates import decide_authorizer, refuse_early
from innergate.runtime.authorize.identity_sources import single_value, source_values
from innergate.runtime.authorize.memory import AuthorizationMemory
from innergate.runtime.authorize.outcome import (
    AUTHORIZER_CONFIGURATION_ERROR,
    AUTHORIZER_FAILURE,
    UNAUTHORIZED,
    Authorized,
    Denied,
    Steps,
    Verdict,
    access_denied,
    told,
)
from innergate.runtime.authorize.question import Question
from innergate.runtime.exchange.effects import Effect, EffectFailed, FunctionReply, InvokeFunction, Reply
from innergate.runtime.exchange.execution_log import show_body

TIMEOUT_MS = 10_000
"""How long an authorizer may take (API Gateway quotas)."""
DENIED = "User is not authorized to access this resource"


def ask_function(question: Question, authorizer: RuntimeAuthorizer, memory: AuthorizationMemory) -> Steps:
    """What the function says, from memory where it has been asked lately with the same identity sources."""
    early = refuse_early(question)
    if early is not None:
        return told(early, {"authorize.status": "403"})
    lines = [f"Starting authorizer: {authorizer.authorizer_id} for request: {question.call.request_id}"]
    shown = _shown(question, authorizer)
    if shown is None:
        facts = {"authorizer.error": "Unauthorized", "authorizer.status": "401"}
        return told(UNAUTHORIZED, facts, *lines, _unauthorized_line(question))
    lines.append(f"Incoming identity: {', '.join(map(_masked, shown))}")
    is_kept = authorizer.ttl_s > 0 and bool(shown)
    now_ms = question.call.received_ms
    answer = memory.recall(question.stage, authorizer.authorizer_id, shown, now_ms) if is_kept else None
    facts = {}
    if answer is None:
        found = yield from _invoke(question, authorizer, shown, facts, lines)
        if isinstance(found, Denied):
            return told(found, facts, *lines)
        answer = found
        if is_kept:
            ends_at_ms = now_ms + authorizer.ttl_s * 1000
            memory.keep(question.stage, authorizer.authorizer_id, shown, answer, ends_at_ms)
    return told(_judge(question, answer), facts, *lines)


def _shown(question: Question, authorizer: RuntimeAuthorizer) -> tuple[str, ...] | None:
    """The values of the identity sources; None where the function is not even asked."""
    if authorizer.type == "REQUEST":
        return source_values(question, authorizer.identity_sources)
    token = single_value(question, authorizer)
    if token is None or (authorizer.validation and not matches_whole(authorizer.validation, token)):
        return None
    return (token,)


def _unauthorized_line(question: Question) -> str:
    return f"Unauthorized request: {question.call.request_id}"


def _invoke(
    question: Question,
    authorizer: RuntimeAuthorizer,
    shown: tuple[str, ...],
    facts: dict[str, str],
    lines: list[str],
) -> Generator[Effect, Reply, AuthorizerAnswer | Denied]:
    function = authorizer.function
    if function is None or not function.is_allowed:
        return misconfigured(_why_not(function))
    if authorizer.type == "TOKEN":
        event = token_event(question, shown[0])
    else:
        event = request_event(question, authorizer.identity_sources)
    uri = f"https://lambda.{question.stage.region}.amazonaws.com/2015-03-31/functions/{function.arn}/invocations"
    lines += [f"Endpoint request URI: {uri}", f"Sending request to {uri}"]
    reply = yield InvokeFunction(arn=function.arn, payload=event, timeout_ms=TIMEOUT_MS)
    if not isinstance(reply, FunctionReply):
        reason = reply.reason if isinstance(reply, EffectFailed) else "no answer of a function"
        facts |= {"authorizer.error": "Internal server error", "authorizer.status": "500"}
        return _denied(AUTHORIZER_FAILURE, f"Execution failed due to an authorizer error: {reason}")
    latency = str(reply.latency_ms)
    facts |= {
        "authorizer.integrationStatus": str(reply.status),
        "authorizer.integrationLatency": latency,
        "authorizer.latency": latency,
    }
    if reply.request_id:
        facts["authorizer.requestId"] = reply.request_id
    lines.append(f"Authorizer result body before parsing: {show_body(reply.payload)}")
    return _read(question, reply, facts)


def _read(question: Question, reply: FunctionReply, facts: dict[str, str]) -> AuthorizerAnswer | Denied:
    if reply.function_error or reply.status != 200:
        message = _error_message(reply.payload)
        if reply.function_error and message == "Unauthorized":
            facts |= {"authorizer.error": "Unauthorized", "authorizer.status": "401"}
            return _denied(UNAUTHORIZED, _unauthorized_line(question))
        facts |= {"authorizer.error": message or "The authorizer failed", "authorizer.status": "500"}
        return _denied(AUTHORIZER_FAILURE, f"Execution failed due to an authorizer error: {message or reply.status}")
    try:
        return read_answer(reply.payload)
    except AnswerError as error:
        facts |= {"authorizer.error": str(error), "authorizer.status": "500"}
        return misconfigured(f"Invalid JSON in response: {error}")


def _judge(question: Question, answer: AuthorizerAnswer) -> Verdict:
    """The answer's policy for this very method, whatever method it was asked for."""
    decision = decide_authorizer(question, answer.policy)
    lines = (
        f"Using valid authorizer policy for principal: {_masked(answer.principal_id)}",
        "Successfully completed authorizer execution",
    )
    facts = {f"authorizer.{name}": value for name, value in answer.context.items()}
    facts |= {"authorizer.principalId": answer.principal_id, "authorizer.status": "200"}
    context: dict[str, JsonValue] = {**answer.context, "principalId": answer.principal_id}
    if not decision.is_allowed:
        ending = " with an explicit deny" if decision.outcome == "explicit-deny" else ""
        return told(
            msgspec.structs.replace(access_denied(DENIED + ending), context=context),
            {**facts, "authorize.status": "403", "authorize.error": DENIED + ending},
            *lines,
            f"The client is not authorized to perform this operation{ending}.",
        )
    return Authorized(
        context=context,
        principal_id=answer.principal_id,
        usage_key=answer.usage_key,
        policy=answer.policy_text,
        facts={**facts, "authorize.status": "200"},
        log=lines,
    )


def _why_not(function: FunctionTarget | None) -> str:
    if function is None:
        return "The authorizer has no function"
    return "Invalid permissions on Lambda function"


def misconfigured(detail: str) -> Denied:
    """The authorizer is not set up as it must be."""
    return _denied(AUTHORIZER_CONFIGURATION_ERROR, f"Execution failed due to configuration error: {detail}")


def _denied(kind: Denied, line: str) -> Denied:
    verdict = told(kind, {}, line)
    assert isinstance(verdict, Denied)
    return verdict


def _masked(text: str) -> str:
    """As AWS shows secrets: the last six characters, of a short one less than half."""
    kept = min(6, len(text) // 2)
    return "*" * (len(text) - kept) + text[len(text) - kept :]


def _error_message(payload: bytes) -> str:
    """`errorMessage` of a failed function."""
    try:
        error: JsonValue = json.loads(payload)
    except (ValueError, RecursionError):
        return ""
    message = error.get("errorMessage") if isinstance(error, Mapping) else None
    return message if isinstance(message, str) else ""
