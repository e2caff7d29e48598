"""COGNITO_USER_POOLS and JWT: tokens that an issuer has signed, checked with the keys that it publishes."""

import json
from collections.abc import Generator, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from innergate.plans.name_caches import refused_ranges
from innergate.plans.runtime import RequiredClaim, RuntimeAuthorizer, TokenIssuer
from innergate.primitives.bounded_patterns import matches_whole
from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.runtime.authorize.gates import refuse_anonymous
from innergate.runtime.authorize.identity_sources import single_value
from innergate.runtime.authorize.memory import AuthorizationMemory
from innergate.runtime.authorize.outcome import UNAUTHORIZED, Authorized, Steps, Verdict, told
from innergate.runtime.authorize.question import Question
from innergate.runtime.authorize.web_token import (
    Keys,
    Token,
    TokenError,
    TokenExpired,
    claim_texts,
    read_keys,
    read_token,
    scopes_of,
    verify_token,
)
from innergate.runtime.exchange.effects import Effect, FetchKeys, HttpReply, Reply

KEYS_AGE_S = 3600
REFETCH_AGE_S = 30
"""An unknown key id asks the issuer again, but not more often than this: anybody can make up key ids."""
SILENCE_MS = 5_000
"""How long an issuer that did not answer is not asked again."""
EXPIRED_TEXT = "The incoming token has expired"
_POOL_ALGORITHMS = ("RS256",)


def ask_issuer(question: Question, authorizer: RuntimeAuthorizer, memory: AuthorizationMemory) -> Steps:
    """Whether the caller's token is good and says what the method asks for; then the resource policy by itself."""
    try:
        claims = yield from _check(question, authorizer, memory)
    except TokenExpired as error:
        return _unauthorized(EXPIRED_TEXT, str(error))
    except TokenError as error:
        return _unauthorized("Unauthorized", str(error))
    texts = claim_texts(claims)
    facts = {f"authorizer.claims.{name}": value for name, value in texts.items()}
    facts["authorizer.status"] = "200"
    refused = refuse_anonymous(question)
    if refused is not None:
        return told(refused, {**facts, "authorize.status": "403"})
    return Authorized(context={"claims": texts}, facts=facts)


class _Fetcher(NamedTuple):
    """Fetches public documents of issuers. One that does not answer is left alone for a while, so that calls do not wait;
    asking it anew in vain does not keep what is known from being used."""

    question: Question
    memory: AuthorizationMemory

    def fetch(self, url: str, max_age_s: int) -> Generator[Effect, Reply, bytes]:
        """The document. Raises TokenError."""
        now_ms = self.question.call.received_ms
        if not _may_reach(url, self.question.stage.reaches_loopback):
            raise TokenError(f"{url} leads where nobody may look")
        name = f"{max_age_s} {url}"
        if self.memory.silent_until_ms.get(name, 0) > now_ms:
            raise TokenError(f"{url} did not answer a moment ago")
        reply = yield FetchKeys(url=url, max_age_s=max_age_s)
        if not isinstance(reply, HttpReply) or reply.status != 200:
            self.memory.note_silence(name, now_ms + SILENCE_MS)
            raise TokenError(f"{url} does not answer")
        return reply.body


def _check(
    question: Question, authorizer: RuntimeAuthorizer, memory: AuthorizationMemory
) -> Generator[Effect, Reply, JsonObject]:
    shown = single_value(question, authorizer)
    if shown is None:
        raise TokenError("there is no token")
    is_pool = authorizer.type == "COGNITO_USER_POOLS"
    token = read_token(shown, _POOL_ALGORITHMS if is_pool else authorizer.algorithms)
    known = [TokenIssuer(issuer=url) for url in authorizer.issuers] if is_pool else authorizer.token_issuers
    issuer = next((item for item in known if item.issuer == token.claims.get("iss")), None)
    if issuer is None:
        raise TokenError("its issuer is not one of the authorizer's")
    keys_of = _Fetcher(question, memory)
    if is_pool:
        key = yield from _find_key(keys_of, token, f"{issuer.issuer.rstrip('/')}/.well-known/jwks.json")
    else:
        key = yield from _find_key(keys_of, token, (yield from _discover(keys_of, issuer.issuer)))
    verify_token(token, key, question.call.received_ms / 1000)
    if is_pool:
        _check_pool_token(question, authorizer, token.claims, issuer.issuer)
    else:
        _check_audience(issuer, token.claims)
        _check_claims(issuer.claims, token.claims)
        _check_scopes(question.method.scopes, token.claims)
    return token.claims


