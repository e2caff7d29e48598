"""What a failure's line says of its cause, in words for a person."""

from collections.abc import Mapping

import msgspec

from innergate.compile.emit.envoy.rbac import DENY_PREFIX
from innergate.compile.view import Reader
from innergate.observe.connection_failures import is_of_tls, say_failure
from innergate.observe.failures import Failure
from innergate.observe.gateway_errors import FROM_BACKEND, UNREACHABLE_TEXT, GatewayError, error_of
from innergate.resources.rest_apis import RestApi

_NO_STAGE = "route_not_found"
_BAD_REQUEST, _BAD_GATEWAY = 400, 502
_MISSING_TOKEN = "MISSING_AUTHENTICATION_TOKEN"
_MADE_BY_ROUTE = "direct_response"

_SENTENCES = {
    "ACCESS_DENIED": "no policy allows the call, or one denies it",
    "THROTTLED": "a token bucket was empty: the method's, or the API key's",
    "QUOTA_EXCEEDED": "the quota of the API key was used up",
    "INVALID_API_KEY": "no API key of this stage came with it",
    _MISSING_TOKEN: "no method of the stage takes this verb and path",
    "REQUEST_TOO_LARGE": "the body is larger than 10 MB",
    "UNSUPPORTED_MEDIA_TYPE": "the integration takes no body of this content type",
    "API_CONFIGURATION_ERROR": "the method cannot be served as it is configured",
    "AUTHORIZER_FAILURE": "the authorizer failed, or could not be asked",
    "AUTHORIZER_CONFIGURATION_ERROR": "what the authorizer answered is no answer of an authorizer",
    "INTEGRATION_TIMEOUT": "the backend did not answer in time",
    "INTEGRATION_FAILURE": "the backend could not be reached, or broke off",
}

_BY_DETAILS = {
    "missing_api_key": "no API key came with it",
    "unknown_api_key": "the API key that came with it is none of this stage's",
    "path_normalization_failed": "the path has more than one reading: an escaped slash or backslash, or a broken escape",
}
_NO_WAY = {
    "INTEGRATION_TIMEOUT": "no way led to the backend: a connection not accepted, a security group or a route in between",
    "INTEGRATION_FAILURE": "no way led to the backend: no listener, no targets, or none that can be called",
}
"""By response type, what the stage's routes knew before the call came."""

_BY_RBAC = {
    "rbac_access_denied_matched_policy[none]": "no statement of a policy allows the call",
    f"rbac_access_denied_matched_policy[{DENY_PREFIX}": "a statement of a policy denies the call",
}
"""By what the details begin with, which of the two an access that was denied was."""

_UNSIGNED = "the method wants a signed call, and this one had no signature"
_OF_URLS = {
    "AccessDeniedException": "policies do not let the caller call the function by its URL, or the call is not signed",
    "TooManyRequestsException": "the function had as many calls under way as it may",
    "RequestEntityTooLargeException": "the body is larger than 6 MB",
    "ResourceNotFoundException": "the function or its alias is there no more",
}
"""By error type, what was refused before the function ran."""

_WORKER_REFUSED = {
    404: "no function has this URL any more",
    413: _SENTENCES["REQUEST_TOO_LARGE"],
    429: "the API had too many calls or bodies under way at once",
    503: "a worker did not have the stage's new document yet",
}
"""By status, what a worker answers before it looks at the method."""


class FailureReason(msgspec.Struct, frozen=True):
    """`answered_by` is gateway, mock or backend; `response_type` that of the gateway response (GatewayResponse.responseType),
    "" for none; `detail` is what was noted at the place where it happened. `is_about_key`: an API key was missing or wrong;
    `is_readable`: what was asked is known, for Envoy took the request as it stood."""

    answered_by: str
    says: str
    response_type: str = ""
    detail: str = ""
    is_about_key: bool = False
    is_readable: bool = True


