"""Whatever stands in an OpenAPI document: it becomes an API, or is refused as AWS refuses and nothing is left of it."""

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.session import Session
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fuzzing import fuzzed

from innergate.primitives.fault import Fault
from innergate.services.apigateway.operations import OPERATIONS
from innergate.testing.services import ServiceHarness

MODEL = Session().get_service_model("apigateway")
URI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:1:function:f/invocations"


def authorizer(kind: str, **members: Any) -> dict[str, Any]:
    """A security scheme."""
    asked = (
        {"type": kind, "authorizerResultTtlInSeconds": 30, **members} if kind != "jwt" else {"type": kind, **members}
    )
    return {"type": "apiKey", "name": "A", "in": "header", "x-amazon-apigateway-authorizer": asked}


INTEGRATION = {
    "type": "http",
    "httpMethod": "GET",
    "uri": "https://example.com/{id}",
    "requestParameters": {"integration.request.path.id": "method.request.path.id"},
    "cacheKeyParameters": ["method.request.path.id"],
    "timeoutInMillis": 1000,
    "passthroughBehavior": "never",
    "tlsConfig": {"insecureSkipVerification": True},
    "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": "{}"}}},
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.1",
    "info": {"title": "pets", "version": "1.0", "description": "d"},
    "servers": [{"url": "https://x/{basePath}", "variables": {"basePath": {"default": "/v1"}}}],
    "paths": {
        "/pets/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {
                "operationId": "GetPet",
                "parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}],
                "security": [{"key": []}, {"pool": ["read"]}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}},
                "responses": {"200": {"description": "ok", "headers": {"X": {"schema": {"type": "string"}}}}},
                "x-amazon-apigateway-integration": INTEGRATION,
                "x-amazon-apigateway-request-validator": "all",
            },
        }
    },
    "components": {
        "schemas": {"Pet": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Pet"}}}},
        "securitySchemes": {
            "key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
            "pool": authorizer("cognito_user_pools", providerARNs=["arn:aws:cognito-idp:us-east-1:1:userpool/p"]),
            "asked": authorizer("request", authorizerUri=URI, identitySource="method.request.header.A"),
            "token": authorizer(
                "jwt",
                jwtConfiguration={
                    "defaultAlgorithms": ["RS256"],
                    "issuers": [{"issuer": "https://x", "audiences": ["a"], "additionalClaims": [{"claimName": "c"}]}],
                },
            ),
        },
    },
    "x-amazon-apigateway-documentation": {
        "documentationParts": [{"location": {"type": "METHOD", "path": "/pets"}, "properties": {"summary": "s"}}]
    },
    "x-amazon-apigateway-minimum-compression-size": 10,
    "x-amazon-apigateway-endpoint-configuration": {"vpcEndpointIds": ["vpce-1"], "disableExecuteApiEndpoint": True},
    "x-amazon-apigateway-request-validators": {"all": {"validateRequestBody": True}},
    "x-amazon-apigateway-gateway-responses": {"DEFAULT_4XX": {"statusCode": 404, "responseTemplates": {"a/b": "x"}}},
    "x-amazon-apigateway-binary-media-types": ["image/png"],
    "x-amazon-apigateway-policy": {
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]
    },
}
ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 700)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    | st.just(10**30)
    | st.sampled_from(["$ref", "#/components/schemas/Pet", "#/nowhere", "GET", "/pets", "{x+}", "mock", "200"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("a$/{}x", max_size=5), inner, max_size=3),
    max_leaves=6,
)
MODES = st.sampled_from([{}, {"basepath": "prepend"}, {"basepath": "split"}, {"basepath": "x"}])


def places(value: Any) -> list[tuple[Any, Any]]:
    """Each (container, key) inside."""
    items = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    return [place for key, inner in items for place in ((value, key), *places(inner))]


def without_nulls(value: Any) -> Any:
    """As the wire writes it."""
    if isinstance(value, Mapping):
        return {name: without_nulls(member) for name, member in value.items() if member is not None}
    return [without_nulls(member) for member in value] if isinstance(value, list | tuple) else value


def answer(harness: ServiceHarness, operation: str, **params: Any) -> Mapping[str, Any]:
    """What it answers, which has the types of AWS's model."""
    result = harness.call(operation, **params)
    shape = MODEL.operation_model(operation).output_shape
    assert shape is not None
    report = ParamValidator().validate(without_nulls(result), shape)
    assert not report.has_errors(), report.generate_report()
    return result


def look_at(harness: ServiceHarness, api: str) -> None:
    """Everything that an import may have written is readable, and can be deployed."""
    answer(harness, "GetResources", restApiId=api, embed=["methods"])
    for parts in ("Authorizers", "Models", "RequestValidators", "GatewayResponses", "DocumentationParts"):
        answer(harness, f"Get{parts}", restApiId=api)
    refused: list[str] = []
    try:
        answer(harness, "CreateDeployment", restApiId=api, stageName="s")
    except Fault as fault:
        refused.append(fault.message)
    if refused:
        assert refused[0] in ("The REST API doesn't contain any methods", "No integration defined for method")
        return
    answer(harness, "GetExport", restApiId=api, stageName="s", exportType="oas30")


