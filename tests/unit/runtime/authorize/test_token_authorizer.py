"""User pools and JWT issuers: which tokens are good, where keys come from, what a token must say."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.unit.runtime.authorize.issued_tokens import (
    ACCESS_CLAIMS,
    CURVE,
    ID_CLAIMS,
    ISSUER,
    JWT,
    KEYS,
    NOW,
    OWN,
    OWN_CLAIMS,
    POOL,
    POOL_METHOD,
    RSA,
    STRANGER,
    ask,
    is_refused,
    issuer_world,
    jwk,
    signed,
)
from tests.unit.runtime.authorize.questions import (
    CALL,
    NOW_MS,
    SHOWN,
    World,
    resource_policy,
    stage_with,
    with_headers,
)

from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.runtime.authorize.verdict import Authorized, Denied
from innergate.runtime.exchange.effects import Effect, EffectFailed, FetchKeys, HttpReply, Reply
from innergate.testing.cpu_time import cpu_seconds


@pytest.mark.parametrize("prefix", ["", "Bearer ", "bearer "])
def test_an_id_token_passes_and_its_claims_are_known(prefix: str) -> None:
    world = issuer_world()
    found = ask(prefix + signed(ID_CLAIMS), world=world)
    assert isinstance(found, Authorized)
    claims = found.context["claims"]
    assert isinstance(claims, Mapping)
    assert claims["email"] == "ann@example.com"
    assert claims["cognito:groups"] == "a,b"
    assert claims["exp"] == str(NOW + 600)
    assert claims["email_verified"] == "true"
    assert found.facts["authorizer.claims.sub"] == "u-1"
    assert [effect.url for effect in world.asked if isinstance(effect, FetchKeys)] == [
        f"{ISSUER}/.well-known/jwks.json"
    ]


def test_the_token_may_be_in_another_header() -> None:
    authorizer = msgspec.structs.replace(POOL, identity_sources=("method.request.header.X-Token",))
    call = with_headers(("X-Token", signed(ID_CLAIMS)))
    assert isinstance(issuer_world().ask(stage_with(authorizer), POOL_METHOD, call), Authorized)
    assert is_refused(issuer_world().ask(stage_with(authorizer), POOL_METHOD, CALL))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": OWN},
        {"iss": ISSUER + "/"},
        {"iss": None},
        {"exp": None},
        {"exp": "soon"},
        {"exp": True},
        {"exp": 1e400},
        {"exp": -1},
        {"nbf": NOW + 5},
        {"nbf": "x"},
        {"iat": NOW + 600},
        {"token_use": "access"},
        {"token_use": None},
    ],
)
def test_claims_that_are_not_right(changes: JsonObject) -> None:
    claims = {name: value for name, value in {**ID_CLAIMS, **changes}.items() if value is not None}
    assert is_refused(ask(signed(claims)))


def test_an_expired_token_says_so() -> None:
    assert is_refused(ask(signed({**ID_CLAIMS, "exp": NOW})), "The incoming token has expired")
    assert isinstance(ask(signed({**ID_CLAIMS, "exp": NOW + 1})), Authorized)


def test_an_expired_token_of_a_stranger_says_less() -> None:
    assert is_refused(ask(signed({**ID_CLAIMS, "exp": NOW}, STRANGER)))


def _raw(header: JsonObject, claims: JsonObject, signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def _with_public_key_as_secret() -> str:
    pem = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    unsigned = _raw({"alg": "HS256", "kid": "k1", "typ": "JWT"}, ID_CLAIMS).rstrip(".")
    digest = hmac.digest(pem, unsigned.encode(), hashlib.sha256)
    return f"{unsigned}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "a.b.c.d.e",
        "x" * 20_000,
        _raw({"alg": "none", "kid": "k1"}, ID_CLAIMS),
        _raw({"alg": "None", "kid": "k1"}, ID_CLAIMS),
        _raw({"alg": "nOnE", "kid": "k1"}, ID_CLAIMS, b"x"),
        _raw({"alg": "RS256", "kid": "k1"}, ID_CLAIMS),
        _raw({"alg": "RS256", "kid": "k1"}, ID_CLAIMS, bytes(256)),
        _raw({"alg": ["RS256"], "kid": "k1"}, ID_CLAIMS),
        _raw({"kid": "k1"}, ID_CLAIMS),
        _with_public_key_as_secret(),
        signed(ID_CLAIMS, STRANGER),
        signed(ID_CLAIMS, STRANGER, jwk=jwk(STRANGER), jku="https://evil.example.com/keys"),
        signed(ID_CLAIMS, kid="../k1"),
        signed(ID_CLAIMS, kid=""),
        signed(ID_CLAIMS, crit=["exp"]),
        signed(ID_CLAIMS, RSA, "RS512"),
        signed(ID_CLAIMS, CURVE, "ES256", kid="k2"),
        signed(ID_CLAIMS)[:-4],
    ],
)
def test_tokens_that_prove_nothing(token: str) -> None:
    assert is_refused(ask(token))


def test_a_payload_with_a_claim_twice_is_none() -> None:
    body = json.dumps(ID_CLAIMS)[:-1] + ', "sub": "root"}'
    token = jwt.api_jws.encode(body.encode(), RSA, "RS256", headers={"kid": "k1"})
    assert is_refused(ask(token))


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"keys": {}},
        {"keys": []},
        [],
        b"no json",
        b"x" * 200_000,
        {"keys": [jwk(RSA, kid="k1", use="enc")]},
        {"keys": [jwk(RSA, kid="k1", alg="RS512")]},
        {"keys": [jwk(RSA, kid="other")]},
        {"keys": [{"kty": "RSA", "kid": "k1"}]},
        {"keys": [{"kty": "oct", "kid": "k1", "k": "AAAA"}]},
        {"keys": [{**jwk(CURVE), "kid": "k1"}]},
        {"keys": [jwk(rsa.generate_private_key(public_exponent=65537, key_size=1024), kid="k1")]},
    ],
)
def test_key_sets_that_prove_nothing(keys: JsonValue) -> None:
    assert is_refused(ask(signed(ID_CLAIMS), world=issuer_world(keys)))


def test_an_issuer_that_does_not_answer_proves_nothing() -> None:
    assert is_refused(ask(signed(ID_CLAIMS), world=issuer_world(status=302)))
    down = World(lambda effect: EffectFailed(kind="timeout", reason="down"))
    assert is_refused(ask(signed(ID_CLAIMS), world=down))


def test_a_silent_issuer_is_left_alone_for_a_while() -> None:
    world = World(lambda effect: EffectFailed(kind="timeout", reason="down"))
    for later_ms in (0, 4_999, 5_000):
        call = msgspec.structs.replace(
            with_headers(("Authorization", signed(ID_CLAIMS))), received_ms=NOW_MS + later_ms
        )
        assert is_refused(world.ask(stage_with(POOL), POOL_METHOD, call))
    assert len(world.asked) == 2


def test_made_up_keys_do_not_shut_out_known_ones_while_the_issuer_is_down() -> None:
    def answer(effect: Effect) -> Reply:
        assert isinstance(effect, FetchKeys)
        if effect.max_age_s < 3600:
            return EffectFailed(kind="failure", reason="down")
        return HttpReply(status=200, body=json.dumps(KEYS).encode())

    world = World(answer)
    assert is_refused(ask(signed(ID_CLAIMS, kid="k9"), world=world))
    assert isinstance(ask(signed(ID_CLAIMS), world=world), Authorized)
    assert is_refused(ask(signed(ID_CLAIMS, kid="k8"), world=world))
    assert [effect.max_age_s for effect in world.asked if isinstance(effect, FetchKeys)] == [3600, 30, 3600, 3600]


def test_an_unknown_key_asks_the_issuer_once_more() -> None:
    world = issuer_world()
    assert is_refused(ask(signed(ID_CLAIMS, kid="k9"), world=world))
    assert [effect.max_age_s for effect in world.asked if isinstance(effect, FetchKeys)] == [3600, 30]


def test_a_rotated_key_is_found() -> None:
    ages: list[int] = []

    def answer(effect: Effect) -> Reply:
        assert isinstance(effect, FetchKeys)
        ages.append(effect.max_age_s)
        kid = "old" if len(ages) == 1 else "k1"
        return HttpReply(status=200, body=json.dumps({"keys": [jwk(RSA, kid=kid)]}).encode())

    assert isinstance(ask(signed(ID_CLAIMS), world=World(answer)), Authorized)


# ---- scopes, audience


@pytest.mark.parametrize(
    ("scopes", "claims", "passes"),
    [
        (("pets/read",), ACCESS_CLAIMS, True),
        (("other", "pets/write"), ACCESS_CLAIMS, True),
        (("pets",), ACCESS_CLAIMS, False),
        ((), ACCESS_CLAIMS, False),
        (("pets/read",), ID_CLAIMS, False),
        (("pets/read",), {**ID_CLAIMS, "scope": "pets/read"}, False),
    ],
)
def test_a_method_with_scopes_takes_access_tokens_only(
    scopes: tuple[str, ...], claims: JsonObject, passes: bool
) -> None:
    assert isinstance(ask(signed(claims), scopes=scopes), Authorized) is passes


@pytest.mark.parametrize(("expression", "passes"), [("client[0-9]", True), ("client", False), ("", True)])
def test_the_validation_expression_is_about_the_audience(expression: str, passes: bool) -> None:
    authorizer = msgspec.structs.replace(POOL, validation=expression)
    assert isinstance(ask(signed(ID_CLAIMS), authorizer), Authorized) is passes


def test_access_tokens_have_no_audience_to_validate() -> None:
    authorizer = msgspec.structs.replace(POOL, validation=".*")
    assert is_refused(ask(signed(ACCESS_CLAIMS), authorizer, scopes=("pets/read",)))


def test_an_own_issuer_need_not_say_what_a_token_is_for() -> None:
    authorizer = msgspec.structs.replace(POOL, issuers=(OWN,))
    plain = {name: value for name, value in {**ID_CLAIMS, "iss": OWN}.items() if name != "token_use"}
    assert isinstance(ask(signed(plain), authorizer), Authorized)
    assert is_refused(ask(signed({**plain, "token_use": "refresh"}), authorizer))


def test_line_ends_in_claims_stay_out() -> None:
    found = ask(signed({**ID_CLAIMS, "name": "a\r\nX-Admin: 1"}))
    assert isinstance(found, Authorized)
    claims = found.context["claims"]
    assert isinstance(claims, Mapping)
    assert "name" not in claims


# ---- the resource policy


@pytest.mark.parametrize(
    ("policy", "is_private", "passes"),
    [
        ("", False, True),
        ("", True, False),
        (resource_policy("Allow"), True, True),
        (resource_policy("Allow", "execute-api:/dev/*"), False, False),
        (resource_policy("Deny"), False, False),
    ],
)
def test_the_resource_policy_must_allow_by_itself(policy: str, is_private: bool, passes: bool) -> None:
    verdict = ask(signed(ID_CLAIMS), policy=policy, is_private=is_private)
    assert isinstance(verdict, Authorized) is passes
    if isinstance(verdict, Denied):
        ending = " with an explicit deny" if '"Deny"' in policy else ""
        assert verdict.message == (
            "User: anonymous is not authorized to perform: execute-api:Invoke on resource: "
            f"{SHOWN}/prod/GET/pets/7{ending}"
        )


def number_text(bits: int) -> str:
    """An odd number of so many bits, as JWK has it."""
    number = (1 << bits) - (1 << bits // 2) + 1
    return base64.urlsafe_b64encode(number.to_bytes(bits // 8 + 1)).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "parts",
    [
        {"n": number_text(8000), "d": number_text(7992)},
        {"n": number_text(300_000)},
        {"n": number_text(300_000), "e": number_text(300_000)},
        {"n": number_text(8000), "d": number_text(7992), "p": number_text(4000), "q": number_text(4000)},
    ],
)
def test_cases_55_86_an_issuers_key_is_not_worked_on_for_hours(parts: dict[str, JsonValue]) -> None:
    """With a private exponent the primes of a key were looked for: seconds for 8,000 bits, days for what a set may hold."""
    keys: JsonObject = {"keys": [jwk(RSA, kid="k1", **parts)]}
    token = signed(OWN_CLAIMS)
    verdicts = []
    assert cpu_seconds(lambda: verdicts.append(ask(token, JWT, issuer_world(keys)))) < 1
    assert is_refused(verdicts[0])


def test_case_55_private_parts_of_a_key_mean_nothing() -> None:
    keys: JsonObject = {"keys": [jwk(RSA, kid="k1", d="AQAB", p="x", q=5)]}
    assert isinstance(ask(signed(OWN_CLAIMS), JWT, issuer_world(keys)), Authorized)


def test_case_53_a_time_beyond_all_floats_is_a_time() -> None:
    assert isinstance(ask(signed({**OWN_CLAIMS, "exp": 10**400}), JWT), Authorized)
