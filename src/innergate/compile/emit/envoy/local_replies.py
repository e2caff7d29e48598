"""Answers that the gateway itself makes, in AWS's words (developer guide, "Gateway response types").

Mappers know an answer by its response code details or flags, never by its status alone: a backend's or a MOCK's own 403 must
stay what it is.
"""

from typing import NamedTuple

from innergate.compile.emit.envoy.facts import (
    EXTENDED_ID_OPERATOR,
    FRESH_EXTENDED_ID_OPERATOR,
    FRESH_ID_OPERATOR,
    REQUEST_ID_OPERATOR,
)
from innergate.compile.emit.envoy.gateway_answers import TWO_HOSTS
from innergate.compile.emit.envoy.packed import CEL_FORMATTER, extension, overwrite, text_format
from innergate.primitives.json_value import JsonObject, JsonValue


def path_after(mount: str) -> str:
    """The canonical path behind `mount` and a slash; only good before the route's own rewrite."""
    at = mount.count("/") + 1
    return f"%CEL(request.url_path.split('/').size() < {at + 1} ? '' : request.url_path.split('/', {at + 1})[{at}])%"


PATH_AFTER_STAGE = path_after("/stage")
"""The canonical path without its slash and stage."""

_HOST_FACTS = "xds.virtual_host_metadata."
_DEPTH = f"int({_HOST_FACTS}filter_metadata['innergate']['depth'])"
PATH_AFTER_BASE = (
    f"%CEL(request.url_path.split('/').size() < {_DEPTH} + 2 ? '' : "
    f"request.url_path.split('/', {_DEPTH} + 2)[{_DEPTH} + 1])%"
)
"""The same behind a base path of as many segments as the virtual host's metadata says."""

_HOST_ARN = "%METADATA(VIRTUAL_HOST:innergate:masked_arn)%"
RESOURCE_OPERATOR = f"{_HOST_ARN}/%REQ(:METHOD)%/{PATH_AFTER_STAGE}"
"""The ARN of what was called, its account masked."""

DENIED = f"User: anonymous is not authorized to perform: execute-api:Invoke on resource: {RESOURCE_OPERATOR}"


def of_route(text: str) -> str:
    """A text with operators that asks the route for what it asked the virtual host for."""
    return text.replace(_HOST_ARN, "%METADATA(ROUTE:innergate:masked_arn)%").replace(_HOST_FACTS, "xds.route_metadata.")


def denied_either_way(mount: str, by_rules: bool) -> str:
    """The same with its ending, for whoever writes the answer anew. `by_rules`: the virtual host has routes of several
    stages."""
    denied = DENIED.replace(PATH_AFTER_STAGE, path_after(mount))
    denied = of_route(denied) if by_rules else denied
    return f"{denied}%CEL(response.code_details.contains('deny:') ? ' with an explicit deny' : '')%"


class GatewayAnswer(NamedTuple):
    """One answer: which gateway response type it is, when it is given (a CEL expression), and what it says."""

    response_type: str
    when: str
    status: int
    error_type: str
    body: str


def _message(text: str, key: str = "message") -> str:
    return f'{{"{key}":"{text}"}}'


