"""Whatever stands in an OpenAPI document: it becomes an API, or is refused as AWS refuses and nothing is left of it."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fuzzing import fuzzed

from innergate.primitives.fault import Fault
from innergate.services.apigateway.operations import OPERATIONS
from innergate.testing.services import ServiceHarness

INTEGRATION = {
    "type": "http",
    "httpMethod": "GET",
    "uri": "https://example.com/{id}",
    "requestParameters": {"integration.request.path.id": "method.request.path.id"},
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
                "security": [{"key": []}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}},
                "responses": {"200": {"description": "ok", "headers": {"X": {"schema": {"type": "string"}}}}},
                "x-amazon-apigateway-integration": INTEGRATION,
                "x-amazon-apigateway-request-validator": "all",
            },
        }
    },
    "components": {
        "schemas": {"Pet": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Pet"}}}},
        "securitySchemes": {"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}},
    },
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
    | st.sampled_from(["$ref", "#/components/schemas/Pet", "#/nowhere", "GET", "/pets", "{x+}", "mock", "200"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("a$/{}x", max_size=5), inner, max_size=3),
    max_leaves=6,
)
MODES = st.sampled_from([{}, {"basepath": "prepend"}, {"basepath": "split"}, {"basepath": "x"}])


def places(value: Any) -> list[tuple[Any, Any]]:
    """Each (container, key) inside."""
    items = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    return [place for key, inner in items for place in ((value, key), *places(inner))]


def test_the_document_itself_is_taken(tmp_path: Path) -> None:
    harness = ServiceHarness(tmp_path, OPERATIONS)
    made = harness.call("ImportRestApi", body=json.dumps(DOCUMENT).encode())
    assert {item["path"] for item in harness.call("GetResources", restApiId=made["id"])["items"]} >= {"/pets/{id}"}
    harness.store.close()


def test_one_odd_part_is_taken_or_refused(tmp_path: Path) -> None:
    harness = ServiceHarness(tmp_path, OPERATIONS)
    taken = []

    @fuzzed(
        settings(
            max_examples=120, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
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
        body = json.dumps(document).encode()
        refused: list[Fault] = []
        try:
            made = harness.call("ImportRestApi", body=body, parameters=parameters, failOnWarnings=is_strict)
        except Fault as fault:
            refused.append(fault)
        if refused:
            assert 400 <= refused[0].status < 500, refused
            assert harness.call("GetRestApis", limit=500)["items"] == before
            return
        taken.append(made["id"])
        harness.call("GetResources", restApiId=made["id"], embed=["methods"])
        harness.call("DeleteRestApi", restApiId=made["id"])

    run()
    harness.store.close()
    assert taken


@pytest.mark.parametrize("count", [1, 3])
def test_places_are_all_parts(count: int) -> None:
    assert len(places([[0]] * count)) == 2 * count
