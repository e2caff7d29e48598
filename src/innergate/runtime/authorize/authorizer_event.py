"""What a Lambda authorizer is asked with (developer guide, "Input to an API Gateway Lambda authorizer")."""

import json
from typing import Any

from innergate.runtime.authorize.question import Question
from innergate.runtime.exchange.context_values import IDENTITY_NAMES

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


def request_event(question: Question) -> bytes:
    """The event of a REQUEST authorizer, version 1.0."""
    request, call = question.request, question.call
    return _encode(
        {
            "type": "REQUEST",
            "methodArn": question.method_arn,
            "resource": question.method.path,
            "path": question.path,
            "httpMethod": call.verb,
            "headers": request.headers,
            "multiValueHeaders": request.multi_headers,
            "queryStringParameters": request.query,
            "multiValueQueryStringParameters": request.multi_query,
            "pathParameters": request.path,
            "stageVariables": question.stage.variables,
            "requestContext": _request_context(question),
        }
    )


def _request_context(question: Question) -> dict[str, Any]:
    context = question.context
    shown = {name: context[name] for name in _CONTEXT_NAMES if name in context}
    return {**shown, "identity": {**dict.fromkeys(IDENTITY_NAMES), **context.get("identity", {})}}


def _encode(event: dict[str, Any]) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode()
