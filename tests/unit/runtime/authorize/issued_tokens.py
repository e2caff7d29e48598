"""Issuers with their keys, tokens that they and strangers sign, and authorizers that are asked about them."""

import json
from typing import TypeAlias

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from tests.unit.runtime.authorize.questions import (
    METHOD,
    NOW_MS,
    World,
    stage_with,
    with_headers,
)

from innergate.plans.runtime import RuntimeAuthorizer, TokenIssuer
from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.runtime.authorize.verdict import Denied, Verdict
from innergate.runtime.exchange.effects import Effect, FetchKeys, HttpReply, Reply

ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEf123"
OWN = "https://id.example.com/realms/a"
NOW = NOW_MS // 1000
PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | str | bytes

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVE = ec.generate_private_key(ec.SECP256R1())

POOL = RuntimeAuthorizer(
    authorizer_id="a1",
    name="pool",
    type="COGNITO_USER_POOLS",
    issuers=(ISSUER,),
    identity_sources=("method.request.header.Authorization",),
)
JWT = RuntimeAuthorizer(
    authorizer_id="a1",
    name="issuer",
    type="JWT",
    token_issuers=(TokenIssuer(issuer=OWN, audiences=("app", "web")),),
    algorithms=("RS256", "ES256"),
    identity_sources=("method.request.header.Authorization",),
)
POOL_METHOD = msgspec.structs.replace(METHOD, authorization="COGNITO_USER_POOLS")
JWT_METHOD = msgspec.structs.replace(METHOD, authorization="JWT")


def jwk(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, **more: JsonValue) -> dict[str, JsonValue]:
    public = private.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        found = jwt.algorithms.RSAAlgorithm.to_jwk(public, as_dict=True)
    else:
        found = jwt.algorithms.ECAlgorithm.to_jwk(public, as_dict=True)
    found.pop("key_ops", None)
    return {**found, **more}


KEYS: JsonObject = {"keys": [jwk(RSA, kid="k1", use="sig", alg="RS256"), jwk(CURVE, kid="k2", use="sig")]}
ID_CLAIMS: JsonObject = {
    "iss": ISSUER,
    "sub": "u-1",
    "aud": "client1",
    "token_use": "id",
    "exp": NOW + 600,
    "iat": NOW - 60,
    "email": "ann@example.com",
    "email_verified": True,
    "cognito:groups": ["a", "b"],
}
ACCESS_CLAIMS: JsonObject = {
    "iss": ISSUER,
    "sub": "u-1",
    "token_use": "access",
    "scope": "pets/read pets/write",
    "client_id": "client1",
    "exp": NOW + 600,
}
OWN_CLAIMS: JsonObject = {
    "iss": OWN,
    "sub": "u-2",
    "aud": ["web", "x"],
    "exp": NOW + 600,
    "scp": ["read"],
    "team": "red",
}


def signed(claims: JsonObject, key: PrivateKey = RSA, algorithm: str = "RS256", **header: JsonValue) -> str:
    return jwt.api_jws.encode(json.dumps(claims).encode(), key, algorithm, headers={"kid": "k1", **header})


def issuer_world(keys: JsonValue = KEYS, configuration: JsonValue = None, status: int = 200) -> World:
    discovered = configuration if configuration is not None else {"issuer": OWN, "jwks_uri": f"{OWN}/keys"}

    def answer(effect: Effect) -> Reply:
        assert isinstance(effect, FetchKeys)
        found = discovered if effect.url.endswith("/openid-configuration") else keys
        return HttpReply(status=status, body=found if isinstance(found, bytes) else json.dumps(found).encode())

    return World(answer)


def ask(
    token: str,
    authorizer: RuntimeAuthorizer = POOL,
    world: World | None = None,
    scopes: tuple[str, ...] = (),
    **stage: object,
) -> Verdict:
    method = POOL_METHOD if authorizer.type == "COGNITO_USER_POOLS" else JWT_METHOD
    method = msgspec.structs.replace(method, scopes=scopes)
    call = with_headers(("Authorization", token))
    return (world or issuer_world()).ask(stage_with(authorizer, **stage), method, call)


def is_refused(verdict: Verdict, message: str = "Unauthorized") -> bool:
    assert isinstance(verdict, Denied)
    assert (verdict.response_type, verdict.status, verdict.error_type) == ("UNAUTHORIZED", 401, "UnauthorizedException")
    return verdict.message == message
