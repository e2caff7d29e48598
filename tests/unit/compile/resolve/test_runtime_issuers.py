"""Whose tokens an authorizer's record says that it takes."""

import pytest

from innergate.compile.resolve.runtime_issuers import pool_issuers, token_algorithms, token_issuers
from innergate.plans.runtime import RequiredClaim, TokenIssuer
from innergate.primitives.json_value import JsonValue

POOL = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_AbC"


@pytest.mark.parametrize(
    ("arns", "issuers"),
    [
        ([POOL], ("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC",)),
        (
            [POOL.replace("arn:aws:", "arn:aws-cn:")],
            ("https://cognito-idp.eu-west-1.amazonaws.com.cn/eu-west-1_AbC",),
        ),
        (
            [POOL.replace("eu-west-1_AbC", "eu-west-1_Own"), POOL],
            (
                "https://id.example.com/own",
                "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC",
            ),
        ),
        (["arn:aws:iam::111122223333:role/x", "text", POOL.replace("userpool", "identitypool"), 7], ()),
        ("text", ()),
        (None, ()),
    ],
)
def test_pools_have_amazons_issuer_unless_the_operator_says_another(arns: JsonValue, issuers: tuple[str, ...]) -> None:
    overrides = {"eu-west-1_Own": "https://id.example.com/own"}
    assert pool_issuers({"providerARNs": arns}, overrides) == issuers


def test_a_jwt_configuration_is_read_whole() -> None:
    body: dict[str, JsonValue] = {
        "jwtConfiguration": {
            "issuers": [
                {
                    "issuer": "https://id.example.com/",
                    "audiences": ["a", "b"],
                    "additionalClaims": [
                        {"claimName": "team", "format": "SINGLE_STRING", "required": True, "expectedValues": ["red"]},
                        {"claimName": "room"},
                    ],
                },
                {"audiences": ["nobody"]},
            ],
            "defaultAlgorithms": ["RS256", "ES256"],
        }
    }
    assert token_issuers(body) == (
        TokenIssuer(
            issuer="https://id.example.com/",
            audiences=("a", "b"),
            claims=(RequiredClaim(name="team", values=("red",)), RequiredClaim(name="room", is_required=False)),
        ),
    )
    assert token_algorithms(body) == ("RS256", "ES256")


@pytest.mark.parametrize("configuration", [None, "text", [], {"issuers": "x", "defaultAlgorithms": {}}])
def test_no_configuration_trusts_nobody(configuration: JsonValue) -> None:
    body = {"jwtConfiguration": configuration}
    assert (token_issuers(body), token_algorithms(body)) == ((), ())
