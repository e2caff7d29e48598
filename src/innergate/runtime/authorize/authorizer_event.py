"""What a Lambda authorizer is asked with (developer guide, "Input to an API Gateway Lambda authorizer")."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from innergate.runtime.authorize.question import Question
from innergate.runtime.exchange.context_values import IDENTITY_NAMES
from innergate.runtime.exchange.endpoint_headers import tell_endpoint

_HEADER = "method.request.header."

_CONTEXT_NAMES = (
    "accountId",
    "apiId",
    "domainName",
    "domainPrefix",
    "extendedRequestId",
    "httpMethod",
    "path",
    "protocol",
    "requestId",
    "requestTime",
    "requestTimeEpoch",
    "resourceId",
    "resourcePath",
    "stage",
)


def token_event(question: Question, token: str) -> bytes:
    """The event of a TOKEN authorizer."""
    return _encode({"type": "TOKEN", "authorizationToken": token, "methodArn": question.method_arn})


def request_event(question: Question, sources: Sequence[str]) -> bytes:
    """The event of a REQUEST authorizer, version 1.0. Headers among its identity sources stand there as those spell them."""
    request, call = question.request, question.call
    headers = _spelled(tell_endpoint(request.multi_headers, call), sources)
    return _encode(
        {
            "type": "REQUEST",
            "methodArn": question.method_arn,
            "resource": question.method.path,
            "path": question.path,
            "httpMethod": call.verb,
            "headers": {name: values[-1] for name, values in headers.items()},
            "multiValueHeaders": headers,
            "queryStringParameters": request.query,
            "multiValueQueryStringParameters": request.multi_query,
            "pathParameters": request.path,
            "stageVariables": question.stage.variables,
            "requestContext": _request_context(question),
        }
    )


def _spelled(headers: Mapping[str, list[str]], sources: Sequence[str]) -> dict[str, list[str]]:
    named = [source.strip().removeprefix(_HEADER) for source in sources if source.strip().startswith(_HEADER)]
    spellings = {name.lower(): name for name in named}
    return {spellings.get(name.lower(), name): values for name, values in headers.items()}


def _request_context(question: Question) -> dict[str, Any]:
    context = question.context
    shown = {name: context[name] for name in _CONTEXT_NAMES if name in context}
    return {**shown, "identity": {**dict.fromkeys(IDENTITY_NAMES), **context.get("identity", {})}}


def _encode(event: dict[str, Any]) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode()
