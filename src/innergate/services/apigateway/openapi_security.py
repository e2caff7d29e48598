"""Who may call an operation of an OpenAPI document: its security schemes as authorizers and authorization types."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from innergate.primitives.json_value import JsonObject
from innergate.resources.rest_apis import RestApi
from innergate.services.apigateway.authorizers import add_authorizer
from innergate.services.apigateway.lookups import parts_of
from innergate.services.apigateway.openapi_members import (
    flag_of,
    integer_of,
    list_of,
    object_list_of,
    object_of,
    objects_of,
    text_of,
)
from innergate.services.context import Context

_AUTHORIZER = "x-amazon-apigateway-authorizer"
_KINDS = {"token": "TOKEN", "request": "REQUEST", "cognito_user_pools": "COGNITO_USER_POOLS", "jwt": "JWT"}
_AUTHORIZATION = {"TOKEN": "CUSTOM", "REQUEST": "CUSTOM", "COGNITO_USER_POOLS": "COGNITO_USER_POOLS", "JWT": "JWT"}
_AUTHORIZER_TEXTS = ("authorizerUri", "authorizerCredentials", "identitySource", "identityValidationExpression")


class Scheme(NamedTuple):
    """What a security scheme means to a method."""

    authorization_type: str = "NONE"
    authorizer_id: str | None = None
    api_key_required: bool = False


def write_authorizers(context: Context, api: RestApi, document: JsonObject) -> dict[str, Scheme]:
    """Writes the document's authorizers (one of the same name keeps its id); what each scheme means, by its name.
    Raises Fault BadRequestException."""
    schemes = read_schemes(document)
    for name, scheme in schemes_of(document).items():
        authorizer = object_of(scheme, _AUTHORIZER)
        if authorizer:
            schemes[name] = _authorizer(context, api, name, scheme, authorizer)
    return schemes


def read_schemes(document: JsonObject) -> dict[str, Scheme]:
    """What each scheme means, by its name, while no authorizer has an id. Raises Fault BadRequestException."""
    schemes: dict[str, Scheme] = {}
    for name, scheme in schemes_of(document).items():
        if authorizer := object_of(scheme, _AUTHORIZER):
            schemes[name] = Scheme(_AUTHORIZATION[_kind_of(authorizer)])
        elif (text_of(scheme, "x-amazon-apigateway-authtype") or "").lower() == "awssigv4":
            schemes[name] = Scheme(authorization_type="AWS_IAM")
        elif scheme.get("type") == "apiKey" and (text_of(scheme, "name") or "").lower() == "x-api-key":
            schemes[name] = Scheme(api_key_required=True)
    return schemes


def read_authorizer_kinds(document: JsonObject) -> list[tuple[str, str | None]]:
    """Type and URI of each authorizer of a document. Raises Fault BadRequestException."""
    given = (object_of(scheme, _AUTHORIZER) for scheme in schemes_of(document).values())
    return [(_kind_of(authorizer), text_of(authorizer, "authorizerUri")) for authorizer in given if authorizer]


def _kind_of(authorizer: JsonObject) -> str:
    return _KINDS.get((text_of(authorizer, "type") or "token").lower(), "TOKEN")


def schemes_of(document: JsonObject) -> dict[str, JsonObject]:
    """The security schemes of a 2.0 or 3.0 document. Raises Fault BadRequestException."""
    if document.get("securityDefinitions") is not None:
        return objects_of(document, "securityDefinitions")
    return objects_of(object_of(document, "components"), "securitySchemes")


def _authorizer(context: Context, api: RestApi, name: str, scheme: JsonObject, given: JsonObject) -> Scheme:
    kind = _kind_of(given)
    known = next((p for p in parts_of(context, api.id, "authorizer") if p.body.get("name") == name), None)
    if known is not None:
        return Scheme(_AUTHORIZATION[str(known.body["type"])], known.part_id)
    params: dict[str, Any] = {member: text_of(given, member) for member in _AUTHORIZER_TEXTS}
    if params["identitySource"] is None and scheme.get("in") == "header" and kind != "REQUEST":
        params["identitySource"] = f"method.request.header.{text_of(scheme, 'name')}"
    params |= {
        "name": name,
        "type": kind,
        "authType": text_of(scheme, "x-amazon-apigateway-authtype"),
        "authorizerResultTtlInSeconds": integer_of(given, "authorizerResultTtlInSeconds"),
        "providerARNs": list_of(given, "providerARNs"),
        "jwtConfiguration": _jwt_configuration(object_of(given, "jwtConfiguration")),
    }
    return Scheme(_AUTHORIZATION[kind], add_authorizer(context, api, params).part_id)


def _jwt_configuration(given: JsonObject) -> dict[str, Any] | None:
    """CreateAuthorizer's jwtConfiguration; what it may hold is checked there."""
    if not given:
        return None
    issuers = [
        {
            "issuer": text_of(issuer, "issuer"),
            "audiences": list_of(issuer, "audiences"),
            "additionalClaims": [_claim(claim) for claim in object_list_of(issuer, "additionalClaims")],
        }
        for issuer in object_list_of(given, "issuers")
    ]
    return {"defaultAlgorithms": list_of(given, "defaultAlgorithms"), "issuers": issuers}


def _claim(given: JsonObject) -> dict[str, Any]:
    return {
        "claimName": text_of(given, "claimName"),
        "format": text_of(given, "format") or "SINGLE_STRING",
        "required": flag_of(given, "required"),
        "expectedValues": list_of(given, "expectedValues"),
    }


def security_of(operation: JsonObject, schemes: Mapping[str, Scheme]) -> dict[str, Any]:
    """The authorization members of PutMethod for an operation. Raises Fault BadRequestException."""
    found: dict[str, Any] = {"authorizationType": "NONE"}
    for requirement in object_list_of(operation, "security"):
        for name in requirement:
            scheme = schemes.get(name)
            if scheme is None:
                continue
            if scheme.api_key_required:
                found["apiKeyRequired"] = True
                continue
            found |= {"authorizationType": scheme.authorization_type, "authorizerId": scheme.authorizer_id}
            scopes = list_of(requirement, name)
            if scopes:
                found["authorizationScopes"] = scopes
    explicit = (text_of(object_of(operation, "x-amazon-apigateway-auth"), "type") or "").upper()
    return {**found, "authorizationType": explicit} if explicit in ("NONE", "AWS_IAM") else found
