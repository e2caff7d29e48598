"""Who may call a method: asked before anything of the method runs."""

from collections.abc import Generator

from innergate.plans.usage import usage_document_name
from innergate.runtime.authorize.memory import AuthorizationMemory
from innergate.runtime.authorize.question import Question
from innergate.runtime.authorize.verdict import Authorized, Denied, authorize
from innergate.runtime.exchange.effects import CallCounted, CountCall, Effect, Reply
from innergate.runtime.exchange.exchange_state import Exchange
from innergate.runtime.exchange.gateway_failures import FAILURE_TYPES, GatewayFailure


def admit(exchange: Exchange) -> Generator[Effect, Reply, None]:
    """Returns where the caller may pass, and adds to `$context` who that is. Raises GatewayFailure."""
    method, log = exchange.method, exchange.log
    if exchange.around.is_test:
        return
    if log.has_info:
        log.info(f"Extended Request Id: {exchange.call.request_id[:16]}")
    stage = exchange.stage
    if method.authorization != "NONE" or method.requires_key or stage.policy or stage.is_private:
        memory = exchange.around.memory or AuthorizationMemory()
        verdict = yield from authorize(Question(exchange.request, exchange.context), memory)
        if verdict.facts:
            exchange.facts.update(verdict.facts)
        if isinstance(verdict, Denied):
            for line in verdict.log[:-1]:
                log.info(line)
            if verdict.context:
                exchange.context["authorizer"] = dict(verdict.context)
            exchange.context["identity"].update(verdict.identity)
            raise _refusal(verdict)
        for line in verdict.log:
            log.info(line)
        _introduce(exchange, verdict)
        if verdict.key_id and method.requires_key and not exchange.call.api_key_id:
            yield from _count(exchange, verdict.key_id)
    if log.has_info:
        _log_usage_plan(exchange)


def _count(exchange: Exchange, key_id: str) -> Generator[Effect, Reply, None]:
    """Envoy counts the calls of keys that it checks itself; this is for those that only a worker knows."""
    stage = exchange.stage
    reply = yield CountCall(document=usage_document_name(stage.api_id, stage.stage), key_id=key_id)
    if isinstance(reply, CallCounted) and not reply.is_within:
        raise GatewayFailure("QUOTA_EXCEEDED", log="Key quota exceeded")


def _refusal(denied: Denied) -> GatewayFailure:
    response_type = denied.response_type if denied.response_type in FAILURE_TYPES else "ACCESS_DENIED"
    failure = GatewayFailure(
        response_type,
        status=denied.status,
        error_type=denied.error_type,
        member=denied.member,
        log=denied.log[-1] if denied.log else "",
    )
    failure.message = denied.message
    return failure


def _introduce(exchange: Exchange, caller: Authorized) -> None:
    context = exchange.context
    if caller.context or caller.principal_id:
        context["authorizer"] = dict(caller.context)
        if caller.principal_id:
            context["authorizer"].setdefault("principalId", caller.principal_id)
    context["identity"].update(caller.identity)
    if caller.key_id:
        context["identity"]["apiKeyId"] = caller.key_id
        context["identity"]["apiKey"] = caller.key


def _log_usage_plan(exchange: Exchange) -> None:
    stage, log = exchange.stage, exchange.log
    key = exchange.context["identity"].get("apiKey", "")
    shown = "*" * max(len(key) - 6, 0) + key[-6:]
    api_stage = f"{stage.api_id}/{stage.stage}"
    log.info(f"Verifying Usage Plan for request: {exchange.call.request_id}. API Key: {shown} API Stage: {api_stage}")
    if not exchange.method.requires_key:
        log.info(
            f"API Key {shown} authorized because method '{exchange.call.verb} {exchange.method.path}' does not require "
            "API Key. Request will not contribute to throttle or quota limits"
        )
    log.info(f"Usage Plan check succeeded for API Key {shown} and API Stage {api_stage}")
