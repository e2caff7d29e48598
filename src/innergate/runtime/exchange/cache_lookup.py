"""The stage's cache, asked before the integration (developer guide, "Cache settings for REST APIs")."""

import json
from typing import NamedTuple

from innergate.runtime.authorize.question import Question
from innergate.runtime.authorize.signed_call import INVALIDATE, may_invalidate_cache
from innergate.runtime.exchange.exchange_state import Exchange
from innergate.runtime.exchange.expressions import BodyIsNoJson, request_value
from innergate.runtime.exchange.gateway_failures import GatewayFailure
from innergate.runtime.exchange.integration_reply import MethodAnswer
from innergate.runtime.exchange.stage_cache import CacheKey

DEFAULT_TTL_S = 300

_MAX_TTL_S = 3600
_PARTIAL = 206
_REQUIRES = "caching/requireAuthorizationForCacheControl"
_STRATEGY = "caching/unauthorizedCacheControlHeaderStrategy"
_WARNING = ("Warning", "199 Cache-control headers were ignored because the caller was unauthorized.")


class Entry(NamedTuple):
    """A call's place in the cache. `answer` is what is there; `is_warned`: the client wanted it anew and may not."""

    key: CacheKey
    ttl_s: int
    answer: MethodAnswer | None
    is_warned: bool = False

    def marked(self, answer: MethodAnswer) -> MethodAnswer:
        """The answer, with the warning where the client gets one."""
        return answer._replace(headers=(*answer.headers, _WARNING)) if self.is_warned else answer


def find_entry(exchange: Exchange) -> Entry | None:
    """None where the answer is neither looked up nor kept. Raises GatewayFailure where the client may not ask for it anew, and
    the owner wants that to fail."""
    settings, cache = exchange.method.settings, exchange.around.cache
    if cache is None or not exchange.stage.has_cache or settings.get("caching/enabled") is not True:
        return None
    ttl_s = min(int(settings.get("caching/ttlInSeconds", DEFAULT_TTL_S)), _MAX_TTL_S)
    is_taken = exchange.call.verb in ("GET", exchange.method.verb) and not exchange.method.integration.streams
    if not is_taken or exchange.around.is_test or ttl_s <= 0:
        return None
    key = _key(exchange)
    is_warned = False
    if _wants_anew(exchange):
        if settings.get(_REQUIRES, True) is False or _may_invalidate(exchange):
            cache.forget(key)
        else:
            is_warned = _refuse(exchange)
    answer = cache.find(key, exchange.call.received_ms)
    exchange.facts["cache"] = "miss" if answer is None else "hit"
    entry = Entry(key, ttl_s, None, is_warned)
    return entry if answer is None else entry._replace(answer=entry.marked(answer))


def keep_answer(exchange: Exchange, entry: Entry, answer: MethodAnswer) -> None:
    """Keeps what succeeded, and is whole: a part that one client has asked for by Range is nobody else's answer."""
    cache = exchange.around.cache
    if cache is not None and 200 <= answer.status < 300 and answer.status != _PARTIAL:
        cache.keep(entry.key, answer, exchange.call.received_ms + entry.ttl_s * 1000)


def _key(exchange: Exchange) -> CacheKey:
    """Everything that makes answers differ as far as the owner has said so: cache key parameters, and nothing else of the
    request. Resources with one cache namespace share their answers (botocore: Integration.cacheNamespace), and a canary has the
    stage's where it is told to (CanarySettings.useStageCache). What is missing, and a list of values, is no text that a client
    could send in its place."""
    stage, method = exchange.stage, exchange.method
    deployment = stage.shared_cache_of or stage.deployment_id
    is_apart = exchange.around.is_canary and not stage.shared_cache_of
    parts = [stage.api_id, stage.stage, deployment, stage.cache_flushed_at, str(is_apart)]
    parts += [method.integration.cache_namespace or method.resource_id, method.verb]
    for name in method.integration.cache_keys:
        source = method.integration.parameters.get(name, "") if name.startswith("integration.request.") else name
        try:
            value = request_value(exchange, source)
        except BodyIsNoJson:
            value = None
        parts.append(f"{name}={json.dumps(value)}")
    return tuple(parts)


def _wants_anew(exchange: Exchange) -> bool:
    wanted = (exchange.request.header("cache-control") or "").replace(" ", "").lower().split(",")
    return "max-age=0" in wanted


def _may_invalidate(exchange: Exchange) -> bool:
    memory = exchange.around.memory
    if memory is None or exchange.method.authorization != "AWS_IAM":
        return False
    return may_invalidate_cache(Question(exchange.request, exchange.context), memory)


def _refuse(exchange: Exchange) -> bool:
    """Whether the client is warned."""
    strategy = exchange.method.settings.get(_STRATEGY, "SUCCEED_WITH_RESPONSE_HEADER")
    if strategy == "FAIL_WITH_403":
        arn = Question(exchange.request, exchange.context).shown_arn
        who = exchange.context["identity"].get("userArn") or "anonymous"
        text = f"User: {who} is not authorized to perform: {INVALIDATE} on resource: {arn}"
        raise GatewayFailure("ACCESS_DENIED", message=text, log=text)
    return strategy == "SUCCEED_WITH_RESPONSE_HEADER"
