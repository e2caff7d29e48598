"""Whose tokens an authorizer takes: the issuers of user pools, and what a JWT authorizer is configured with."""

from collections.abc import Mapping, Sequence

from innergate.plans.runtime import RequiredClaim, TokenIssuer
from innergate.primitives.arn import parse_arn
from innergate.primitives.json_value import JsonObject, JsonValue

_SERVICE = "cognito-idp"
_POOL = "userpool/"


def pool_issuers(body: JsonObject, overrides: Mapping[str, str]) -> tuple[str, ...]:
    """The issuer of each user pool in `providerARNs`: what the operator has said for the pool's id, else Amazon's own. A text
    that is no user pool's ARN gives none."""
    return tuple(issuer for arn in _texts(body.get("providerARNs")) if (issuer := _pool_issuer(arn, overrides)))


def _pool_issuer(text: str, overrides: Mapping[str, str]) -> str:
    arn = parse_arn(text)
    if arn is None or arn.service != _SERVICE or not arn.resource.startswith(_POOL):
        return ""
    pool = arn.resource.removeprefix(_POOL)
    suffix = ".cn" if arn.partition == "aws-cn" else ""
    return overrides.get(pool) or f"https://{_SERVICE}.{arn.region}.amazonaws.com{suffix}/{pool}"


def token_issuers(body: JsonObject) -> tuple[TokenIssuer, ...]:
    """The issuers of `jwtConfiguration`."""
    return tuple(
        TokenIssuer(
            issuer=str(item.get("issuer") or ""),
            audiences=tuple(_texts(item.get("audiences"))),
            claims=tuple(_claim(claim) for claim in _objects(item.get("additionalClaims"))),
        )
        for item in _objects(_configuration(body).get("issuers"))
        if item.get("issuer")
    )


def token_algorithms(body: JsonObject) -> tuple[str, ...]:
    """The algorithms of `jwtConfiguration`."""
    return tuple(_texts(_configuration(body).get("defaultAlgorithms")))


def _configuration(body: JsonObject) -> JsonObject:
    found = body.get("jwtConfiguration")
    return found if isinstance(found, Mapping) else {}


def _claim(body: JsonObject) -> RequiredClaim:
    return RequiredClaim(
        name=str(body.get("claimName") or ""),
        is_required=body.get("required") is True,
        values=tuple(_texts(body.get("expectedValues"))),
    )


def _texts(value: JsonValue) -> Sequence[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, (list, tuple)) else []


def _objects(value: JsonValue) -> Sequence[JsonObject]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, (list, tuple)) else []
