"""Every way in which the gateway itself ends a call: AWS's gateway response types (developer guide, "Gateway response types").

What an answer says here and what Envoy says of the same type natively must read the same (aws-semantics.md, 2.11).
"""

from typing import NamedTuple


class FailureType(NamedTuple):
    """The defaults of a type."""

    status: int
    error_type: str
    message: str | None


FAILURE_TYPES: dict[str, FailureType] = {
    "ACCESS_DENIED": FailureType(403, "AccessDeniedException", "User is not authorized to access this resource"),
    "API_CONFIGURATION_ERROR": FailureType(500, "ApiConfigurationException", "Internal server error"),
    "AUTHORIZER_CONFIGURATION_ERROR": FailureType(500, "AuthorizerConfigurationException", None),
    "AUTHORIZER_FAILURE": FailureType(500, "AuthorizerFailureException", None),
    "BAD_REQUEST_BODY": FailureType(400, "BadRequestException", "Invalid request body"),
    "BAD_REQUEST_PARAMETERS": FailureType(400, "BadRequestException", "Invalid request parameters"),
    "DEFAULT_4XX": FailureType(400, "BadRequestException", "Bad Request"),
    "DEFAULT_5XX": FailureType(500, "InternalServerErrorException", "Internal server error"),
    "EXPIRED_TOKEN": FailureType(403, "ExpiredTokenException", "The security token included in the request is expired"),
    "INTEGRATION_FAILURE": FailureType(500, "InternalServerErrorException", "Internal server error"),
    "INTEGRATION_TIMEOUT": FailureType(504, "InternalServerErrorException", "Endpoint request timed out"),
    "INVALID_API_KEY": FailureType(403, "ForbiddenException", "Forbidden"),
    "INVALID_SIGNATURE": FailureType(
        403,
        "InvalidSignatureException",
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
        "and signing method. Consult the service documentation for details.",
    ),
    "MISSING_AUTHENTICATION_TOKEN": FailureType(
        403, "MissingAuthenticationTokenException", "Missing Authentication Token"
    ),
    "QUOTA_EXCEEDED": FailureType(429, "LimitExceededException", "Limit Exceeded"),
    "REQUEST_TOO_LARGE": FailureType(413, "RequestTooLargeException", "Request Too Long"),
    "RESOURCE_NOT_FOUND": FailureType(404, "ResourceNotFoundException", "Not Found"),
    "THROTTLED": FailureType(429, "TooManyRequestsException", "Too Many Requests"),
    "UNAUTHORIZED": FailureType(401, "UnauthorizedException", "Unauthorized"),
    "UNSUPPORTED_MEDIA_TYPE": FailureType(415, "BadRequestException", "Unsupported Media Type"),
    "WAF_FILTERED": FailureType(403, "ForbiddenException", "Forbidden"),
}
"""A default status of 400 or 500 of DEFAULT_4XX and DEFAULT_5XX is nobody's own: they stand in for other types."""


class GatewayFailure(Exception):
    """The call ends here. What is left out is the type's own; `log` is the execution log's line, `details` what
    `$context.error.validationErrorString` says, `member` how the default body spells the message's name."""

    def __init__(
        self,
        response_type: str,
        *,
        message: str | None = None,
        status: int = 0,
        error_type: str = "",
        log: str = "",
        details: str = "",
        member: str = "",
    ) -> None:
        super().__init__(log or message or response_type)
        defaults = FAILURE_TYPES[response_type]
        self.response_type = response_type
        self.message = defaults.message if message is None else message
        self.status = status or defaults.status
        self.error_type = error_type or defaults.error_type
        self.log = log
        self.details = details
        self.member = member or ("Message" if response_type == "ACCESS_DENIED" else "message")


_RECORDED_TYPES = {"Invalid endpoint address": "InternalServerErrorException"}
"""Where AWS was seen to name another error than the type's."""


def configuration_error(detail: str) -> GatewayFailure:
    """The API cannot be executed as it is set up."""
    return GatewayFailure(
        "API_CONFIGURATION_ERROR",
        error_type=_RECORDED_TYPES.get(detail, ""),
        log=f"Execution failed due to configuration error: {detail}",
    )
