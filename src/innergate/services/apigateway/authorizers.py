"""Authorizers: who is asked whether a request may pass. Here their records only; the data plane enforces them."""

from typing import Any

import msgspec

from innergate.primitives.ids import fresh_api_id
from innergate.primitives.json_value import JsonValue
from innergate.resources.rest_apis import ApiPart, RestApi
from innergate.services.apigateway.api_parts import delete_part, make_part
from innergate.services.apigateway.faults import bad_request, conflict, not_found
from innergate.services.apigateway.jwt_configurations import check_jwt_authorizer
from innergate.services.apigateway.limits import AUTHORIZER_TTL_MAX_S
from innergate.services.apigateway.lookups import api_of, find_api, part_of, parts_of, resources_of
from innergate.services.apigateway.paging import page_of
from innergate.services.apigateway.passed_roles import check_passed_role
from innergate.services.apigateway.patches import Patch, invalid_path, read_int, read_patches, require_op
from innergate.services.context import Context, Params, Result

_KIND = "authorizer"
_TYPES = ("TOKEN", "REQUEST", "COGNITO_USER_POOLS", "JWT")
_BAD_TTL = f"Authorizer result TTL must be between 0 and {AUTHORIZER_TTL_MAX_S} seconds"
_TEXTS = (
    "name",
    "type",
    "authType",
    "authorizerUri",
    "authorizerCredentials",
    "identitySource",
    "identityValidationExpression",
)


def create(context: Context, params: Params) -> Result:
    """CreateAuthorizer. Raises Fault ConflictException for an unknown API (recorded), BadRequestException."""
    api = find_api(context, params["restApiId"])
    if api is None:
        raise conflict("Unable to complete operation due to concurrent modification. Please try again later.")
    return render_authorizer(add_authorizer(context, api, params))


def add_authorizer(context: Context, api: RestApi, params: Params) -> ApiPart:
    """Writes the authorizer that CreateAuthorizer's parameters describe. Raises Fault BadRequestException."""
    kind = params["type"]
    own_id = fresh_api_id(context.ids, 6)
    ttl = params.get("authorizerResultTtlInSeconds")
    body: dict[str, JsonValue] = {name: params.get(name) or None for name in _TEXTS}
    body["id"] = own_id
    body["authType"] = params.get("authType") or {"COGNITO_USER_POOLS": "cognito_user_pools", "JWT": "jwt"}.get(
        kind, "custom"
    )
    body["providerARNs"] = list(params["providerARNs"]) if params.get("providerARNs") else None
    jwt = params.get("jwtConfiguration")
    body["jwtConfiguration"] = dict(jwt) if jwt else None
    body["authorizerResultTtlInSeconds"] = 300 if ttl is None and kind in ("TOKEN", "REQUEST") else ttl
    if kind == "TOKEN" and not body["identitySource"]:
        body["identitySource"] = "method.request.header.Authorization"
    made = make_part(api, _KIND, own_id, body)
    _check(context, made)
    check_passed_role(context, str(body["authorizerCredentials"] or ""))
    context.tx.put(made)
    return made


def _check(context: Context, authorizer: ApiPart) -> None:
    body = authorizer.body
    kind, ttl = body.get("type"), body.get("authorizerResultTtlInSeconds")
    if kind not in _TYPES:
        raise bad_request("Invalid authorizer type specified. Valid options are TOKEN,REQUEST,COGNITO_USER_POOLS,JWT")
    if isinstance(ttl, int) and not 0 <= ttl <= AUTHORIZER_TTL_MAX_S:
        raise bad_request(_BAD_TTL)
    if kind in ("TOKEN", "REQUEST") and not body.get("authorizerUri"):
        raise bad_request("Invalid Authorizer URI: authorizerUri must be specified for TOKEN and REQUEST authorizers")
    if kind == "REQUEST" and ttl != 0 and not body.get("identitySource"):
        raise bad_request("Identity source must be specified when caching is enabled")
    if kind == "COGNITO_USER_POOLS" and not body.get("providerARNs"):
        raise bad_request("Cognito user pool ARNs must be specified for authorizers of type COGNITO_USER_POOLS")
    if kind == "JWT":
        check_jwt_authorizer(body)
    for other in parts_of(context, authorizer.rest_api_id, _KIND):
        if other.part_id != authorizer.part_id and other.body.get("name") == body.get("name"):
            raise bad_request(
                f"Authorizer name must be unique. Authorizer {body.get('name')} already exists in this RestApi."
            )


def render_authorizer(authorizer: ApiPart) -> dict[str, Any]:
    """The authorizer's document."""
    return dict(authorizer.body)


def _authorizer_of(context: Context, params: Params) -> ApiPart:
    found = part_of(context, params["restApiId"], _KIND, params["authorizerId"])
    if found is None:
        raise not_found("Invalid Authorizer identifier specified")
    return found


def get(context: Context, params: Params) -> Result:
    """GetAuthorizer."""
    return render_authorizer(_authorizer_of(context, params))


def list_all(context: Context, params: Params) -> Result:
    """GetAuthorizers."""
    api = api_of(context, params)
    return page_of(params, parts_of(context, api.id, _KIND), render_authorizer)


def update(context: Context, params: Params) -> Result:
    """UpdateAuthorizer. Raises Fault."""
    authorizer = _authorizer_of(context, params)
    for patch in read_patches(params):
        body = _apply(dict(authorizer.body), patch)
        authorizer = msgspec.structs.replace(
            authorizer, body={name: member for name, member in body.items() if member is not None}
        )
    _check(context, authorizer)
    if any(patch.segments == ("authorizerCredentials",) for patch in read_patches(params)):
        check_passed_role(context, str(authorizer.body.get("authorizerCredentials") or ""))
    context.tx.put(authorizer)
    return render_authorizer(authorizer)


def _apply(body: dict[str, JsonValue], patch: Patch) -> dict[str, JsonValue]:
    match patch.segments:
        case (name,) if name in _TEXTS:
            require_op(patch, "replace", "remove")
            return {**body, name: (patch.value or None) if patch.op == "replace" else None}
        case ("authorizerResultTtlInSeconds",):
            require_op(patch, "replace")
            return {**body, "authorizerResultTtlInSeconds": read_int(patch.value, _BAD_TTL)}
        case ("providerARNs",):
            require_op(patch, "add", "remove")
            held = body.get("providerARNs")
            kept = [arn for arn in held if arn != patch.text] if isinstance(held, list) else []
            return {**body, "providerARNs": [*kept, patch.text] if patch.op == "add" else kept}
        case _:
            raise invalid_path(patch)


def delete(context: Context, params: Params) -> Result:
    """DeleteAuthorizer. Raises Fault ConflictException while a method asks it."""
    authorizer = _authorizer_of(context, params)
    for resource in resources_of(context, authorizer.rest_api_id):
        for verb, method in resource.methods.items():
            if method.authorizer_id == authorizer.part_id:
                raise conflict(
                    f"Cannot delete authorizer '{authorizer.part_id}', is referenced in method: {resource.path}/{verb}"
                )
    delete_part(context, authorizer)
    return {}
