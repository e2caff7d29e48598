"""`$context`: what is known of a call besides its parameters (developer guide, "$context variables for data models,
authorizers, mapping templates, and CloudWatch access logging")."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeAlias

from innergate.primitives.client_identity import read_client
from innergate.runtime.exchange.method_request import MethodRequest

Context: TypeAlias = dict[str, Any]
"""Nested: `$context.identity.sourceIp` is ["identity"]["sourceIp"]."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

IDENTITY_NAMES = (
    "accessKey",
    "accountId",
    "caller",
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
    "sourceIp",
    "user",
    "userAgent",
    "userArn",
)
"""Those that are always there, "" or null where nobody is known."""
_NOBODY = dict.fromkeys((*IDENTITY_NAMES, "apiKey", "apiKeyId"), "")


def build_context(request: MethodRequest) -> Context:
    """The variables before authorization. What is not there is absent here."""
    stage, method, call = request.stage, request.method, request.call
    identity: dict[str, Any] = {"sourceIp": call.source_ip}
    if agent := request.header("user-agent"):
        identity["userAgent"] = agent
    if call.vpce_id:
        identity["vpceId"] = call.vpce_id
    if call.vpc_id:
        identity["vpcId"] = call.vpc_id
    if call.api_key_id:
        identity["apiKeyId"] = call.api_key_id
        if key := request.header("x-api-key"):
            identity["apiKey"] = key
    client = read_client(call.client_certificate) if call.client_certificate else None
    if client is not None:
        identity["clientCert"] = client.tell()
    domain = call.domain_name or f"{stage.api_id}.execute-api.{stage.region}.amazonaws.com"
    return {
        "accountId": stage.account,
        "apiId": stage.api_id,
        "deploymentId": stage.deployment_id,
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0],
        "extendedRequestId": extended_id(call.request_id),
        "httpMethod": call.verb,
        "identity": identity,
        "path": call.sent_path,
        "protocol": call.protocol,
        "requestId": call.request_id,
        "requestTime": request_time(call.received_ms),
        "requestTimeEpoch": call.received_ms,
        "resourceId": method.resource_id,
        "resourcePath": method.path,
        "stage": stage.stage,
    }


def extended_id(request_id: str) -> str:
    """`$context.extendedRequestId`: Envoy takes the first sixteen characters too."""
    return request_id[:16]


def request_time(received_ms: int) -> str:
    """22/Nov/2026:08:00:00 +0000"""
    return _shown_second(received_ms // 1000)


@lru_cache(maxsize=16)
def _shown_second(received_s: int) -> str:
    at = datetime.fromtimestamp(received_s, UTC)
    return f"{at.day:02d}/{_MONTHS[at.month - 1]}/{at.year}:{at.hour:02d}:{at.minute:02d}:{at.second:02d} +0000"


def template_context(context: Context) -> Context:
    """The same for a template, in which what is always there is "" where it has no value."""
    identity = {**_NOBODY, **context["identity"]}
    authorizer = {"principalId": "", **context.get("authorizer", {})}
    return {**context, "identity": identity, "authorizer": authorizer}


def find_variable(context: Context, name: str) -> Any:
    """What `context.a.b` leads to; None where it leads nowhere."""
    value: Any = context
    for part in name.split("."):
        if not isinstance(value, dict) or part not in value:
            return None
        value = value[part]
    return value


def variable_text(value: Any) -> str:
    """A variable as it is printed outside templates."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