ANSWERS: tuple[GatewayAnswer, ...] = (
    GatewayAnswer(
        "ACCESS_DENIED",
        "response.code_details.startsWith('rbac_access_denied') && response.code_details.contains('deny:')",
        403,
        "AccessDeniedException",
        _message(f"{DENIED} with an explicit deny", "Message"),
    ),
    GatewayAnswer(
        "ACCESS_DENIED",
        "response.code_details.startsWith('rbac_access_denied')",
        403,
        "AccessDeniedException",
        _message(DENIED, "Message"),
    ),
    GatewayAnswer(
        "THROTTLED",
        "response.code_details == 'local_rate_limited'",
        429,
        "TooManyRequestsException",
        _message("Too Many Requests"),
    ),
    GatewayAnswer(
        "QUOTA_EXCEEDED",
        "response.code_details == 'ext_authz_denied'",
        429,
        "LimitExceededException",
        _message("Limit Exceeded"),
    ),
    GatewayAnswer(
        "INVALID_API_KEY",
        "response.code_details in ['missing_api_key', 'unknown_api_key', 'client_not_allowed']",
        403,
        "ForbiddenException",
        _message("Forbidden"),
    ),
    GatewayAnswer(
        "REQUEST_TOO_LARGE",
        "response.code_details in ['request_payload_too_large', 'request_body_too_large']",
        413,
        "RequestTooLargeException",
        _message("Request Too Long"),
    ),
    GatewayAnswer(
        "",
        "response.code_details == 'route_not_found'",
        403,
        "ForbiddenException",
        _message("Forbidden"),
    ),
    GatewayAnswer(
        "INTEGRATION_TIMEOUT",
        "response.code_details in ['response_timeout', 'upstream_response_timeout', 'upstream_per_try_timeout', "
        "'stream_idle_timeout', 'max_duration_timeout']",
        504,
        "InternalServerErrorException",
        _message("Endpoint request timed out"),
    ),
    GatewayAnswer(
        "INTEGRATION_FAILURE",
        "response.code_details.startsWith('upstream_reset_') || response.code_details.startsWith('no_healthy_upstream') "
        "|| response.code_details.startsWith('dns_') || response.code_details.startsWith('dynamic_forward_proxy_') "
        "|| response.code_details in ['cluster_not_found', 'maintenance_mode', 'overload', 'protocol_error', "
        "'upstream_internal_redirect_failed']",
        500,
        "InternalServerErrorException",
        _message("Internal server error"),
    ),
    GatewayAnswer(
        "",
        "response.code_details in ['http1.headers_too_large', 'http1.too_many_headers', 'request_headers_too_large']",
        431,
        "RequestHeaderSectionTooLargeException",
        _message("Request Header Fields Too Large"),
    ),
    GatewayAnswer(
        "",
        "response.code_details.startsWith('path_normalization_failed') || response.code_details.startsWith('http1.') "
        "|| response.code_details in ['missing_host_header', 'missing_path', 'bad_request', "
        "'absolute_path_rejected']",
        400,
        "BadRequestException",
        _message("Bad Request"),
    ),
)
"""In order: the first whose condition holds is given."""


def local_reply_config(rest: str = PATH_AFTER_STAGE, by_rules: bool = False) -> JsonObject:
    """The HTTP connection manager's table of gateway-made answers; `rest` gives the path that a called ARN ends with. With
    `by_rules` the facts of a stage stand on its routes, a virtual host having those of several. Whatever refuses a request of
    two hosts, it is a bad one."""
    two_hosts = GatewayAnswer("", "", 400, "BadRequestException", _message("Bad Request"))
    asked_twice: JsonObject = {"header_filter": {"header": TWO_HOSTS}}
    return {
        "mappers": [
            _mapper(two_hosts, asked_twice),
            *(_mapper(_ending(answer, rest, by_rules), _when(answer)) for answer in ANSWERS),
        ]
    }


def _ending(answer: GatewayAnswer, rest: str, by_rules: bool) -> GatewayAnswer:
    body = answer.body.replace(PATH_AFTER_STAGE, rest)
    return answer._replace(body=of_route(body) if by_rules else body)


def _when(answer: GatewayAnswer) -> JsonObject:
    return {
        "extension_filter": extension(
            "envoy.access_loggers.extension_filters.cel",
            "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
            {"expression": answer.when, "cel_config": {"enable_string_functions": True}},
        )
    }


def _mapper(answer: GatewayAnswer, filter: JsonObject) -> JsonObject:
    formatters = (CEL_FORMATTER,) if "%CEL(" in answer.body else ()
    return {
        "filter": filter,
        "status_code": answer.status,
        "body_format_override": text_format(answer.body, "application/json", formatters),
        "headers_to_add": [
            *fresh_answer_headers(),
            *answer_headers(),
            overwrite("x-amzn-errortype", answer.error_type),
        ],
    }


def fresh_answer_headers() -> list[JsonValue]:
    """What every answer carries."""
    return [
        overwrite("x-amzn-requestid", FRESH_ID_OPERATOR),
        overwrite("x-amz-apigw-id", FRESH_EXTENDED_ID_OPERATOR),
    ]


def answer_headers() -> list[JsonValue]:
    """The same with the ids that the request was given early; they add nothing where it was given none."""
    return [overwrite("x-amzn-requestid", REQUEST_ID_OPERATOR), overwrite("x-amz-apigw-id", EXTENDED_ID_OPERATOR)]
