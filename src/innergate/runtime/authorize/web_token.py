"""JSON Web Tokens: read, checked against an issuer's keys, within their time (RFC 7515, 7517, 7519; BCP 225).

Only public-key algorithms are known here, and the caller says which; nothing in a token chooses where its key comes from.
"""

import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import jwt

from innergate.primitives.json_value import JsonObject, JsonValue

MAX_TOKEN_CHARS = 16_384
MAX_KEYS_BYTES = 150_000
"""The longest key set that is read (developer guide, "JWT authorizers")."""
MAX_KEYS = 100
ALGORITHMS: Mapping[str, str] = {
    "RS256": "RSA",
    "RS384": "RSA",
    "RS512": "RSA",
    "ES256": "EC",
    "ES384": "EC",
    "ES512": "EC",
}
"""What a key must be for each algorithm that there is."""
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_PUBLIC: Mapping[str, frozenset[str]] = {"RSA": frozenset({"kty", "n", "e"}), "EC": frozenset({"kty", "crv", "x", "y"})}
"""What of a key is read. From private parts the rest would be worked out, for hours where the numbers are long."""
MIN_RSA_BITS = 2048
MAX_NUMBER_CHARS = 16_384 // 6 + 1
"""Of a key's numbers in base64: OpenSSL takes no longer ones."""


class TokenError(Exception):
    """The token is not to be trusted. The message is for logs."""


class TokenExpired(TokenError):
    """It was good once."""


class Token(NamedTuple):
    """A token taken apart. Nothing in it is proven until `verify_token` has returned."""

    text: str
    algorithm: str
    key_id: str
    claims: JsonObject


Keys: TypeAlias = Mapping[str, JsonObject]
"""An issuer's keys (JWK) by `kid`."""


def read_token(text: str, algorithms: Sequence[str]) -> Token:
    """The token in `text`, with or without "Bearer ". Raises TokenError."""
    scheme, _, rest = text.strip().partition(" ")
    text = rest.strip() if scheme.lower() == "bearer" and rest else text.strip()
    if len(text) > MAX_TOKEN_CHARS or text.count(".") != 2:
        raise TokenError("it is no signed token")
    header = _decode_object(_part(text, 0), "header")
    algorithm, key_id = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in algorithms or algorithm not in ALGORITHMS:
        raise TokenError(f"its algorithm is not one of {', '.join(algorithms)}")
    if not isinstance(key_id, str) or not key_id:
        raise TokenError("it names no key")
    if "crit" in header or "b64" in header:
        raise TokenError("its header asks for what is not understood here")
    return Token(text, algorithm, key_id, _decode_object(_part(text, 1), "payload"))


def _part(text: str, index: int) -> bytes:
    try:
        return jwt.utils.base64url_decode(text.split(".")[index])
    except ValueError:
        raise TokenError("it is no base64") from None


def _decode_object(raw: bytes, name: str) -> JsonObject:
    try:
        value: JsonValue = json.loads(raw, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise TokenError(f"its {name} is no JSON") from None
    if not isinstance(value, Mapping):
        raise TokenError(f"its {name} is no object")
    return value


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is there twice")
    return found


@lru_cache(maxsize=256)
def read_keys(body: bytes) -> Keys:
    """The keys in an issuer's key set that can prove signatures. Raises TokenError."""
    if len(body) > MAX_KEYS_BYTES:
        raise TokenError("the issuer's key set is too large")
    listed = _decode_object(body, "key set").get("keys")
    if not isinstance(listed, list) or len(listed) > MAX_KEYS:
        raise TokenError("the issuer's key set has no keys, or too many")
    return {
        key["kid"]: key
        for key in listed
        if isinstance(key, Mapping) and isinstance(key.get("kid"), str) and key.get("use", "sig") == "sig"
    }


def verify_token(token: Token, key: JsonObject, now_s: float) -> None:
    """Nothing, if the holder of `key` signed the token and its time is now. Raises TokenError, TokenExpired."""
    if key.get("kty") != ALGORITHMS[token.algorithm] or key.get("alg", token.algorithm) != token.algorithm:
        raise TokenError("its key is for another algorithm")
    if key.get("crv") != _CURVES.get(token.algorithm):
        raise TokenError("its key is on another curve")
    public = {name: value for name, value in key.items() if name in _PUBLIC[ALGORITHMS[token.algorithm]]}
    if any(isinstance(value, str) and len(value) > MAX_NUMBER_CHARS for value in public.values()):
        raise TokenError("its key is too long")
    try:
        prepared = _public_key(json.dumps(public, sort_keys=True), token.algorithm)
        jwt.PyJWS(algorithms=[token.algorithm]).decode(token.text, prepared, algorithms=[token.algorithm])
    except (jwt.PyJWTError, ValueError):
        raise TokenError("its signature is not good") from None
    _check_time(token.claims, now_s)


@lru_cache(maxsize=1024)
def _public_key(text: str, algorithm: str) -> jwt.PyJWK:
    key = jwt.PyJWK(json.loads(text), algorithm)
    if key.key_type == "RSA" and getattr(key.key, "key_size", 0) < MIN_RSA_BITS:
        raise TokenError("its key is too short")
    return key


def _check_time(claims: JsonObject, now_s: float) -> None:
    expires = _instant(claims, "exp")
    if expires is None:
        raise TokenError("it never expires")
    if expires <= now_s:
        raise TokenExpired("the token has expired")
    for name in ("nbf", "iat"):
        starts = _instant(claims, name)
        if starts is not None and starts > now_s + (SKEW_S if name == "iat" else 0):
            raise TokenError(f"its time ({name}) has not come")


SKEW_S = 60
"""How far an issuer's clock may be ahead."""


def _instant(claims: JsonObject, name: str) -> float | None:
    value = claims.get(name)
    if value is None and name not in claims:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise TokenError(f"its {name} is no time")
    return value


def scopes_of(claims: JsonObject) -> frozenset[str]:
    """The scopes that a token has been given, from `scope` (a text) or `scp` (a text or a list)."""
    found: set[str] = set()
    for name in ("scope", "scp"):
        value = claims.get(name)
        if isinstance(value, str):
            found.update(value.split())
        elif isinstance(value, Sequence):
            found.update(item for item in value if isinstance(item, str))
    return frozenset(found)


def claim_texts(claims: JsonObject) -> dict[str, str]:
    """The claims as `$context.authorizer.claims.…` shows them: texts, lists joined by commas, without line ends."""
    return {name: text for name, value in claims.items() if (text := _text(value)).isprintable() or not text}


def _text(value: JsonValue) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Sequence) and all(isinstance(item, (str, int)) for item in value):
        return ",".join(_text(item) for item in value)
    return json.dumps(value, separators=(",", ":"))
