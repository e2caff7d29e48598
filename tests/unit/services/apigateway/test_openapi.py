"""OpenAPI documents in and out."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from innergate.primitives.fault import Fault
from innergate.services.apigateway.operations import OPERATIONS
from innergate.testing.services import ServiceHarness

RECORDED = Path(__file__).parent / "recorded" / "rest-api-export.json"
EXPORTS = {
    case["test"]: case["values"]
    for case in json.loads(RECORDED.read_text())["cases"]
    if case["test"].startswith("test_export")
}


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[ServiceHarness]:
    harness = ServiceHarness(tmp_path, OPERATIONS)
    yield harness
    harness.store.close()


def document(**members: Any) -> dict[str, Any]:
    return {"openapi": "3.0.1", "info": {"title": "pets", "version": "1.0"}, "paths": {}, **members}


def mock(**more: Any) -> dict[str, Any]:
    return {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": {"type": "mock"}, **more}


def load(harness: ServiceHarness, body: dict[str, Any] | bytes, **params: Any) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return harness.call("ImportRestApi", body=raw, **params)


def paths(harness: ServiceHarness, api: str) -> dict[str, set[str]]:
    items = harness.call("GetResources", restApiId=api)["items"]
    return {item["path"]: set(item.get("resourceMethods", {})) for item in items}


@pytest.mark.parametrize("case", sorted(EXPORTS))
@pytest.mark.parametrize("label", ["get-export", "get-export-with-extensions"])
def test_a_recorded_export_comes_back_when_it_is_imported(harness: ServiceHarness, case: str, label: str) -> None:
    values = EXPORTS[case]
    made = load(harness, values["get-export-with-extensions"]["value"]["body"])
    harness.call("CreateDeployment", restApiId=made["id"], stageName="local")
    kind = "swagger" if "swagger_openapi" in case else "oas30"
    extensions = {"extensions": "apigateway"} if label.endswith("extensions") else {}
    shown = harness.call("GetExport", restApiId=made["id"], stageName="local", exportType=kind, parameters=extensions)
    text = json.dumps(values[label]["value"]).replace("<api-id:1>", made["id"])
    recorded = json.loads(text.replace(f"{made['id']}.execute-api.<region>", f"{made['id']}.execute-api.us-east-1"))
    assert json.loads(shown["body"]) == recorded["body"]
    assert shown["contentDisposition"] == recorded["contentDisposition"]
    assert shown["contentType"] == recorded["contentType"]


def test_yaml_is_read_and_written(harness: ServiceHarness) -> None:
    text = b"""
openapi: 3.0.1
info: {title: pets, version: 2020-01-01}
paths:
  /pets/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: string}}
    x-amazon-apigateway-any-method:
      responses:
        200: {description: ok}
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: ANY
        uri: http://example.com/{id}
        requestParameters: {integration.request.path.id: method.request.path.id}
        responses: {default: {statusCode: 200}}
