"""How each service words the refusals that every AWS service has: unknown credentials, expired ones, no permission.

Sources: the services' "Common errors" pages; `aws-semantics` 1.1 to 1.3 and 8.2.
"""

from typing import Literal, TypeAlias

from innergate.primitives.fault import Fault

Wording: TypeAlias = Literal["ec2", "query", "rest-json", "json"]

_WORDINGS: dict[str, Wording] = {
    "ec2": "ec2",
    "sts": "query",
    "iam": "query",
    "elbv2": "query",
    "elasticloadbalancing": "query",
    "apigateway": "rest-json",
    "apigatewayv2": "rest-json",
    "execute-api": "rest-json",
    "lambda": "rest-json",
    "ram": "rest-json",
}


def wording_of(service: str) -> Wording:
    """Which family of errors the service answers with."""
    return _WORDINGS.get(service, "json")


def unknown_credentials(service: str) -> Fault:
    """The access key does not exist, is inactive, or its session token does not fit: nobody learns which."""
    match wording_of(service):
        case "ec2":
            return Fault("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
        case "query":
            return Fault("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
        case "rest-json":
            return Fault("UnrecognizedClientException", "The security token included in the request is invalid.", 403)
        case "json":
            return Fault("UnrecognizedClientException", "The security token included in the request is invalid.", 400)


def expired_credentials(service: str) -> Fault:
    """The session has ended."""
    match wording_of(service):
        case "ec2":
            return Fault("RequestExpired", "Request has expired.", 400)
        case "query":
            return Fault("ExpiredToken", "The security token included in the request is expired", 403)
        case "rest-json":
            return Fault("ExpiredTokenException", "The security token included in the request is expired", 403)
        case "json":
            return Fault("ExpiredTokenException", "The security token included in the request is expired", 400)


def unavailable(service: str) -> Fault:
    """Nothing was done, and a client may try again (every SDK does). Source: the common errors of EC2 and of the query API, and
    API Gateway's model."""
    words = "The request has failed due to a temporary failure of the server."
    code = "ServiceUnavailable" if wording_of(service) in ("ec2", "query") else "ServiceUnavailableException"
    return Fault(code, words, 503)


def access_denied(service: str, message: str) -> Fault:
    """The caller may not. `message` is the sentence `User: … is not authorized to perform: …`."""
    match wording_of(service):
        case "ec2":
            return Fault("UnauthorizedOperation", f"You are not authorized to perform this operation. {message}", 403)
        case "query":
            return Fault("AccessDenied", message, 403)
        case "rest-json":
            return Fault("AccessDeniedException", message, 403)
        case "json":
            return Fault("AccessDeniedException", message, 400)
