"""ImportRestApi and PutRestApi: an OpenAPI 2.0 or 3.0 document becomes an API, or changes one."""

import json
from collections.abc import Mapping

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.json_value import JsonObject
from innergate.resources.rest_apis import ApiResource, GatewayResponseDefinition, RestApi
from innergate.services.apigateway.api_policies import normalise_policy
from innergate.services.apigateway.api_resources import add_child, children_of, delete_tree, path_below
from innergate.services.apigateway.documentation_parts import add_parts, add_texts
from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.gateway_responses import DEFAULT_STATUS, DEFAULT_TEMPLATES, write_response
from innergate.services.apigateway.lookups import api_of, parts_of, resource_of, resources_of
from innergate.services.apigateway.openapi_api import api_params, apply_extensions
from innergate.services.apigateway.openapi_documents import INVALID, document_of
from innergate.services.apigateway.openapi_members import flag_of, object_of, objects_of, text_of, texts_of
from innergate.services.apigateway.openapi_methods import Surroundings, read_operation
from innergate.services.apigateway.openapi_paths import OPERATION_WORDS, prefix_for
from innergate.services.apigateway.openapi_schemas import write_models
from innergate.services.apigateway.openapi_security import write_authorizers
from innergate.services.apigateway.request_validators import add_validator
from innergate.services.apigateway.rest_apis import new_api, render_api
from innergate.services.context import Context, Params, Result

_OVERWRITTEN = ("model", "request-validator", "authorizer", "gateway-response", "documentation-part")


def import_api(context: Context, params: Params) -> Result:
    """ImportRestApi: a new API. Raises Fault BadRequestException; then nothing is left of it."""
    document = _read(context, params)
    options: Mapping[str, str] = params.get("parameters") or {}
    api = new_api(context, api_params(document, options), with_models=False)
    api = _write(context, api, document, params)
    return render_api(api)


def put_api(context: Context, params: Params) -> Result:
    """PutRestApi: merges the document into the API, or (mode overwrite) makes the API what it says. Raises Fault."""
    api = api_of(context, params)
    mode = params.get("mode") or "merge"
    if mode not in ("merge", "overwrite"):
        raise bad_request("Invalid mode specified. Must be one of: [merge, overwrite]")
    document = _read(context, params)
    said = api_params(document, {})
    api = msgspec.structs.replace(
        api,
        name=said["name"],
        description=said["description"] or (api.description if mode == "merge" else None),
        api_version=said["version"] or api.api_version,
    )
    if mode == "overwrite":
        _clear(context, api)
    api = _write(context, api, document, params)
    if mode == "overwrite":
        _prune(context, resource_of(context, api.id, api.root_resource_id))
    return render_api(api)


def _read(context: Context, params: Params) -> JsonObject:
    document = document_of(context, params)
    is_old = text_of(document, "swagger") == "2.0"
    is_new = (text_of(document, "openapi") or "").startswith("3.")
    if not (is_old or is_new) or not text_of(object_of(document, "info"), "title"):
        raise bad_request(INVALID)
    return document


def _clear(context: Context, api: RestApi) -> None:
    for resource in resources_of(context, api.id):
        context.tx.put(msgspec.structs.replace(resource, methods={}))
    for part in _OVERWRITTEN:
        for held in parts_of(context, api.id, part):
            context.tx.delete(held)


def _prune(context: Context, resource: ApiResource) -> bool:
    """Removes what has no method in or below it; whether something is left."""
    kept = [_prune(context, child) for child in children_of(context, resource)]
    if any(kept) or resource.methods or resource.parent_id is None:
        return True
    delete_tree(context, resource)
    return False


