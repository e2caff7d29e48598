"""Which gateway response a logged request got: `$context.error.…` and the integration's error, from what Envoy noted."""

from collections.abc import Mapping
from typing import NamedTuple

from innergate.compile.emit.envoy.access_logs import MOUNT_FIELD
from innergate.compile.emit.envoy.gateway_responses import known_answers
from innergate.primitives.json_value import JsonValue

FROM_BACKEND = "via_upstream"
"""The response code details of an answer that the backend gave."""

TIMED_OUT, UNREACHABLE = "INTEGRATION_TIMEOUT", "INTEGRATION_FAILURE"
TIME_OUT_TEXT = "Execution failed due to a timeout error"
UNREACHABLE_TEXT = "Network error communicating with endpoint"
_TIME_OUTS = frozenset(
    {
        "response_timeout",
        "upstream_response_timeout",
        "upstream_per_try_timeout",
        "stream_idle_timeout",
        "max_duration_timeout",
    }
)


class GatewayError(NamedTuple):
    """A gateway response's type (GatewayResponse.responseType) and its message. `integration_error` is "" where no
    integration failed."""

    response_type: str
    message: str
    integration_error: str = ""


def _by_error_type() -> dict[str, GatewayError]:
    known = {error: GatewayError(kind, text) for kind, (_, error, text) in known_answers().items()}
    return known | {"RequestTooLargeException": GatewayError("REQUEST_TOO_LARGE", "Request Too Long")}


_KNOWN = _by_error_type()
_DENIED = "User: anonymous is not authorized to perform: execute-api:Invoke on resource: "


def error_of(line: Mapping[str, JsonValue], masked_arn: str) -> GatewayError | None:
    """The gateway's own answer to a logged request; None where a backend or a MOCK answered. `masked_arn` is the stage's
    execute-api ARN as messages show it."""
    details, error_type = line.get("details"), line.get("errorType")
    if details == FROM_BACKEND or not isinstance(error_type, str):
        return None
    found = _KNOWN.get(error_type)
    if found is None:
        return None
    if found.response_type in (TIMED_OUT, UNREACHABLE):
        is_late = details in _TIME_OUTS or (details == "direct_response" and line.get("status") == 504)
        if is_late:
            return GatewayError(TIMED_OUT, "Endpoint request timed out", TIME_OUT_TEXT)
        return GatewayError(UNREACHABLE, "Internal server error", UNREACHABLE_TEXT)
    if found.response_type == "ACCESS_DENIED":
        ending = " with an explicit deny" if "deny:" in str(details) else ""
        rest = str(line.get("path") or "").split("/", _depth(line) + 1)[_depth(line) + 1 :]
        return found._replace(
            message=f"{_DENIED}{masked_arn}/{line.get('httpMethod')}/{rest[0] if rest else ''}{ending}"
        )
    return found


def _depth(line: Mapping[str, JsonValue]) -> int:
    """How many segments of the path stand before the method's: the stage, or a custom domain's base path."""
    base_path = line.get(MOUNT_FIELD)
    if not isinstance(base_path, str):
        return 1
    return 0 if base_path == "(none)" else base_path.count("/") + 1
