"""Texts for people: out of an imported document into documentation parts, out of a published version into an export."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from innergate.primitives.fault import Fault
from innergate.services.apigateway.openapi_documentation import texts_of_document
from innergate.services.apigateway.openapi_documentation_out import Documentation, Place
from innergate.services.apigateway.operations import OPERATIONS
from innergate.testing.cpu_time import cpu_seconds
from innergate.testing.services import ServiceHarness

MOCK = {"x-amazon-apigateway-integration": {"type": "mock"}}
SCHEMA = {"schema": {"type": "string"}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.1",
    "info": {"title": "pets", "version": "1.0", "description": "all pets", "contact": {"name": "zoo"}},
    "tags": [{"name": "animals", "description": "that are there"}],
    "paths": {
        "/pets/{id}": {
            "description": "one pet",
            "parameters": [{"name": "id", "in": "path", "required": True, "description": "its number", **SCHEMA}],
            "put": {
                "summary": "replaces it",
                "tags": ["animals"],
                "parameters": [
                    {"name": "X-Why", "in": "header", "description": "a reason", **SCHEMA},
                    {"name": "dry", "in": "query", **SCHEMA},
                ],
                "requestBody": {
                    "description": "the pet",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}},
                },
                "responses": {
                    "200": {"description": "done", "headers": {"X-Old": {"description": "what was", **SCHEMA}}},
                    "default": {"description": "no status of its own"},
                },
                **MOCK,
            },
        }
    },
    "components": {"schemas": {"Pet": {"type": "object", "description": "an animal"}}},
}
AT = {"path": "/pets/{id}", "method": "PUT"}
TEXTS: list[tuple[dict[str, str], dict[str, Any]]] = [
    ({"type": "API"}, {"tags": DOCUMENT["tags"], "info": {"description": "all pets", "contact": {"name": "zoo"}}}),
    ({"type": "RESOURCE", "path": "/pets/{id}"}, {"description": "one pet"}),
    ({"type": "METHOD", **AT}, {"tags": ["animals"], "summary": "replaces it"}),
    ({"type": "PATH_PARAMETER", **AT, "name": "id"}, {"description": "its number"}),
    ({"type": "REQUEST_HEADER", **AT, "name": "X-Why"}, {"description": "a reason"}),
    ({"type": "REQUEST_BODY", **AT}, {"description": "the pet"}),
    ({"type": "RESPONSE", **AT, "statusCode": "200"}, {"description": "done"}),
    ({"type": "RESPONSE_HEADER", **AT, "statusCode": "200", "name": "X-Old"}, {"description": "what was"}),
    ({"type": "MODEL", "name": "Pet"}, {"description": "an animal"}),
]


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[ServiceHarness]:
    harness = ServiceHarness(tmp_path, OPERATIONS)
    yield harness
    harness.store.close()


def load(harness: ServiceHarness, document: Mapping[str, Any] = DOCUMENT, **params: Any) -> str:
    return str(harness.call("ImportRestApi", body=json.dumps(document).encode(), **params)["id"])


def parts(harness: ServiceHarness, api: str) -> list[tuple[dict[str, str], dict[str, Any]]]:
    found = harness.call("GetDocumentationParts", restApiId=api, limit=500)["items"]
    return sorted(((part["location"], json.loads(part["properties"])) for part in found), key=json.dumps)


def exported(harness: ServiceHarness, api: str, kind: str = "oas30") -> dict[str, Any]:
    harness.call("CreateDeployment", restApiId=api, stageName="live")
    harness.call("CreateDocumentationVersion", restApiId=api, documentationVersion="1", stageName="live")
    shown = harness.call("GetExport", restApiId=api, stageName="live", exportType=kind, accepts="application/json")
    found: dict[str, Any] = json.loads(shown["body"])
    return found


def test_every_text_is_a_part(harness: ServiceHarness) -> None:
    assert parts(harness, load(harness)) == sorted(TEXTS, key=json.dumps)
    assert parts(harness, load(harness, parameters={"ignore": "documentation"})) == []


def test_paths_of_parts_are_those_of_the_api(harness: ServiceHarness) -> None:
    servers = [{"url": "https://zoo.example.com/v1"}]
    made = load(harness, DOCUMENT | {"servers": servers}, parameters={"basepath": "prepend"})
    assert {location["path"] for location, _ in parts(harness, made) if "path" in location} == {"/v1/pets/{id}"}


def test_listed_parts_come_on_top_attribute_by_attribute(harness: ServiceHarness) -> None:
    listed = [{"location": {"type": "METHOD", **AT}, "properties": {"summary": "swaps it", "x-mine": 1}}]
    own = DOCUMENT | {"x-amazon-apigateway-documentation": {"documentationParts": listed}}
    made = load(harness, own)
    assert dict_of(parts(harness, made))["METHOD"] == {"tags": ["animals"], "summary": "swaps it", "x-mine": 1}
    assert len(parts(harness, made)) == len(TEXTS)


def test_importing_again_merges_or_overwrites(harness: ServiceHarness) -> None:
    made = load(harness)
    changed = json.loads(json.dumps(DOCUMENT).replace("replaces it", "puts it"))
    del changed["paths"]["/pets/{id}"]["put"]["tags"]
    body = json.dumps(changed).encode()
    harness.call("PutRestApi", restApiId=made, mode="merge", body=body)
    assert dict_of(parts(harness, made))["METHOD"] == {"tags": ["animals"], "summary": "puts it"}
    assert len(parts(harness, made)) == len(TEXTS)
    harness.call("PutRestApi", restApiId=made, mode="overwrite", body=body)
    assert dict_of(parts(harness, made))["METHOD"] == {"summary": "puts it"}


def dict_of(found: list[tuple[dict[str, str], dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    return {location["type"]: properties for location, properties in found}


def test_an_export_says_what_the_import_said(harness: ServiceHarness) -> None:
    shown = exported(harness, load(harness))
    assert shown["info"] == DOCUMENT["info"]
    assert shown["tags"] == DOCUMENT["tags"]
    assert list(texts_of_document(shown, "")) == TEXTS


def test_an_export_in_yaml_says_all_of_it_where_it_belongs(harness: ServiceHarness) -> None:
    api = load(harness)
    shown = exported(harness, api)
    how = {"restApiId": api, "stageName": "live", "exportType": "oas30", "accepts": "application/yaml"}
    text = harness.call("GetExport", **how)["body"].decode()
    assert yaml.safe_load(text) == shown
    assert not [token for token in yaml.scan(text) if isinstance(token, yaml.AnchorToken | yaml.AliasToken)]


def test_an_export_of_the_old_form(harness: ServiceHarness) -> None:
    shown = exported(harness, load(harness), "swagger")
    operation = shown["paths"]["/pets/{id}"]["put"]
    assert operation["summary"] == "replaces it"
    said = {parameter["in"]: parameter.get("description") for parameter in operation["parameters"]}
    assert said == {"path": "its number", "header": "a reason", "query": None, "body": "the pet"}
    assert operation["responses"]["200"]["headers"] == {"X-Old": {"type": "string", "description": "what was"}}
    assert shown["definitions"]["Pet"]["description"] == "an animal"
    assert "description" not in shown["paths"]["/pets/{id}"]


def test_a_version_that_is_published_says_what_parts_said_then(harness: ServiceHarness) -> None:
    made = load(harness)
    exported(harness, made)
    found = harness.call("GetDocumentationParts", restApiId=made, type="METHOD")["items"][0]
    patches = [{"op": "replace", "path": "/properties", "value": '{"summary": "later"}'}]
    harness.call("UpdateDocumentationPart", restApiId=made, documentationPartId=found["id"], patchOperations=patches)
    shown = harness.call("GetExport", restApiId=made, stageName="live", exportType="oas30")
    assert json.loads(shown["body"])["paths"]["/pets/{id}"]["put"]["summary"] == "replaces it"


DOING = {"x-amazon-apigateway-integration": {"type": "mock"}}
"""No text for people, so that no part can say it of a method."""


@pytest.mark.parametrize("properties", ["", "[]", "{}", "{", '{"a": NaN}', '{"a":' + "[" * 30_000 + "]" * 30_000 + "}"])
def test_properties_are_an_object_that_clients_can_read(harness: ServiceHarness, properties: str) -> None:
    api = load(harness)
    with pytest.raises(Fault, match="must be non-empty"):
        harness.call("CreateDocumentationPart", restApiId=api, location={"type": "API"} | AT, properties=properties)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (Place("RESPONSE", "/pets", "GET", "400"), "pets, 400"),
        (Place("RESPONSE", "/pets/{id}", "GET", "400"), "pets, 400"),
        (Place("RESPONSE", "/pets/{id}", "PUT", "200"), "pets"),
        (Place("RESPONSE", "/petshops", "GET", "400"), "anything, 400"),
        (Place("RESPONSE", "/petshops", "GET", "200"), None),
        (Place("RESOURCE", "/pets"), "the resource"),
        (Place("RESOURCE", "/pets/{id}"), None),
        (Place("METHOD", "/pets", "GET"), "a get"),
        (Place("METHOD", "/pets", "PUT"), "a method"),
    ],
)
def test_the_closest_part_speaks(place: Place, said: str | None) -> None:
    """Developer guide, "Inherit Content from an API Entity of More General Specifications"."""
    listed = [
        ({"type": "RESPONSE", "statusCode": "400"}, "anything, 400"),
        ({"type": "RESPONSE", "path": "/pets"}, "pets"),
        ({"type": "RESPONSE", "path": "/pets", "statusCode": "400"}, "pets, 400"),
        ({"type": "RESOURCE", "path": "/pets"}, "the resource"),
        ({"type": "METHOD"}, "a method"),
        ({"type": "METHOD", "path": "/pets", "method": "GET"}, "a get"),
    ]
    found = Documentation(
        [(location, {"description": text, "mine": 1, "x-mine": 2, **DOING}) for location, text in listed]
    )
    wanted = {} if said is None else {"description": said, "x-mine": 2}
    assert found.of(place, ("description",)) == wanted


def test_many_parts_are_found_as_fast_as_few() -> None:
    places = [Place("RESPONSE", f"/p{n // 70}/{{id}}", "GET", str(200 + n % 70)) for n in range(14_000)]
    locations = [{"type": "RESPONSE", "path": p.path, "method": "GET", "statusCode": p.status} for p in places]
    found = Documentation([(location, {"description": str(n)}) for n, location in enumerate(locations)])

    def look() -> None:
        texts = [found.of(place, ("description",))["description"] for place in places]
        assert texts == [str(n) for n in range(14_000)]

    assert cpu_seconds(look, 5) < 5
