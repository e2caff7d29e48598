"""One method of a deployment -> what it does."""

import re
from collections.abc import Mapping as Dict

import msgspec

from innergate.compile.resolve.api_blueprint import (
    Action,
    BrokenAction,
    Mapping,
    ProxyAction,
    RuntimeAction,
    Value,
)
from innergate.compile.resolve.api_mocks import resolve_mock
from innergate.compile.resolve.api_path_order import path_variables
from innergate.compile.resolve.api_uris import IntegrationUri, parse_uri
from innergate.compile.resolve.api_values import Surroundings, fill_stage_variables, is_plain_name, resolve_value
from innergate.compile.resolve.backend_uris import backend_uri
from innergate.compile.resolve.streaming import IDLE_S, is_streamed
from innergate.resources.rest_apis import Integration, MethodDefinition

_TARGET = re.compile(r"integration\.request\.(path|querystring|header)\.(.+)")

_FORBIDDEN_HEADERS = frozenset({"content-length", "transfer-encoding", "x-amzn-trace-id", "x-amzn-apigateway-api-id"})
"""Mapping to one of these answers 500 (developer guide, "Amazon API Gateway important notes")."""


def resolve_action(method: MethodDefinition, path: str, around: Surroundings, validates: bool) -> Action:
    """What the method does: natively where that is exact, by the runtime otherwise. `validates`: its request validator checks
    something."""
    integration = method.method_integration
    if integration is None:
        return BrokenAction(reason="the method has no integration")
    reason = _needs_runtime(method, integration, validates)
    if not reason:
        is_mock = integration.type == "MOCK"
        native = (
            resolve_mock(method, integration, around) if is_mock else _resolve_proxy(method, integration, path, around)
        )
        if not isinstance(native, RuntimeAction):
            return native
        reason = native.reason
    return run_action(integration, reason, around)


def _needs_runtime(method: MethodDefinition, integration: Integration, validates: bool) -> str:
    """Why Envoy cannot serve such a method by itself; "" where it may."""
    if method.authorization_type != "NONE":
        return f"authorization {method.authorization_type}"
    if validates:
        return "request validation"
    if integration.type not in ("MOCK", "HTTP_PROXY"):
        return f"integration type {integration.type}"
    return ""


def run_action(integration: Integration, reason: str, around: Surroundings) -> Action:
    """The runtime executes the method; broken where its HTTP integration names no backend."""
    if integration.type not in ("HTTP", "HTTP_PROXY"):
        return RuntimeAction(
            reason=reason, timeout_ms=integration.timeout_in_millis, idle_s=_idle_s(integration, around)
        )
    uri = parse_uri(backend_uri(integration, around.variables, around.context.get("stage", "")), {})
    if uri is None:
        return BrokenAction(reason=f"the integration's URI {integration.uri!r} is no HTTP URL with a fixed host")
    link = fill_stage_variables(integration.connection_id or "", around.variables)
    if integration.connection_type == "VPC_LINK" and not link:
        return BrokenAction(reason="the integration names no VPC link")
    return RuntimeAction(
        reason=reason,
        timeout_ms=integration.timeout_in_millis,
        idle_s=_idle_s(integration, around),
        backend=_reach(integration, uri, link, around),
    )


def _idle_s(integration: Integration, around: Surroundings) -> int:
    """How long the answer may rest: less than the entrance allows only where it is streamed."""
    return around.idle_s if is_streamed(integration) else IDLE_S


def _reach(integration: Integration, uri: IntegrationUri, link: str, around: Surroundings) -> ProxyAction:
    is_private = integration.connection_type == "VPC_LINK"
    return ProxyAction(
        scheme=uri.scheme,
        host=uri.host,
        port=uri.port,
        path=uri.path,
        query=uri.query,
        link_id=link if is_private else "",
        balancer_arn=fill_stage_variables(integration.integration_target or "", around.variables) if is_private else "",
        timeout_ms=integration.timeout_in_millis,
        skips_verification=bool(integration.tls_config and integration.tls_config.insecure_skip_verification),
    )


def _resolve_proxy(method: MethodDefinition, integration: Integration, path: str, around: Surroundings) -> Action:
    values: dict[str, dict[str, Value]] = {"path": {}, "querystring": {}, "header": {}}
    known = set(path_variables(path))
    for target, expression in sorted((integration.request_parameters or {}).items()):
        place, value = _TARGET.fullmatch(target), resolve_value(expression, around)
        if place is None or value is None:
            return RuntimeAction(reason=f"the mapping {target} = {expression}")
        if place[1] != "path" and not is_plain_name(place[1], place[2]):
            return RuntimeAction(reason=f"the name of {target}")
        if value.source == "path" and value.text not in known:
            return BrokenAction(reason=f"the mapping {target} = {expression} names no path parameter of {path}")
        if place[1] == "header" and place[2].lower() in _FORBIDDEN_HEADERS:
            return BrokenAction(reason=f"a mapping must not set the header {place[2]}")
        values[place[1]][place[2]] = value
    if any(value.source not in ("path", "static") for value in values["path"].values()):
        return RuntimeAction(reason="path parameters from elsewhere than the path")
    uri = parse_uri(backend_uri(integration, around.variables, around.context.get("stage", "")), values["path"])
    if uri is None:
        return BrokenAction(reason=f"the integration's URI {integration.uri!r} is no HTTP URL with a fixed host")
    return _proxy(method, integration, uri, values, around)


def _mapped_and_read(values: Dict[str, Dict[str, Value]]) -> set[str]:
    """Headers that a mapping sets and another one reads: Envoy would read what it has set."""
    reads = {
        (_header_read(value), place, name.lower()) for place, mapped in values.items() for name, value in mapped.items()
    }
    read_elsewhere = {header for header, place, name in reads if (place, name) != ("header", header)}
    return {name.lower() for name in values["header"]} & read_elsewhere


def _header_read(value: Value) -> str:
    """The header that a value comes from; "" for none."""
    if value.source == "header":
        return value.text.lower()
    return "user-agent" if (value.source, value.text) == ("context", "identity.userAgent") else ""


def _proxy(
    method: MethodDefinition,
    integration: Integration,
    uri: IntegrationUri,
    values: Dict[str, Dict[str, Value]],
    around: Surroundings,
) -> Action:
    verb = integration.http_method or "ANY"
    link = fill_stage_variables(integration.connection_id or "", around.variables)
    if verb not in ("ANY", method.http_method):
        return RuntimeAction(reason=f"sending {method.http_method} on as {verb}")
    if integration.connection_type == "VPC_LINK" and not link:
        return BrokenAction(reason="the integration names no VPC link")
    if both := _mapped_and_read(values):
        return RuntimeAction(reason=f"the header {min(both)} is mapped, and read by another mapping")
    return msgspec.structs.replace(
        _reach(integration, uri, link, around),
        headers=tuple(Mapping(name=name, value=value) for name, value in values["header"].items()),
        querystrings=tuple(Mapping(name=name, value=value) for name, value in values["querystring"].items()),
        idle_s=_idle_s(integration, around),
    )
