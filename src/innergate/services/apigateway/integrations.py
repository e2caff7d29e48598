"""Integrations: where a method's requests go."""

from typing import Any

import msgspec

from innergate.resources.rest_apis import Integration, TlsConfig
from innergate.services.apigateway.documents import show
from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.integration_checks import check_integration
from innergate.services.apigateway.lookups import method_of
from innergate.services.apigateway.patches import (
    NO_CONTENT_TYPE,
    NO_PARAMETER,
    Patch,
    invalid_path,
    patch_entry,
    read_bool,
    read_int,
    read_patches,
    require_op,
)
from innergate.services.context import Context, Params, Result

_TEXTS = {
    "uri": "uri",
    "httpMethod": "http_method",
    "credentials": "credentials",
    "connectionId": "connection_id",
    "connectionType": "connection_type",
    "passthroughBehavior": "passthrough_behavior",
    "contentHandling": "content_handling",
    "cacheNamespace": "cache_namespace",
    "responseTransferMode": "response_transfer_mode",
    "integrationTarget": "integration_target",
    "type": "type",
}


def put(context: Context, params: Params) -> Result:
    """PutIntegration: sets or replaces the method's integration; its responses go. Raises Fault."""
    found = method_of(context, params)
    integration = read_integration(context, params)
    found.write(context, msgspec.structs.replace(found.method, method_integration=integration))
    return render_integration(integration)


def read_integration(context: Context, params: Params) -> Integration:
    """The integration that PutIntegration's parameters describe, checked. Raises Fault BadRequestException."""
    tls = params.get("tlsConfig")
    timeout = params.get("timeoutInMillis")
    integration = Integration(
        type=params["type"],
        http_method=params.get("integrationHttpMethod") or None,
        uri=params.get("uri") or None,
        connection_type=params.get("connectionType") or None,
        connection_id=params.get("connectionId") or None,
        credentials=params.get("credentials") or None,
        request_parameters=dict(params["requestParameters"]) if params.get("requestParameters") else None,
        request_templates=dict(params["requestTemplates"]) if params.get("requestTemplates") else None,
        passthrough_behavior=(params.get("passthroughBehavior") or "WHEN_NO_MATCH").upper(),
        content_handling=params.get("contentHandling") or None,
        timeout_in_millis=29000 if timeout is None else timeout,
        cache_namespace=params.get("cacheNamespace") or params["resourceId"],
        cache_key_parameters=tuple(params.get("cacheKeyParameters") or ()),
        tls_config=None
        if tls is None
        else TlsConfig(insecure_skip_verification=bool(tls.get("insecureSkipVerification"))),
        response_transfer_mode=params.get("responseTransferMode") or None,
        integration_target=params.get("integrationTarget") or None,
    )
    check_integration(context, integration)
    return integration


def render_integration(integration: Integration) -> dict[str, Any]:
    """The integration as AWS answers it: `connectionType` only where it was set, responses only where there are some."""
    shown = show(integration)
    for name in ("integrationResponses", "requestParameters", "requestTemplates"):
        if name in shown and not shown[name]:
            del shown[name]
    return shown


def get(context: Context, params: Params) -> Result:
    """GetIntegration."""
    return render_integration(method_of(context, params).integration())


def delete(context: Context, params: Params) -> Result:
    """DeleteIntegration."""
    found = method_of(context, params)
    found.integration()
    found.write(context, msgspec.structs.replace(found.method, method_integration=None))
    return {}


def update(context: Context, params: Params) -> Result:
    """UpdateIntegration. Raises Fault."""
    found = method_of(context, params)
    integration = found.integration()
    for patch in read_patches(params):
        integration = _apply(integration, patch)
    check_integration(context, integration)
    found.write(context, msgspec.structs.replace(found.method, method_integration=integration))
    return render_integration(integration)


def _apply(integration: Integration, patch: Patch) -> Integration:
    match patch.segments:
        case (name,) if name in _TEXTS:
            return _text(integration, patch, name)
        case ("timeoutInMillis",):
            require_op(patch, "replace")
            timeout = read_int(patch.value, "Timeout should be between 50 ms and 29000 ms")
            return msgspec.structs.replace(integration, timeout_in_millis=timeout)
        case ("tlsConfig", "insecureSkipVerification"):
            require_op(patch, "add", "replace", "remove")
            skip = patch.op != "remove" and read_bool(patch.value)
            return msgspec.structs.replace(integration, tls_config=TlsConfig(insecure_skip_verification=skip))
        case ("cacheKeyParameters",) | ("cacheKeyParameters", _):
            return _cache_key(integration, patch)
        case ("requestParameters", name):
            return _request_parameter(integration, patch, name)
        case ("requestTemplates", content_type):
            return _request_template(integration, patch, content_type)
        case _:
            raise invalid_path(patch)


def _text(integration: Integration, patch: Patch, name: str) -> Integration:
    require_op(patch, "replace", "remove")
    value = patch.value if patch.op == "replace" else None
    changed = msgspec.structs.asdict(integration) | {_TEXTS[name]: value or None}
    if not changed["passthrough_behavior"]:
        changed["passthrough_behavior"] = "WHEN_NO_MATCH"
    if changed["cache_namespace"] is None:
        changed["cache_namespace"] = ""
    return Integration(**changed)


def _cache_key(integration: Integration, patch: Patch) -> Integration:
    require_op(patch, "add", "remove", "replace")
    name = patch.segments[1] if len(patch.segments) == 2 else patch.text
    kept = [key for key in integration.cache_key_parameters if key != name]
    if patch.op != "remove":
        kept.append(name)
    return msgspec.structs.replace(integration, cache_key_parameters=tuple(kept))


def _request_parameter(integration: Integration, patch: Patch, name: str) -> Integration:
    def read(patch: Patch) -> str:
        if not patch.value:
            raise bad_request("Invalid null or empty value in requestParameters")
        return patch.value

    parameters = patch_entry(integration.request_parameters, patch, name, NO_PARAMETER, read)
    return msgspec.structs.replace(integration, request_parameters=parameters or None)


def _request_template(integration: Integration, patch: Patch, content_type: str) -> Integration:
    templates = patch_entry(
        integration.request_templates, patch, content_type, NO_CONTENT_TYPE, lambda given: given.value
    )
    return msgspec.structs.replace(integration, request_templates=templates or None)
