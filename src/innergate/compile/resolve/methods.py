"""One method of a deployment -> what it does."""

import re
from collections.abc import Mapping as Dict

from innergate.compile.resolve.api_blueprint import Action, BrokenAction, Mapping, ProxyAction, Value
from innergate.compile.resolve.api_mocks import resolve_mock
from innergate.compile.resolve.api_path_order import path_variables
from innergate.compile.resolve.api_uris import IntegrationUri, parse_uri
from innergate.compile.resolve.api_values import Surroundings, fill_stage_variables, resolve_value
from innergate.resources.rest_apis import Integration, MethodDefinition

_TARGET = re.compile(r"integration\.request\.(path|querystring|header)\.(.+)")

_FORBIDDEN_HEADERS = frozenset({"content-length", "transfer-encoding", "x-amzn-trace-id", "x-amzn-apigateway-api-id"})
"""Mapping to one of these answers 500 (developer guide, "Amazon API Gateway important notes")."""


def resolve_action(method: MethodDefinition, path: str, around: Surroundings, validates: bool) -> Action:
    """What the method does. `validates`: its request validator checks something, which is for the runtime."""
    integration = method.method_integration
    if integration is None:
        return BrokenAction(reason="the method has no integration")
    if method.authorization_type != "NONE":
        return BrokenAction(reason=f"authorization {method.authorization_type} needs the runtime")
    if validates:
        return BrokenAction(reason="request validation needs the runtime")
    if integration.type == "MOCK":
        return resolve_mock(method, integration, around)
    if integration.type == "HTTP_PROXY":
        return _resolve_proxy(method, integration, path, around)
    return BrokenAction(reason=f"integration type {integration.type} needs the runtime")


def _resolve_proxy(method: MethodDefinition, integration: Integration, path: str, around: Surroundings) -> Action:
    values: dict[str, dict[str, Value]] = {"path": {}, "querystring": {}, "header": {}}
    known = set(path_variables(path))
    for target, expression in sorted((integration.request_parameters or {}).items()):
        place, value = _TARGET.fullmatch(target), resolve_value(expression, around)
        if place is None or value is None:
            return BrokenAction(reason=f"the mapping {target} = {expression} needs the runtime")
        if value.source == "path" and value.text not in known:
            return BrokenAction(reason=f"the mapping {target} = {expression} names no path parameter of {path}")
        if place[1] == "header" and place[2].lower() in _FORBIDDEN_HEADERS:
            return BrokenAction(reason=f"a mapping must not set the header {place[2]}")
        values[place[1]][place[2]] = value
    if any(value.source not in ("path", "static") for value in values["path"].values()):
        return BrokenAction(reason="only path parameters and static values can fill the integration's path")
    uri = parse_uri(fill_stage_variables(integration.uri or "", around.variables), values["path"])
    if uri is None:
        return BrokenAction(reason=f"the integration's URI {integration.uri!r} is no HTTP URL with a fixed host")
    return _proxy(method, integration, uri, values, around)


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
        return BrokenAction(reason=f"sending {method.http_method} on as {verb} needs the runtime")
    if integration.connection_type == "VPC_LINK" and not link:
        return BrokenAction(reason="the integration names no VPC link")
    return ProxyAction(
        scheme=uri.scheme,
        host=uri.host,
        port=uri.port,
        path=uri.path,
        query=uri.query,
        link_id=link if integration.connection_type == "VPC_LINK" else "",
        headers=tuple(Mapping(name=name, value=value) for name, value in values["header"].items()),
        querystrings=tuple(Mapping(name=name, value=value) for name, value in values["querystring"].items()),
        timeout_ms=integration.timeout_in_millis,
        skips_verification=bool(integration.tls_config and integration.tls_config.insecure_skip_verification),
    )