def find_reason(reader: Reader, failure: Failure) -> FailureReason:
    """The reason that was noted when it happened, whatever has been changed since."""
    if failure.told is not None:
        return _of_worker(failure, failure.told)
    if failure.details == FROM_BACKEND and failure.is_by_worker:
        return FailureReason("gateway", _WORKER_REFUSED.get(failure.status, "a worker failed; its log says more"))
    if failure.details == FROM_BACKEND:
        return FailureReason("backend", f"the backend at {failure.target} answered so itself")
    if failure.details == _NO_STAGE:
        return FailureReason("gateway", "nothing here has the API and the stage that Host and path name")
    error = _error(reader, failure) if failure.status != _BAD_REQUEST else None
    if error is not None:
        return _of_gateway(failure, error)
    if failure.details == _MADE_BY_ROUTE:
        return FailureReason("mock", "the method's MOCK integration answered so")
    says = _BY_DETAILS.get(failure.details, "the request was not well-formed, or broke a limit")
    return FailureReason("gateway", says, detail=failure.details, is_readable=False)


def _of_worker(failure: Failure, facts: Mapping[str, str]) -> FailureReason:
    if failure.url_id:
        return _of_url(failure)
    kind = facts.get("error.responseType", "")
    detail = facts.get("why", "") or facts.get("integration.error", "") or facts.get("authorizer.error", "")
    if not kind:
        seen = facts.get("integration.status", "") or facts.get("integrationStatus", "")
        return FailureReason("backend", f"the integration answered {seen or failure.status}", detail=detail)
    says = _UNSIGNED if kind == _MISSING_TOKEN else _SENTENCES.get(kind) or facts.get("error.message", "") or kind
    return FailureReason("gateway", says, kind, detail if detail != says else "", kind == "INVALID_API_KEY")


def _of_url(failure: Failure) -> FailureReason:
    """Of a function URL: what refuses names an error's type, which functions' own answers have not."""
    if failure.error_type:
        return FailureReason("gateway", _OF_URLS.get(failure.error_type, failure.error_type))
    if failure.status == _BAD_GATEWAY:
        return FailureReason("backend", "the function failed, or what it gave is no answer")
    return FailureReason("backend", f"the function answered {failure.status}")


def _of_gateway(failure: Failure, error: GatewayError) -> FailureReason:
    kind = error.response_type
    if failure.details == _MADE_BY_ROUTE and kind in _NO_WAY:
        return FailureReason("gateway", _NO_WAY[kind], kind)
    for begin, says in _BY_RBAC.items():
        if failure.details.startswith(begin):
            return FailureReason("gateway", says, kind)
    says = _BY_DETAILS.get(failure.details) or _SENTENCES.get(kind, error.message)
    detail = failure.details if failure.details != _MADE_BY_ROUTE else ""
    if error.integration_error == UNREACHABLE_TEXT or failure.connection_failure:
        detail = (
            f"{failure.target or 'no healthy target'}: {say_failure(failure.connection_failure) or failure.details}"
        )
        if is_of_tls(failure.connection_failure):
            says = "the backend and the gateway did not agree on TLS"
    elif kind == "INTEGRATION_TIMEOUT":
        had = f"{failure.latency_ms} ms"
        detail = f"{failure.target} had {had}" if failure.target else f"no target took a connection within {had}"
    return FailureReason("gateway", says, kind, detail, kind == "INVALID_API_KEY")


def _error(reader: Reader, failure: Failure) -> GatewayError | None:
    api = reader.get(RestApi, failure.api_id)
    account = f"{api.account}"[-4:] if api is not None else ""
    record = {
        "details": failure.details,
        "errorType": failure.error_type or None,
        "status": failure.status,
        "path": failure.path,
        "httpMethod": failure.verb,
    }
    region = api.region if api is not None else ""
    return error_of(record, f"arn:aws:execute-api:{region}:********{account}:{failure.api_id}/{failure.stage}")
