"""GetExport: what a stage serves, as an OpenAPI 2.0 or 3.0 document (forms recorded from AWS)."""

import json
from collections.abc import Mapping
from typing import Any

import yaml

from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.resources.deployments import ApiDefinition, DeployedResource, Deployment
from innergate.resources.rest_apis import Integration, MethodDefinition, RestApi
from innergate.services.apigateway.documentation_versions import documentation_of, export_version
from innergate.services.apigateway.documents import show
from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.lookups import api_of
from innergate.services.apigateway.openapi_documentation_out import write_documentation
from innergate.services.apigateway.openapi_methods_out import export_method
from innergate.services.apigateway.stages import stage_of
from innergate.services.context import Context, Params, Result

_EXTENSIONS = ("integrations", "authorizers", "apigateway", "postman", "documentation")
_DOCUMENTED = {"apigateway", "documentation"}
"""With these, and without any, an export has the stage's documentation (developer guide, "Publish API documentation")."""
_SIGV4: JsonObject = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "x-amazon-apigateway-authtype": "awsSigv4",
}
_API_KEY: JsonObject = {"type": "apiKey", "name": "x-api-key", "in": "header"}


class _WrittenOut(yaml.SafeDumper):
    """Says twice what a document has twice; AWS's exports have no anchors."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def get(context: Context, params: Params) -> Result:
    """GetExport of `swagger` or `oas30`, in JSON or (accepts) YAML. Raises Fault NotFoundException, BadRequestException."""
    api, stage = api_of(context, params), stage_of(context, params)
    kind = params["exportType"]
    if kind not in ("swagger", "oas30"):
        raise bad_request("No API exporter found for type " + kind)
    wanted = {word for word in ((params.get("parameters") or {}).get("extensions") or "").split(",") if word}
    if not wanted <= set(_EXTENSIONS):
        raise bad_request(f"Invalid extensions specified. Must be one of: [{', '.join(_EXTENSIONS)}]")
    deployment = context.tx.get(Deployment, f"{api.id}/{stage.deployment_id}")
    if deployment is None:
        raise bad_request("Deployment id does not exist")
    document = _document(api, deployment.definition, stage.stage_name, kind == "swagger", wanted)
    if stage.documentation_version and (not wanted or wanted & _DOCUMENTED):
        documentation = export_version(context, api.id, stage.documentation_version)
        if documentation:
            write_documentation(document, documentation_of(documentation))
            document["x-amazon-apigateway-documentation"] = documentation
    in_yaml = "yaml" in (params.get("accepts") or "")
    text = yaml.dump(document, Dumper=_WrittenOut, sort_keys=False) if in_yaml else json.dumps(document, indent=2)
    name = f"{kind}_{_version(api)}.{'yaml' if in_yaml else 'json'}"
    return {
        "contentType": "application/octet-stream",
        "contentDisposition": f'attachment; filename="{name}"',
        "body": text.encode(),
    }


def _version(api: RestApi) -> str:
    return api.api_version or api.created_date.strftime("%Y-%m-%dT%H:%M:%SZ")


def _document(
    api: RestApi, definition: ApiDefinition, stage: str, old: bool, extensions: set[str]
) -> dict[str, JsonValue]:
    info: dict[str, JsonValue] = {"title": api.name, "version": _version(api)}
    if api.description:
        info["description"] = api.description
    host = f"{api.id}.execute-api.{api.region}.amazonaws.com"
    document: dict[str, JsonValue]
    if old:
        document = {"swagger": "2.0", "info": info, "host": host, "basePath": f"/{stage}", "schemes": ["https"]}
    else:
        server: dict[str, JsonValue] = {
            "url": f"https://{host}/{{basePath}}",
            "variables": {"basePath": {"default": stage}},
        }
        document = {"openapi": "3.0.1", "info": info, "servers": [server]}
    whole = "apigateway" in extensions
    document["paths"] = {
        resource.path: _path(resource, definition, old, whole or "integrations" in extensions)
        for resource in sorted(definition.resources, key=lambda resource: resource.path)
        if resource.methods
    }
    schemas = _schemas(definition, api.id, old)
    schemes = _schemes(definition, whole or "authorizers" in extensions)
    if old:
        document |= {"securityDefinitions": schemes} if schemes else {}
        document |= {"definitions": schemas} if schemas else {}
    else:
        document["components"] = ({"schemas": schemas} if schemas else {}) | (
            {"securitySchemes": schemes} if schemes else {}
        )
    return document | ({**_api_extensions(definition), **_security_extensions(api)} if whole else {})


def _security_extensions(api: RestApi) -> dict[str, JsonValue]:
    """What no deployment freezes."""
    found = {
        "x-amazon-apigateway-security-policy": api.security_policy,
        "x-amazon-apigateway-endpoint-access-mode": api.endpoint_access_mode,
    }
    return {name: value for name, value in found.items() if value is not None}


def _path(resource: DeployedResource, definition: ApiDefinition, old: bool, integrations: bool) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    for verb, method in sorted(resource.methods.items()):
        operation = export_method(method, old)
        security = _security(method, definition)
        if security:
            operation["security"] = security
        validators = definition.parts.get("request-validator", {})
        if integrations and method.request_validator_id in validators:
            operation["x-amazon-apigateway-request-validator"] = validators[method.request_validator_id]["name"]
        if integrations and method.method_integration is not None:
            operation["x-amazon-apigateway-integration"] = _integration(method.method_integration, resource)
        found["x-amazon-apigateway-any-method" if verb == "ANY" else verb.lower()] = operation
    return found


def _integration(integration: Integration, resource: DeployedResource) -> dict[str, JsonValue]:
    shown: dict[str, Any] = show(integration, frozenset({"integrationResponses"}))
    shown["type"] = integration.type.lower()
    shown["passthroughBehavior"] = integration.passthrough_behavior.lower()
    if integration.cache_namespace == resource.resource_id:
        del shown["cacheNamespace"]
    if integration.timeout_in_millis == 29000:
        del shown["timeoutInMillis"]
    if not integration.cache_key_parameters:
        del shown["cacheKeyParameters"]
    if integration.integration_responses:
        shown["responses"] = {
            response.selection_pattern or "default": show(response, frozenset({"selectionPattern"}))
            for response in integration.integration_responses.values()
        }
    return shown


def _schemas(definition: ApiDefinition, api_id: str, old: bool) -> dict[str, JsonValue]:
    prefix = "#/definitions/" if old else "#/components/schemas/"
    found: dict[str, JsonValue] = {}
    for name, model in sorted(definition.parts.get("model", {}).items()):
        text = str(model["schema"]).replace(f"https://apigateway.amazonaws.com/restapis/{api_id}/models/", prefix)
        schema = json.loads(text)
        schema.pop("$schema", None)
        found[name] = schema
    return found


def _security(method: MethodDefinition, definition: ApiDefinition) -> list[JsonValue]:
    found: list[JsonValue] = [{"api_key": []}] if method.api_key_required else []
    if method.authorization_type == "AWS_IAM":
        found.append({"sigv4": []})
    authorizer = definition.parts.get("authorizer", {}).get(method.authorizer_id or "")
    if authorizer is not None:
        found.append({str(authorizer["name"]): list(method.authorization_scopes or ())})
    return found


def _schemes(definition: ApiDefinition, whole: bool) -> dict[str, JsonValue]:
    methods = [method for resource in definition.resources for method in resource.methods.values()]
    found: dict[str, JsonValue] = {}
    if any(method.api_key_required for method in methods):
        found["api_key"] = dict(_API_KEY)
    if any(method.authorization_type == "AWS_IAM" for method in methods):
        found["sigv4"] = dict(_SIGV4)
    for authorizer in definition.parts.get("authorizer", {}).values():
        found[str(authorizer["name"])] = _authorizer(authorizer, whole)
    return found


def _authorizer(authorizer: Mapping[str, JsonValue], whole: bool) -> JsonValue:
    header = str(authorizer.get("identitySource") or "").removeprefix("method.request.header.")
    scheme: dict[str, JsonValue] = {"type": "apiKey", "name": header or "Unused", "in": "header"}
    scheme["x-amazon-apigateway-authtype"] = authorizer.get("authType")
    if whole:
        kept = {name: member for name, member in authorizer.items() if name not in ("id", "name", "authType")}
        scheme["x-amazon-apigateway-authorizer"] = {**kept, "type": str(authorizer["type"]).lower()}
    return scheme


def _api_extensions(definition: ApiDefinition) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    if definition.policy:
        found["x-amazon-apigateway-policy"] = json.loads(definition.policy)
    if definition.binary_media_types:
        found["x-amazon-apigateway-binary-media-types"] = list(definition.binary_media_types)
    if definition.minimum_compression_size is not None:
        found["x-amazon-apigateway-minimum-compression-size"] = definition.minimum_compression_size
    if definition.api_key_source != "HEADER":
        found["x-amazon-apigateway-api-key-source"] = definition.api_key_source
    if definition.gateway_responses:
        found["x-amazon-apigateway-gateway-responses"] = {
            kind: show(response, frozenset({"responseType"})) for kind, response in definition.gateway_responses.items()
        }
    validators = definition.parts.get("request-validator", {})
    if validators:
        found["x-amazon-apigateway-request-validators"] = {
            str(held["name"]): {name: held[name] for name in ("validateRequestBody", "validateRequestParameters")}
            for held in validators.values()
        }
    return found
