"""The event that a Lambda proxy integration sends, format 1.0 (developer guide, "Input format of a Lambda function for proxy
integration")."""

import base64
from collections.abc import Mapping
from typing import Any

from innergate.runtime.authorize.verdict import drops_authorization
from innergate.runtime.exchange.content_handling import is_binary_type
from innergate.runtime.exchange.context_values import IDENTITY_NAMES
from innergate.runtime.exchange.endpoint_headers import tell_endpoint
from innergate.runtime.exchange.exchange_state import Exchange
from innergate.runtime.exchange.header_rules import NEVER_MAPPED, OWN_PREFIXES

_NOBODY: Mapping[str, None] = dict.fromkeys(IDENTITY_NAMES)
_CONTEXT_NAMES = (
    "authorizer",
    "resourceId",
    "resourcePath",
    "httpMethod",
    "extendedRequestId",
    "requestTime",
    "path",
    "accountId",
    "protocol",
    "stage",
    "domainPrefix",
    "requestTimeEpoch",
    "requestId",
    "identity",
    "domainName",
    "deploymentId",
    "apiId",
)


def make_event(exchange: Exchange) -> dict[str, Any]:
    """The event. What is empty is null; path parameters stand as they were sent."""
    request, call = exchange.request, exchange.call
    headers = _headers(exchange)
    body, is_base64 = _body(exchange)
    return {
        "resource": exchange.method.path,
        "path": call.path_in_stage if call.mount is None else call.sent_path,
        "httpMethod": call.verb,
        "headers": {name: values[-1] for name, values in headers.items()} or None,
        "multiValueHeaders": headers or None,
        "queryStringParameters": request.query or None,
        "multiValueQueryStringParameters": request.multi_query or None,
        "pathParameters": {name: value.rstrip("/") for name, value in request.raw_path.items()} or None,
        "stageVariables": exchange.stage.variables or None,
        "requestContext": event_context(exchange.context),
        "body": body,
        "isBase64Encoded": is_base64,
    }


def event_context(context: Mapping[str, Any]) -> dict[str, Any]:
    """`requestContext`; of the caller nothing is left out, but null where nobody is known."""
    shown = {name: context[name] for name in _CONTEXT_NAMES if name in context}
    shown["identity"] = {**_NOBODY, **{name: value or None for name, value in context["identity"].items()}}
    return shown


def _headers(exchange: Exchange) -> dict[str, list[str]]:
    request, call = exchange.request, exchange.call
    sent = request.headers_by_lower_name
    headers = {
        name: values
        for lowered, (name, values) in sent.items()
        if lowered not in NEVER_MAPPED and not lowered.startswith(OWN_PREFIXES)
    }
    if "authorization" in sent and drops_authorization(exchange.method, call):
        headers.pop(sent["authorization"][0], None)
    if exchange.around.is_test:
        return headers
    headers = tell_endpoint(headers, call)
    if "x-amzn-trace-id" not in sent:
        headers["X-Amzn-Trace-Id"] = [request.trace_id]
    if "x-forwarded-for" not in sent and call.source_ip:
        headers["X-Forwarded-For"] = [call.source_ip]
    if "x-forwarded-port" not in sent:
        headers["X-Forwarded-Port"] = ["443"]
    if "x-forwarded-proto" not in sent:
        headers["X-Forwarded-Proto"] = ["https"]
    return headers


def _body(exchange: Exchange) -> tuple[str | None, bool]:
    body = exchange.call.body
    if not body:
        return None, False
    if is_binary_type(exchange.stage.binary_media_types, exchange.request.media_type):
        return base64.b64encode(body).decode(), True
    return body.decode("utf-8", "replace"), False
