"""The end of an authorization: who calls and what is known of them, or the gateway response that refuses."""

from collections.abc import Generator
from typing import TypeAlias

import msgspec

from innergate.primitives.json_value import JsonValue
from innergate.runtime.exchange.effects import Effect, Reply


class Authorized(msgspec.Struct, frozen=True, kw_only=True):
    """The call may pass. `context` is `$context.authorizer` whole (`principalId` among it; `claims` is an object), as event
    and templates show it. `identity` are members of `$context.identity` (`userArn`, `accountId`, ...). `facts` are flat
    `$context` variables for the access log, `log` lines for the execution log. `usage_key` is the API key's value that an
    authorizer named; `key_id` and `key` are the key that the method's usage plan check accepted.
    `policy` is the document that a Lambda authorizer gave."""

    context: dict[str, JsonValue] = {}
    principal_id: str = ""
    usage_key: str = ""
    key_id: str = ""
    key: str = ""
    policy: str = ""
    identity: dict[str, str] = {}
    facts: dict[str, str] = {}
    log: tuple[str, ...] = ()


class Denied(msgspec.Struct, frozen=True, kw_only=True):
    """The call is refused by the gateway response `response_type`. `message` None is JSON's null. `member` is how the default
    body spells the message's name; `error_type` is x-amzn-errortype's value; `status` is the type's default. `context` and
    `identity` are what is known of the caller all the same."""

    response_type: str
    message: str | None
    error_type: str
    status: int = 403
    member: str = "message"
    context: dict[str, JsonValue] = {}
    identity: dict[str, str] = {}
    facts: dict[str, str] = {}
    log: tuple[str, ...] = ()


Verdict: TypeAlias = Authorized | Denied
Steps: TypeAlias = Generator[Effect, Reply, Verdict]

UNAUTHORIZED = Denied(
    response_type="UNAUTHORIZED", message="Unauthorized", error_type="UnauthorizedException", status=401
)
AUTHORIZER_FAILURE = Denied(
    response_type="AUTHORIZER_FAILURE", message=None, error_type="AuthorizerFailureException", status=500
)
AUTHORIZER_CONFIGURATION_ERROR = Denied(
    response_type="AUTHORIZER_CONFIGURATION_ERROR",
    message=None,
    error_type="AuthorizerConfigurationException",
    status=500,
)
FORBIDDEN_KEY = Denied(response_type="INVALID_API_KEY", message="Forbidden", error_type="ForbiddenException")

THROTTLED = Denied(
    response_type="THROTTLED", message="Too Many Requests", error_type="TooManyRequestsException", status=429
)


def access_denied(message: str) -> Denied:
    """ACCESS_DENIED, whose default body says `Message`."""
    return Denied(response_type="ACCESS_DENIED", message=message, error_type="AccessDeniedException", member="Message")


def told(verdict: Verdict, facts: dict[str, str], *log: str) -> Verdict:
    """The verdict with more facts and lines; facts that it has itself stay."""
    return msgspec.structs.replace(verdict, facts={**facts, **verdict.facts}, log=(*log, *verdict.log))