def _write(context: Context, api: RestApi, document: JsonObject, params: Params) -> RestApi:
    """Writes all of the document into the API. Raises Fault BadRequestException with every error that was found."""
    options: Mapping[str, str] = params.get("parameters") or {}
    warnings: list[str] = []
    errors: list[str] = []
    api = apply_extensions(api, document)
    policy = object_of(document, "x-amazon-apigateway-policy")
    if policy:
        text = json.dumps(policy)
        api = msgspec.structs.replace(api, policy=normalise_policy(text, api.region, api.account, api.id))
    try:
        write_models(context, api, document)
        about = Surroundings(
            api, document, write_authorizers(context, api, document), _validators(context, api, document)
        )
        _gateway_responses(context, api, document)
    except Fault as fault:
        raise bad_request(f"Errors found during import:\n\t{fault.message}") from None
    prefix = prefix_for(document, options.get("basepath") or "ignore")
    _paths(context, about, prefix, errors, warnings)
    if options.get("ignore") != "documentation":
        add_texts(context, api, document, prefix)
        add_parts(context, api, document)
    if errors:
        raise bad_request("Errors found during import:\n\t" + "\n\t".join(errors))
    if warnings and params.get("failOnWarnings"):
        raise bad_request("Warnings found during import:\n\t" + "\n\t".join(warnings))
    api = msgspec.structs.replace(api, warnings=tuple(warnings))
    context.tx.put(api)
    return api


def _validators(context: Context, api: RestApi, document: JsonObject) -> dict[str, str]:
    found = {str(part.body["name"]): part.part_id for part in parts_of(context, api.id, "request-validator")}
    for name, given in objects_of(document, "x-amazon-apigateway-request-validators").items():
        if name not in found:
            body, parameters = flag_of(given, "validateRequestBody"), flag_of(given, "validateRequestParameters")
            found[name] = add_validator(context, api, name, body, parameters).part_id
    return found


def _gateway_responses(context: Context, api: RestApi, document: JsonObject) -> None:
    for kind, given in objects_of(document, "x-amazon-apigateway-gateway-responses").items():
        if kind not in DEFAULT_STATUS:
            raise bad_request(f"Invalid gateway response type specified: {kind}")
        write_response(
            context,
            api,
            GatewayResponseDefinition(
                response_type=kind,
                status_code=text_of(given, "statusCode") or DEFAULT_STATUS[kind],
                response_parameters=texts_of(given, "responseParameters"),
                response_templates=texts_of(given, "responseTemplates") or DEFAULT_TEMPLATES,
            ),
        )


def _paths(context: Context, about: Surroundings, prefix: str, errors: list[str], warnings: list[str]) -> None:
    for path, item in objects_of(about.document, "paths").items():
        if not path.startswith("/"):
            errors.append(f"Invalid path specified: {path}")
            continue
        try:
            resource = _resource_at(context, about.api, f"{prefix}{path}")
        except Fault as fault:
            errors.append(f"Unable to create resource at path '{prefix}{path}': {fault.message}")
            continue
        for word, operation in item.items():
            if word in OPERATION_WORDS and operation is not None:
                _operation(context, about, resource.resource_id, word, item, errors)
            elif word not in ("parameters", "summary", "description", "servers") and not word.startswith("x-"):
                warnings.append(f"Ignoring unsupported member '{word}' of path '{path}'")


def _verb(word: str) -> str:
    return "ANY" if word.startswith("x-") else word.upper()


def _resource_at(context: Context, api: RestApi, path: str) -> ApiResource:
    at = resource_of(context, api.id, api.root_resource_id)
    for segment in filter(None, path.split("/")):
        wanted = path_below(at.path, segment)
        child = next((known for known in children_of(context, at) if known.path == wanted), None)
        at = child if child is not None else add_child(context, at, segment)
    return at


def _operation(
    context: Context, about: Surroundings, resource_id: str, word: str, item: JsonObject, errors: list[str]
) -> None:
    resource, verb = resource_of(context, about.api.id, resource_id), _verb(word)
    try:
        method = read_operation(context, about, resource, verb, object_of(item, word), item)
    except Fault as fault:
        errors.append(fault.message)
        return
    context.tx.put(msgspec.structs.replace(resource, methods={**resource.methods, verb: method}))
