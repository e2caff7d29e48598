"""What a JWT authorizer of a REST API may be configured with (API reference, CreateAuthorizer, `jwtConfiguration`).

AWS's texts for these refusals are not recorded; the rules are the reference's.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.services.apigateway.faults import bad_request

_ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
_RESERVED = frozenset({"iss", "aud", "exp", "nbf", "iat", "scope", "scp"})
"""Claims that are looked at anyway."""
_HEADER = "method.request.header."


def check_jwt_authorizer(body: JsonObject) -> None:
    """Raises Fault BadRequestException where a JWT authorizer's document is none."""
    source = body.get("identitySource")
    if not isinstance(source, str) or not source.startswith(_HEADER) or "," in source or source == _HEADER:
        raise bad_request(f"A JWT authorizer needs one identity source of the form {_HEADER}NAME")
    for name in ("authorizerUri", "authorizerCredentials", "providerARNs", "authorizerResultTtlInSeconds"):
        if body.get(name) not in (None, []):
            raise bad_request(f"{name} is not supported for authorizers of type JWT")
    configuration = body.get("jwtConfiguration")
    if not isinstance(configuration, Mapping) or not configuration:
        raise bad_request("jwtConfiguration must be specified for authorizers of type JWT")
    algorithms = _items(configuration.get("defaultAlgorithms"))
    if not algorithms or any(algorithm not in _ALGORITHMS for algorithm in algorithms):
        raise bad_request(f"defaultAlgorithms must be among {', '.join(_ALGORITHMS)}")
    issuers = [issuer for issuer in _items(configuration.get("issuers")) if isinstance(issuer, Mapping)]
    names = [issuer.get("issuer") for issuer in issuers]
    if not issuers or len(set(names)) != len(names):
        raise bad_request("issuers must be given, each once")
    for issuer in issuers:
        _check_issuer(issuer)


def _check_issuer(issuer: JsonObject) -> None:
    url = issuer.get("issuer")
    if not isinstance(url, str) or not _is_issuer(url):
        raise bad_request(
            f"The issuer {url} must be an absolute https URL with a host and without user information, query or fragment"
        )
    audiences = _items(issuer.get("audiences"))
    if not audiences or not all(isinstance(audience, str) and audience for audience in audiences):
        raise bad_request(f"The issuer {url} must have audiences, and none of them may be empty")
    claims = [claim for claim in _items(issuer.get("additionalClaims")) if isinstance(claim, Mapping)]
    names = [claim.get("claimName") for claim in claims]
    if len(set(names)) != len(names):
        raise bad_request(f"The claim names of the issuer {url} must be unique")
    if any(claim.get("format") != "SINGLE_STRING" for claim in claims):
        raise bad_request(f"The format of an additional claim of the issuer {url} must be SINGLE_STRING")
    for name in names:
        if not name or name in _RESERVED:
            raise bad_request(f"The claim {name} cannot be an additional claim")


def _is_issuer(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme == "https" and bool(host) and "@" not in parts.netloc and not set(url) & set("?# \t\r\n")


def _items(value: JsonValue) -> Sequence[JsonValue]:
    return value if isinstance(value, (list, tuple)) else ()
