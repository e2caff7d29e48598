"""The order in which AWS prints some enumerations: recorded from AWS (Appendix B); others go by the model."""

_PRINTED: tuple[tuple[str, ...], ...] = (
    ("add", "remove", "move", "test", "replace", "copy"),
    ("PRIVATE", "EDGE", "REGIONAL"),
    ("HTTP", "MOCK", "AWS_PROXY", "HTTP_PROXY", "AWS"),
    (
        "RESPONSE_BODY",
        "RESPONSE",
        "METHOD",
        "MODEL",
        "AUTHORIZER",
        "RESPONSE_HEADER",
        "RESOURCE",
        "PATH_PARAMETER",
        "REQUEST_BODY",
        "QUERY_PARAMETER",
        "API",
        "REQUEST_HEADER",
    ),
    (
        "REQUEST_TOO_LARGE",
        "RESOURCE_NOT_FOUND",
        "AUTHORIZER_CONFIGURATION_ERROR",
        "MISSING_AUTHENTICATION_TOKEN",
        "BAD_REQUEST_BODY",
        "INVALID_SIGNATURE",
        "INVALID_API_KEY",
        "BAD_REQUEST_PARAMETERS",
        "AUTHORIZER_FAILURE",
        "UNAUTHORIZED",
        "INTEGRATION_TIMEOUT",
        "ACCESS_DENIED",
        "DEFAULT_4XX",
        "DEFAULT_5XX",
        "WAF_FILTERED",
        "QUOTA_EXCEEDED",
        "THROTTLED",
        "API_CONFIGURATION_ERROR",
        "UNSUPPORTED_MEDIA_TYPE",
        "INTEGRATION_FAILURE",
        "EXPIRED_TOKEN",
    ),
)

_BY_VALUES = {frozenset(values): values for values in _PRINTED}


def printed_order(values: list[str]) -> tuple[str, ...]:
    """The values in the order in which AWS prints this very set."""
    return _BY_VALUES.get(frozenset(values), tuple(values))
