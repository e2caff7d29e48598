"""Answers that a route gives itself: unknown resource, closed method, missing configuration."""

from typing import NamedTuple

from innergate.compile.emit.envoy.packed import overwrite
from innergate.primitives.json_value import JsonObject, JsonValue


class RouteAnswer(NamedTuple):
    """A gateway response that does not depend on the request."""

    response_type: str
    status: int
    error_type: str
    message: str


MISSING_TOKEN = RouteAnswer(
    "MISSING_AUTHENTICATION_TOKEN", 403, "MissingAuthenticationTokenException", "Missing Authentication Token"
)
FORBIDDEN = RouteAnswer("INVALID_API_KEY", 403, "ForbiddenException", "Forbidden")
THROTTLED = RouteAnswer("THROTTLED", 429, "TooManyRequestsException", "Too Many Requests")
BROKEN = RouteAnswer("API_CONFIGURATION_ERROR", 500, "ApiConfigurationException", "Internal server error")
UNSUPPORTED = RouteAnswer("UNSUPPORTED_MEDIA_TYPE", 415, "BadRequestException", "Unsupported Media Type")
UNREACHABLE = RouteAnswer("INTEGRATION_FAILURE", 500, "InternalServerErrorException", "Internal server error")
TIMED_OUT = RouteAnswer("INTEGRATION_TIMEOUT", 504, "InternalServerErrorException", "Endpoint request timed out")

TWO_HOSTS: JsonObject = {"name": ":authority", "string_match": {"contains": ","}}
"""Matches a request with two Host headers, which RFC 9112 (section 3.2) has answered by 400: Envoy joins them by a comma."""

TWO_HOSTS_ROUTE: JsonObject = {"match": {"prefix": "/", "headers": [TWO_HOSTS]}, "direct_response": {"status": 400}}
"""Refuses them; what the answer says is in the table of local replies."""


def answer_fields(answer: RouteAnswer) -> dict[str, JsonValue]:
    """The fields of a route that answers so."""
    return {
        "direct_response": {"status": answer.status, "body": {"inline_string": f'{{"message":"{answer.message}"}}'}},
        "response_headers_to_add": [
            overwrite("content-type", "application/json"),
            overwrite("x-amzn-errortype", answer.error_type),
        ],
    }


def answering_route(match: JsonObject, answer: RouteAnswer) -> JsonObject:
    """A route for `match` that answers so."""
    return {"match": match, **answer_fields(answer)}