"""
    made = load(harness, text)
    assert made["version"] == "2020-01-01"
    assert paths(harness, made["id"]) == {"/": set(), "/pets": set(), "/pets/{id}": {"ANY"}}
    harness.call("CreateDeployment", restApiId=made["id"], stageName="s")
    shown = harness.call(
        "GetExport", restApiId=made["id"], stageName="s", exportType="oas30", accepts="application/yaml"
    )
    assert shown["body"].startswith(b"openapi: 3.0.1\n")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"swagger": "1.2", "info": {"title": "x"}, "paths": {}}',
        b'{"openapi": "3.0.0", "paths": {}}',
        b"a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
        b"c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
        b"e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e]\n",
        b"!!python/object/apply:os.getcwd []",
        b"[" * 5000,
    ],
)
def test_what_is_no_document_is_refused_and_leaves_nothing(harness: ServiceHarness, body: bytes) -> None:
    with pytest.raises(Fault) as refused:
        load(harness, body)
    assert (refused.value.status, refused.value.message) == (400, "Invalid OpenAPI input.")
    assert harness.call("GetRestApis") == {"items": []}


def test_a_bad_integration_names_method_and_path_and_nothing_is_written(harness: ServiceHarness) -> None:
    bad = mock(**{"x-amazon-apigateway-integration": {"type": "http", "httpMethod": "GET", "uri": "nowhere"}})
    with pytest.raises(Fault) as refused:
        load(harness, document(paths={"/a": {"get": bad}, "/b": {"get": mock()}}))
    assert refused.value.message == (
        "Errors found during import:\n\tUnable to put integration on 'GET' for resource at path '/a': "
        "Invalid HTTP endpoint specified for URI"
    )
    assert harness.call("GetRestApis") == {"items": []}


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("ignore", "/p"), ("prepend", "/a/b/p"), ("split", "/b/p")],
)
def test_base_path_modes(harness: ServiceHarness, mode: str, expected: str) -> None:
    for base in (
        {"servers": [{"url": "https://example.com/a/b"}]},
        {"openapi": None, "swagger": "2.0", "basePath": "/a/b"},
    ):
        body = {name: member for name, member in document(paths={"/p": {"get": mock()}}, **base).items() if member}
        made = load(harness, body, parameters={"basepath": mode})
        assert paths(harness, made["id"])[expected] == {"GET"}


def test_put_merges_or_overwrites(harness: ServiceHarness) -> None:
    made = load(harness, document(paths={"/a": {"get": mock()}, "/b/c": {"get": mock()}}))
    more = json.dumps(document(paths={"/a": {"post": mock()}})).encode()
    harness.call("PutRestApi", restApiId=made["id"], body=more)
    assert paths(harness, made["id"]) == {"/": set(), "/a": {"GET", "POST"}, "/b": set(), "/b/c": {"GET"}}
    kept = {item["path"]: item["id"] for item in harness.call("GetResources", restApiId=made["id"])["items"]}
    harness.call("PutRestApi", restApiId=made["id"], mode="overwrite", body=more)
    assert paths(harness, made["id"]) == {"/": set(), "/a": {"POST"}}
    now = {item["path"]: item["id"] for item in harness.call("GetResources", restApiId=made["id"])["items"]}
    assert now["/a"] == kept["/a"]


def test_extensions_of_the_api(harness: ServiceHarness) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    body = document(
        paths={"/a": {"get": mock(security=[{"api_key": []}], **{"x-amazon-apigateway-request-validator": "all"})}},
        components={"securitySchemes": {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}},
        **{
            "x-amazon-apigateway-policy": {"Version": "2012-10-17", "Statement": [statement]},
            "x-amazon-apigateway-gateway-responses": {"THROTTLED": {"statusCode": 420}},
            "x-amazon-apigateway-request-validators": {
                "all": {"validateRequestBody": True, "validateRequestParameters": True}
            },
            "x-amazon-apigateway-endpoint-configuration": {"vpcEndpointIds": ["vpce-1"]},
        },
    )
    made = load(harness, body, parameters={"endpointConfigurationTypes": "PRIVATE"})
    assert made["endpointConfiguration"] == {
        "types": ["PRIVATE"],
        "ipAddressType": "dualstack",
        "vpcEndpointIds": ["vpce-1"],
    }
    assert f"{made['id']}/*" in made["policy"]
    response = harness.call("GetGatewayResponse", restApiId=made["id"], responseType="THROTTLED")
    assert (response["statusCode"], response["defaultResponse"]) == ("420", False)
    resource = next(i for i in harness.call("GetResources", restApiId=made["id"])["items"] if i["path"] == "/a")
    method = harness.call("GetMethod", restApiId=made["id"], resourceId=resource["id"], httpMethod="GET")
    assert method["apiKeyRequired"] is True
    validator = harness.call(
        "GetRequestValidator", restApiId=made["id"], requestValidatorId=method["requestValidatorId"]
    )
    assert validator["validateRequestBody"] is True


PARTS: list[dict[str, Any]] = [
    {"location": {"type": "API"}, "properties": {"info": {"description": "pets of all kinds"}}},
    {"location": {"type": "METHOD", "path": "/a", "method": "GET"}, "properties": {"summary": "one", "tags": ["x"]}},
    {
        "location": {"type": "QUERY_PARAMETER", "path": "/a", "method": "GET", "name": "q"},
        "properties": {"description": "q"},
    },
    {
        "location": {"type": "RESPONSE", "path": "/a", "method": "GET", "statusCode": "200"},
        "properties": {"description": "ok"},
    },
]


@pytest.mark.parametrize(
    ("extensions", "is_shown"),
    [("", True), ("documentation", True), ("apigateway", True), ("integrations,authorizers", False)],
)
def test_documentation_that_a_stage_has_is_exported_and_imported_again(
    harness: ServiceHarness, extensions: str, is_shown: bool
) -> None:
    """Developer guide, "Publish API documentation": by default it is in the export."""
    own = {"x-amazon-apigateway-documentation": {"documentationParts": PARTS}}
    made = load(harness, document(paths={"/a": {"get": mock()}}, **own))
    where = {"restApiId": made["id"], "stageName": "live"}
    harness.call("CreateDeployment", **where)
    asked: dict[str, Any] = {
        "exportType": "oas30",
        "parameters": {"extensions": extensions},
        "accepts": "application/json",
    }
    assert own.keys() - json.loads(harness.call("GetExport", **where, **asked)["body"]).keys()
    harness.call("CreateDocumentationVersion", **where, documentationVersion="v1", description="first")
    body = harness.call("GetExport", **where, **asked)["body"]
    shown = json.loads(body).get("x-amazon-apigateway-documentation")
    assert (shown is not None) == is_shown
    if is_shown:
        assert (shown["version"], shown["description"]) == ("v1", "first")
        by_type = {part["location"]["type"]: part for part in shown["documentationParts"]}
        assert by_type == {part["location"]["type"]: part for part in PARTS}
        again = load(harness, body)
        items = harness.call("GetDocumentationParts", restApiId=again["id"])["items"]
        assert {item["location"]["type"]: json.loads(item["properties"]) for item in items} == {
            part["location"]["type"]: part["properties"] for part in PARTS
        }


SECURE = {
    "x-amazon-apigateway-security-policy": "SecurityPolicy_TLS13_1_3_2025_09",
    "x-amazon-apigateway-endpoint-access-mode": "STRICT",
}


def test_the_security_policy_goes_in_and_out(harness: ServiceHarness) -> None:
    regional = {"endpointConfigurationTypes": "REGIONAL"}
    made = load(harness, document(paths={"/a": {"get": mock()}}, **SECURE), parameters=regional)
    assert (made["securityPolicy"], made["endpointAccessMode"]) == ("SecurityPolicy_TLS13_1_3_2025_09", "STRICT")
    where = {"restApiId": made["id"], "stageName": "live"}
    harness.call("CreateDeployment", **where)
    for extensions, shown in (("apigateway", SECURE), ("integrations", {})):
        asked: dict[str, Any] = {"exportType": "oas30", "parameters": {"extensions": extensions}}
        exported = json.loads(harness.call("GetExport", **where, **asked)["body"])
        assert {name: exported[name] for name in SECURE if name in exported} == shown


@pytest.mark.parametrize(
    ("changes", "types", "text"),
    [
        ({"x-amazon-apigateway-security-policy": "TLS_9"}, "REGIONAL", "Invalid securityPolicy specified"),
        ({"x-amazon-apigateway-endpoint-access-mode": "LAX"}, "REGIONAL", "Invalid endpointAccessMode specified"),
        ({"x-amazon-apigateway-endpoint-access-mode": None}, "REGIONAL", "requires an endpointAccessMode"),
        ({"x-amazon-apigateway-security-policy": "TLS_1_2"}, "REGIONAL", "requires a security policy"),
        ({}, "EDGE", "does not fit the endpoint type EDGE"),
    ],
)
def test_security_policies_that_do_not_fit(
    harness: ServiceHarness, changes: dict[str, Any], types: str, text: str
) -> None:
    body = document(paths={"/a": {"get": mock()}}, **{**SECURE, **changes})
    with pytest.raises(Fault, match=text):
        load(harness, body, parameters={"endpointConfigurationTypes": types})


def test_security_policies_of_apis_are_checked_where_they_are_set(harness: ServiceHarness) -> None:
    policy, mode = SECURE.values()
    regional = {"types": ["REGIONAL"]}
    with pytest.raises(Fault, match="requires an endpointAccessMode"):
        harness.call("CreateRestApi", name="a", endpointConfiguration=regional, securityPolicy=policy)
    made = harness.call("CreateRestApi", name="a", endpointConfiguration=regional)["id"]
    patches = [
        {"op": "replace", "path": "/securityPolicy", "value": policy},
        {"op": "replace", "path": "/endpointAccessMode", "value": mode},
    ]
    with pytest.raises(Fault, match="requires an endpointAccessMode"):
        harness.call("UpdateRestApi", restApiId=made, patchOperations=patches[:1])
    assert harness.call("UpdateRestApi", restApiId=made, patchOperations=patches)["endpointAccessMode"] == mode
