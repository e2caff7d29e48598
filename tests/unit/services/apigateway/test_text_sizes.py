"""No text of an API is so long that keeping a few of them costs everybody's memory."""

from typing import Any

import pytest
from tests.unit.services.identity_harness import IdentityHarness

from innergate.primitives.fault import Fault
from innergate.services.apigateway.text_sizes import DOCUMENT_MAX, TEXT_MAX

LONG, LONGEST = "x" * (TEXT_MAX + 1), "x" * (DOCUMENT_MAX + 1)


@pytest.fixture
def key(harness: IdentityHarness) -> tuple[str, str]:
    return harness.root_key(harness.member)


@pytest.fixture
def method(harness: IdentityHarness, key: tuple[str, str]) -> dict[str, Any]:
    api = harness.call(key, "apigateway", "CreateRestApi", name="a")["id"]
    root = harness.call(key, "apigateway", "GetResources", restApiId=api)["items"][0]["id"]
    made = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    harness.call(key, "apigateway", "PutMethod", **made, authorizationType="NONE")
    return made


@pytest.mark.parametrize(
    ("operation", "members", "params"),
    [
        ("CreateRestApi", (), {"name": LONG}),
        ("CreateRestApi", (), {"name": "b", "description": LONG}),
        ("CreateRestApi", (), {"name": "b", "binaryMediaTypes": ["a/b", LONG]}),
        ("CreateResource", ("restApiId",), {"parentId": "root", "pathPart": LONG}),
        ("PutIntegration", ("restApiId", "resourceId", "httpMethod"), {"type": "MOCK", "uri": LONG}),
        (
            "PutIntegration",
            ("restApiId", "resourceId", "httpMethod"),
            {"type": "MOCK", "requestTemplates": {"application/json": LONGEST}},
        ),
        (
            "PutIntegration",
            ("restApiId", "resourceId", "httpMethod"),
            {"type": "MOCK", "requestParameters": {f"integration.request.header.{LONG}": "'a'"}},
        ),
        (
            "UpdateRestApi",
            ("restApiId",),
            {"patchOperations": [{"op": "replace", "path": "/description", "value": LONG}]},
        ),
        (
            "UpdateIntegration",
            ("restApiId", "resourceId", "httpMethod"),
            {"patchOperations": [{"op": "replace", "path": "/requestTemplates/a~1b", "value": LONGEST}]},
        ),
        ("UpdateRestApi", ("restApiId",), {"patchOperations": [{"op": "replace", "path": f"/{LONG}", "value": ""}]}),
    ],
)
def test_case_86_texts_have_an_end(
    harness: IdentityHarness,
    key: tuple[str, str],
    method: dict[str, Any],
    operation: str,
    members: tuple[str, ...],
    params: dict[str, Any],
) -> None:
    named = {name: method[name] for name in members}
    with pytest.raises(Fault, match="can have at most") as caught:
        harness.call(key, "apigateway", operation, **named, **params)
    assert (caught.value.code, caught.value.status) == ("BadRequestException", 400)


def test_templates_may_be_as_long_as_aws_has_them(
    harness: IdentityHarness, key: tuple[str, str], method: dict[str, Any]
) -> None:
    template = {"application/json": "x" * 300 * 1024}
    harness.call(key, "apigateway", "PutIntegration", **method, type="MOCK", requestTemplates=template)
    again = {"op": "replace", "path": "/requestTemplates/application~1json", "value": template["application/json"]}
    harness.call(key, "apigateway", "UpdateIntegration", **method, patchOperations=[again])
