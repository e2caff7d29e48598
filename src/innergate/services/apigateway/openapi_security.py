"""Who may call an operation of an OpenAPI document: its security schemes as authorizers and authorization types."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.resources.rest_apis import RestApi
from innergate.services.apigateway.authorizers import add_authorizer
from innergate.services.apigateway.lookups import parts_of
from innergate.services.context import Context

_KINDS = {"token": "TOKEN", "request": "REQUEST", "cognito_user_pools": "COGNITO_USER_POOLS", "jwt": "JWT"}
_AUTHORIZATION = {"TOKEN": "CUSTOM", "REQUEST": "CUSTOM", "COGNITO_USER_POOLS": "COGNITO_USER_POOLS", "JWT": "JWT"}


class Scheme(NamedTuple):
    """What a security scheme means to a method."""

    authorization_type: str = "NONE"
    authorizer_id: str | None = None
    api_key_required: bool = False


def write_authorizers(context: Context, api: RestApi, document: JsonObject) -> dict[str, Scheme]:
    """Writes the document's authorizers (one of the same name keeps its id); what each scheme means, by its name."""
    schemes: dict[str, Scheme] = {}
    for name, scheme in _schemes_of(document).items():
        authorizer = scheme.get("x-amazon-apigateway-authorizer")
        if isinstance(authorizer, Mapping):
            schemes[name] = _authorizer(context, api, name, scheme, authorizer)
        elif str(scheme.get("x-amazon-apigateway-authtype") or "").lower() == "awssigv4":
            schemes[name] = Scheme(authorization_type="AWS_IAM")
        elif scheme.get("type") == "apiKey" and str(scheme.get("name") or "").lower() == "x-api-key":
            schemes[name] = Scheme(api_key_required=True)
    return schemes


def _schemes_of(document: JsonObject) -> dict[str, JsonObject]:
    components = document.get("components")
    held: JsonValue = document.get("securityDefinitions")
    if held is None and isinstance(components, Mapping):
        held = components.get("securitySchemes")
    return (
        {name: scheme for name, scheme in held.items() if isinstance(scheme, Mapping)}
        if isinstance(held, Mapping)
        else {}
    )


def _authorizer(context: Context, api: RestApi, name: str, scheme: JsonObject, given: JsonObject) -> Scheme:
    kind = _KINDS.get(str(given.get("type") or "token").lower(), "TOKEN")
    known = next((p for p in parts_of(context, api.id, "authorizer") if p.body.get("name") == name), None)
    if known is not None:
        return Scheme(_AUTHORIZATION[str(known.body["type"])], known.part_id)
    params: dict[str, Any] = {
        member: given.get(member)
        for member in (
            "authorizerUri",
            "authorizerCredentials",
            "identitySource",
            "identityValidationExpression",
            "authorizerResultTtlInSeconds",
            "providerARNs",
            "jwtConfiguration",
        )
    }
    if params["identitySource"] is None and scheme.get("in") == "header" and kind != "REQUEST":
        params["identitySource"] = f"method.request.header.{scheme.get('name')}"
    params |= {"name": name, "type": kind, "authType": scheme.get("x-amazon-apigateway-authtype")}
    return Scheme(_AUTHORIZATION[kind], add_authorizer(context, api, params).part_id)


def security_of(operation: JsonObject, schemes: Mapping[str, Scheme]) -> dict[str, Any]:
    """The authorization members of PutMethod for an operation."""
    found: dict[str, Any] = {"authorizationType": "NONE"}
    listed = operation.get("security")
    for requirement in listed if isinstance(listed, list) else []:
        for name, scopes in requirement.items() if isinstance(requirement, Mapping) else ():
            scheme = schemes.get(name)
            if scheme is None:
                continue
            if scheme.api_key_required:
                found["apiKeyRequired"] = True
                continue
            found |= {"authorizationType": scheme.authorization_type, "authorizerId": scheme.authorizer_id}
            if isinstance(scopes, list) and scopes:
                found["authorizationScopes"] = [str(scope) for scope in scopes]
    explicit = operation.get("x-amazon-apigateway-auth")
    if isinstance(explicit, Mapping) and isinstance(explicit.get("type"), str):
        kind = str(explicit["type"]).upper()
        found = {**found, "authorizationType": kind} if kind in ("NONE", "AWS_IAM") else found
    return found