@pytest.mark.parametrize("write", [json.dumps, yaml.safe_dump])
def test_the_document_itself_is_taken(tmp_path: Path, write: Callable[[Any], str]) -> None:
    harness = ServiceHarness(tmp_path, OPERATIONS)
    made = answer(harness, "ImportRestApi", body=write(DOCUMENT).encode())
    assert {item["path"] for item in harness.call("GetResources", restApiId=made["id"])["items"]} >= {"/pets/{id}"}
    assert len(harness.call("GetAuthorizers", restApiId=made["id"])["items"]) == 3
    look_at(harness, made["id"])
    harness.store.close()


def test_one_odd_part_is_taken_or_refused(tmp_path: Path) -> None:
    harness = ServiceHarness(tmp_path, OPERATIONS)
    taken = []

    @fuzzed(
        settings(
            max_examples=150, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
        )
    )
    @given(st.lists(st.tuples(st.integers(0, 1000), ODD), min_size=1, max_size=3), MODES, st.booleans())
    def run(changes: list[tuple[int, Any]], parameters: dict[str, str], is_strict: bool) -> None:
        document = copy.deepcopy(DOCUMENT)
        for number, odd in changes:
            found = places(document)
            container, key = found[number % len(found)]
            container[key] = odd
        before = harness.call("GetRestApis", limit=500)["items"]
        body = (json.dumps if len(changes) % 2 else yaml.safe_dump)(document).encode()
        refused: list[Fault] = []
        try:
            made = harness.call("ImportRestApi", body=body, parameters=parameters, failOnWarnings=is_strict)
        except Fault as fault:
            refused.append(fault)
        if refused:
            assert refused[0].status in (400, 404, 409), refused
            assert refused[0].message
            assert harness.call("GetRestApis", limit=500)["items"] == before
            return
        taken.append(made["id"])
        look_at(harness, made["id"])
        harness.call("DeleteRestApi", restApiId=made["id"])

    run()
    harness.store.close()
    assert taken


@pytest.mark.parametrize(
    "title",
    [
        '!!int ""',
        "!!bool x",
        "!!timestamp x",
        "!!binary eA==",
        "!!set {x}",
        "!!python/none x",
        ".inf",
        '"\\ud800"',
        "[" * 2000,
        "&a [*a]",
        "{? {a: b} : c}",
    ],
)
def test_what_yaml_has_and_json_has_not_is_refused(tmp_path: Path, title: str) -> None:
    harness = ServiceHarness(tmp_path, OPERATIONS)
    with pytest.raises(Fault) as refused:
        harness.call("ImportRestApi", body=f'openapi: "3.0.1"\ninfo: {{title: t, description: {title}}}\n'.encode())
    assert refused.value.status == 400
    harness.store.close()


@pytest.mark.parametrize("place", ["description", "\ud800"])
def test_half_of_a_surrogate_pair_is_refused(tmp_path: Path, place: str) -> None:
    harness = ServiceHarness(tmp_path, OPERATIONS)
    document = {"openapi": "3.0.1", "info": {"title": "t"}, "paths": {}, place: "\udfff"}
    with pytest.raises(Fault, match="Invalid OpenAPI input"):
        harness.call("ImportRestApi", body=json.dumps(document).encode())
    harness.store.close()


@pytest.mark.parametrize(
    ("path", "odd", "message"),
    [
        ("paths", [], "malformed paths: expected an object, found a list"),
        ("paths./pets/{id}", 1, "malformed /pets/{id}: expected an object, found a number"),
        (
            "paths./pets/{id}.get.x-amazon-apigateway-integration.uri",
            {},
            "Unable to put integration on 'GET' for resource at path '/v1/pets/{id}': Unable to parse API definition "
            "because of a malformed uri: expected a text, found an object",
        ),
        (
            "paths./pets/{id}.get.security",
            [1],
            "Unable to put method 'GET' on resource at path '/v1/pets/{id}': Unable to parse API definition because of a "
            "malformed entry of security: expected an object, found a number",
        ),
        ("paths./pets/{id}.get.x-amazon-apigateway-integration.timeoutInMillis", "soon", "expected a whole number"),
        (
            "paths./pets/{id}.get.x-amazon-apigateway-integration.passthroughBehavior",
            "maybe",
            "Invalid passthroughBehavior specified. Valid options are WHEN_NO_MATCH,WHEN_NO_TEMPLATES,NEVER",
        ),
        (
            "components.securitySchemes.asked.x-amazon-apigateway-authorizer.authorizerUri",
            [],
            "malformed authorizerUri",
        ),
        ("x-amazon-apigateway-documentation.documentationParts", [1], "Unable to build importer with provided input."),
        ("x-amazon-apigateway-minimum-compression-size", True, "expected a whole number, found true"),
        ("servers", [{"url": "http://[x"}], "Invalid server URL specified: http://[x"),
    ],
)
def test_a_malformed_member_is_named(tmp_path: Path, path: str, odd: Any, message: str) -> None:
    harness = ServiceHarness(tmp_path, OPERATIONS)
    document = copy.deepcopy(DOCUMENT)
    *steps, last = path.split(".")
    at = document
    for step in steps:
        at = at[step]
    at[last] = odd
    with pytest.raises(Fault) as refused:
        harness.call("ImportRestApi", body=json.dumps(document).encode(), parameters={"basepath": "prepend"})
    assert message in refused.value.message
    harness.store.close()


@pytest.mark.parametrize("count", [1, 3])
def test_places_are_all_parts(count: int) -> None:
    assert len(places([[0]] * count)) == 2 * count
