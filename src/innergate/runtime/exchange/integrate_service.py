"""Other AWS services behind AWS integrations (developer guide, "Integrations for REST APIs": `path` and `action` URIs)."""

from collections.abc import Generator

from innergate.plans.runtime import ServiceTarget
from innergate.runtime.exchange.call import Headers
from innergate.runtime.exchange.effects import CallService, Effect, EffectFailed, HttpReply, Reply
from innergate.runtime.exchange.exchange_state import Exchange
from innergate.runtime.exchange.execution_log import show_body, show_headers
from innergate.runtime.exchange.gateway_failures import configuration_error
from innergate.runtime.exchange.header_rules import FORBIDDEN_AWS_TARGETS
from innergate.runtime.exchange.integration_reply import IntegrationReply
from innergate.runtime.exchange.integration_request import (
    TemplatedRequest,
    build_templated,
    fill_path,
    header_pairs,
    join_query,
)
from innergate.runtime.exchange.method_request import DEFAULT_MEDIA_TYPE
from innergate.runtime.exchange.upstreams import effect_failure, log_reply, note_reply
from innergate.runtime.exchange.wire_texts import query_text

_JSON_SERVICES: dict[str, tuple[str, str]] = {
    "athena": ("AmazonAthena", "1.1"),
    "cognito-idp": ("AWSCognitoIdentityProviderService", "1.1"),
    "dynamodb": ("DynamoDB_20120810", "1.0"),
    "events": ("AWSEvents", "1.1"),
    "firehose": ("Firehose_20150804", "1.1"),
    "kinesis": ("Kinesis_20131202", "1.1"),
    "kms": ("TrentService", "1.1"),
    "logs": ("Logs_20140328", "1.1"),
    "secretsmanager": ("secretsmanager", "1.1"),
    "ssm": ("AmazonSSM", "1.1"),
    "states": ("AWSStepFunctions", "1.0"),
}
"""`targetPrefix` and `jsonVersion` of the services' models: an action becomes X-Amz-Target."""


def integrate_service(exchange: Exchange) -> Generator[Effect, Reply, IntegrationReply]:
    """Sends what mappings and template make of the call to a service. Raises GatewayFailure."""
    integration = exchange.method.integration
    target = integration.target
    if not isinstance(target, ServiceTarget):
        raise configuration_error("Invalid endpoint address")
    built = build_templated(exchange, FORBIDDEN_AWS_TARGETS)
    verb = integration.verb if integration.verb not in ("", "ANY") else exchange.call.verb
    path = _path(target, built)
    headers = _headers(exchange, target, built)
    log = exchange.log
    log.data(lambda: f"Endpoint request URI: {target.endpoint}{path}")
    log.data(lambda: f"Endpoint request headers: {show_headers(headers)}")
    log.data(lambda: f"Endpoint request body after transformations: {show_body(built.body)}")
    if not target.endpoint or target.credentials is None:
        raise configuration_error(target.reason or f"No endpoint is known for the service {target.service}")
    log.info(f"Sending request to {target.endpoint}{path}")
    reply = yield CallService(
        service=target.service,
        region=target.region,
        endpoint=target.endpoint,
        verb=verb,
        target=path,
        subdomain=target.subdomain,
        is_own=target.is_own,
        credentials=target.credentials,
        headers=headers,
        body=b"" if verb in ("GET", "HEAD", "OPTIONS") else built.body,
        timeout_ms=integration.timeout_ms,
    )
    match reply:
        case HttpReply():
            note_reply(exchange, reply.status, reply.status, reply.latency_ms, _request_id(reply))
            log_reply(exchange, reply.status, reply.headers, reply.body, reply.latency_ms)
            return IntegrationReply(reply.status, str(reply.status), reply.headers, reply.body)
        case EffectFailed():
            raise effect_failure(exchange, reply)
    raise TypeError(f"a reply of another effect: {reply!r}")


def _request_id(reply: HttpReply) -> str:
    return next(
        (value for name, value in reply.headers if name.lower() in ("x-amzn-requestid", "x-amz-request-id")), ""
    )


def _path(target: ServiceTarget, built: TemplatedRequest) -> str:
    """An action travels as `Action`, with what follows it in the URI and what is mapped."""
    if target.kind == "path":
        path, _, fixed = target.rest.partition("?")
        query = join_query(fixed, built.mapped.query)
        filled = "/" + fill_path(path.removeprefix("/"), built.mapped.path)
        return f"{filled}?{query}" if query else filled
    action, _, fixed = target.rest.partition("&")
    first = f"Action={query_text(action)}"
    fixed = fill_path(fixed, built.mapped.path)
    return f"/?{join_query(f'{first}&{fixed}' if fixed else first, built.mapped.query)}"


def _headers(exchange: Exchange, target: ServiceTarget, built: TemplatedRequest) -> Headers:
    headers = dict(built.mapped.headers)
    named = {name.lower() for name in headers}
    content_type = exchange.request.header("content-type") or DEFAULT_MEDIA_TYPE
    if target.kind == "action" and target.service in _JSON_SERVICES:
        prefix, version = _JSON_SERVICES[target.service]
        content_type = f"application/x-amz-json-{version}"
        if "x-amz-target" not in named:
            headers["X-Amz-Target"] = [f"{prefix}.{target.rest.partition('&')[0]}"]
    if "content-type" not in named:
        headers["Content-Type"] = [content_type]
    if "accept" not in named:
        headers["Accept"] = [DEFAULT_MEDIA_TYPE]
    if "user-agent" not in named:
        headers["User-Agent"] = [f"AmazonAPIGateway_{exchange.stage.api_id}"]
    headers["X-Amzn-Trace-Id"] = [exchange.request.trace_id]
    headers["x-amzn-apigateway-api-id"] = [exchange.stage.api_id]
    return header_pairs(headers)