def _find_key(keys_of: _Fetcher, token: Token, url: str) -> Generator[Effect, Reply, JsonObject]:
    """The issuer's key that the token names; asks the issuer once more where it is not known yet."""
    for age_s in (KEYS_AGE_S, REFETCH_AGE_S):
        keys: Keys = read_keys((yield from keys_of.fetch(url, age_s)))
        if token.key_id in keys:
            return keys[token.key_id]
    raise TokenError("its issuer does not know its key")


def _discover(keys_of: _Fetcher, issuer: str) -> Generator[Effect, Reply, str]:
    """Where the issuer publishes its keys (OpenID Connect Discovery 1.0, section 4)."""
    body = yield from keys_of.fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration", KEYS_AGE_S)
    try:
        document: JsonValue = json.loads(body)
    except (ValueError, RecursionError):
        raise TokenError("the issuer's configuration is no JSON") from None
    if not isinstance(document, Mapping) or document.get("issuer") != issuer:
        raise TokenError("the issuer's configuration names another issuer")
    url = document.get("jwks_uri")
    if not isinstance(url, str) or (issuer.startswith("https:") and not url.startswith("https:")):
        raise TokenError("the issuer's configuration says nothing of keys")
    return url


def _may_reach(url: str, allows_loopback: bool) -> bool:
    """Whether a literal address is none of those that nothing reaches over the host's network; what names lead to is looked at
    when they are resolved."""
    try:
        parts = urlsplit(url)
        address = ip_address(parts.hostname or "")
    except ValueError:
        return url.isascii() and url.startswith(("https://", "http://"))
    return not any(address in ip_network(text) for text in refused_ranges(allows_loopback))


def _check_pool_token(question: Question, authorizer: RuntimeAuthorizer, claims: JsonObject, issuer: str) -> None:
    """A method with scopes takes access tokens, one without ID tokens. The validation expression is about `aud`, which only
    ID tokens have. Issuers other than Amazon's need not say what a token is for."""
    use = claims.get("token_use")
    host = urlsplit(issuer).hostname or ""
    is_amazons = host.startswith("cognito-idp.") and host.endswith((".amazonaws.com", ".amazonaws.com.cn"))
    wanted = "access" if question.method.scopes else "id"
    if use != wanted and (is_amazons or use is not None):
        raise TokenError(f"the method takes {wanted} tokens")
    if authorizer.validation:
        audience = claims.get("aud")
        if not isinstance(audience, str) or not matches_whole(authorizer.validation, audience):
            raise TokenError("its audience does not match")
    _check_scopes(question.method.scopes, claims)


def _check_scopes(wanted: Sequence[str], claims: JsonObject) -> None:
    if wanted and not scopes_of(claims) & set(wanted):
        raise TokenError("it has none of the method's scopes")


def _check_audience(issuer: TokenIssuer, claims: JsonObject) -> None:
    found = claims.get("aud")
    names = [found] if isinstance(found, str) else found
    if not isinstance(names, Sequence) or not set(issuer.audiences) & {n for n in names if isinstance(n, str)}:
        raise TokenError("the token does not have a valid audience")


def _check_claims(wanted: Sequence[RequiredClaim], claims: JsonObject) -> None:
    for claim in wanted:
        value = claims.get(claim.name)
        if value is None and not claim.is_required:
            continue
        if not isinstance(value, str) or (claim.values and value not in claim.values):
            raise TokenError(f"its claim {claim.name} is not as it must be")


def _unauthorized(message: str, reason: str) -> Verdict:
    refused = msgspec.structs.replace(UNAUTHORIZED, message=message)
    facts = {"authorizer.error": message, "authorizer.status": "401"}
    return told(refused, facts, f"Unauthorized request: {reason}")
