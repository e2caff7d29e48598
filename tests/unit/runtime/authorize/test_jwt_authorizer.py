"""Authorizers of type JWT: tokens of issuers of an account's own."""

import msgspec
import pytest
from tests.unit.runtime.authorize.issued_tokens import (
    CURVE,
    ID_CLAIMS,
    ISSUER,
    JWT,
    OWN,
    OWN_CLAIMS,
    POOL,
    RSA,
    PrivateKey,
    ask,
    is_refused,
    issuer_world,
    signed,
)

from innergate.plans.runtime import RequiredClaim
from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.runtime.authorize.verdict import Authorized
from innergate.runtime.exchange.effects import FetchKeys

# ---- JWT


@pytest.mark.parametrize(("key", "algorithm", "kid"), [(RSA, "RS256", "k1"), (CURVE, "ES256", "k2")])
def test_a_jwt_of_an_own_issuer_passes(key: PrivateKey, algorithm: str, kid: str) -> None:
    world = issuer_world()
    found = ask(signed(OWN_CLAIMS, key, algorithm, kid=kid), JWT, world, scopes=("read",))
    assert isinstance(found, Authorized)
    assert found.facts["authorizer.claims.sub"] == "u-2"
    assert [effect.url for effect in world.asked if isinstance(effect, FetchKeys)] == [
        f"{OWN}/.well-known/openid-configuration",
        f"{OWN}/keys",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "other"},
        {"aud": []},
        {"aud": None},
        {"aud": {"web": 1}},
        {"scp": ["write"]},
        {"scp": None},
        {"iss": ISSUER},
    ],
)
def test_jwts_that_are_for_others(changes: JsonObject) -> None:
    claims = {name: value for name, value in {**OWN_CLAIMS, **changes}.items() if value is not None}
    assert is_refused(ask(signed(claims), JWT, scopes=("read",)))


@pytest.mark.parametrize(
    "configuration",
    [
        {"issuer": "https://other.example.com", "jwks_uri": "https://other.example.com/k"},
        {"issuer": OWN},
        {"issuer": OWN, "jwks_uri": "http://id.example.com/keys"},
        b"no json",
        [],
    ],
)
def test_configurations_that_say_nothing(configuration: JsonValue) -> None:
    assert is_refused(ask(signed(OWN_CLAIMS), JWT, issuer_world(configuration=configuration)))


@pytest.mark.parametrize(
    "url",
    [
        "https://169.254.169.254/latest",
        "https://127.0.0.1:8443/keys",
        "https://[::1]/keys",
        "https://[fe80::1]/keys",
        "https://0.0.0.0/keys",
        "file:///etc/passwd",
        "https:",
    ],
)
def test_an_issuer_cannot_lead_to_the_gateways_own_machine(url: str) -> None:
    world = issuer_world(configuration={"issuer": OWN, "jwks_uri": url})
    assert is_refused(ask(signed(OWN_CLAIMS), JWT, world))
    assert len(world.asked) == 1


def test_an_operator_may_let_it() -> None:
    here = "http://127.0.0.1:9229/pool"
    authorizer = msgspec.structs.replace(POOL, issuers=(here,))
    token = signed({**ID_CLAIMS, "iss": here})
    assert is_refused(ask(token, authorizer))
    assert isinstance(ask(token, authorizer, reaches_loopback=True), Authorized)


@pytest.mark.parametrize(
    ("wanted", "passes"),
    [
        (RequiredClaim(name="team"), True),
        (RequiredClaim(name="team", values=("red", "blue")), True),
        (RequiredClaim(name="team", values=("blue",)), False),
        (RequiredClaim(name="room"), False),
        (RequiredClaim(name="room", is_required=False, values=("7",)), True),
        (RequiredClaim(name="aud"), False),
    ],
)
def test_additional_claims(wanted: RequiredClaim, passes: bool) -> None:
    issuer = msgspec.structs.replace(JWT.token_issuers[0], claims=(wanted,))
    authorizer = msgspec.structs.replace(JWT, token_issuers=(issuer,))
    assert isinstance(ask(signed(OWN_CLAIMS), authorizer), Authorized) is passes


def test_an_algorithm_that_the_authorizer_does_not_list_is_refused() -> None:
    authorizer = msgspec.structs.replace(JWT, algorithms=("RS256",))
    assert is_refused(ask(signed(OWN_CLAIMS, CURVE, "ES256", kid="k2"), authorizer))
    nothing = msgspec.structs.replace(JWT, algorithms=())
    assert is_refused(ask(signed(OWN_CLAIMS), nothing))
