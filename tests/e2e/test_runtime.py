"""Methods that Envoy cannot serve by itself, through a real endpoint: templates, validation, the lives of workers."""

import json
import os
import signal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.e2e.conftest import Built
from tests.e2e.rivals import ANYONE, Rival

from innergate.cli.demo.scenarios import Cloud, api_url

pytestmark = pytest.mark.e2e

ECHO = """#set($all = $input.params())
{"statusCode": #if($input.params('code') == '')200#else$input.params('code')#end}"""
SAID = """{"id":"$input.params('id')","who":"$context.identity.sourceIp","vpce":"$context.identity.vpceId","""
SAID += """"path":"$context.resourcePath","request":"$context.requestId"}"""


class RuntimeApi(NamedTuple):
    """A deployed private API: /mock/{id} (templates), /http (an HTTP integration over a VPC link), /checked (a validator)."""

    id: str
    rival: Rival

    def url(self, path: str) -> str:
        return api_url(self.id, "test", path)


def put_mock(api: Any, keys: dict[str, str]) -> None:
    api.put_method(**keys, authorizationType="NONE", requestParameters={"method.request.path.id": True})
    api.put_integration(**keys, type="MOCK", requestTemplates={"application/json": ECHO})
    for status, pattern in (("200", ""), ("404", "404")):
        api.put_method_response(**keys, statusCode=status)
        extra = {"selectionPattern": pattern} if pattern else {}
        api.put_integration_response(**keys, statusCode=status, responseTemplates={"application/json": SAID}, **extra)


def put_http(api: Any, keys: dict[str, str], rival: Rival) -> None:
    api.put_method(**keys, authorizationType="NONE")
    api.put_integration(
        **keys,
        type="HTTP",
        integrationHttpMethod="POST",
        uri=f"http://{rival.balancer.dns_name}/under",
        connectionType="VPC_LINK",
        connectionId=rival.link,
        requestTemplates={"application/json": '{"wrapped":$input.json("$.a")}'},
    )
    api.put_method_response(**keys, statusCode="200", responseParameters={"method.response.header.x-kind": True})
    api.put_integration_response(
        **keys,
        statusCode="200",
        responseTemplates={"application/json": '{"backend":$input.json("$")}'},
        responseParameters={"method.response.header.x-kind": "'wrapped'"},
    )


def put_checked(api: Any, keys: dict[str, str]) -> None:
    schema = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    api.create_model(restApiId=keys["restApiId"], name="Pet", contentType="application/json", schema=json.dumps(schema))
    validator = api.create_request_validator(
        restApiId=keys["restApiId"], name="all", validateRequestBody=True, validateRequestParameters=True
    )
    api.put_method(
        **keys,
        authorizationType="NONE",
        requestValidatorId=validator["id"],
        requestModels={"application/json": "Pet"},
        requestParameters={"method.request.querystring.q": True},
    )
    api.put_integration(**keys, type="MOCK", requestTemplates={"application/json": '{"statusCode":200}'})
    api.put_method_response(**keys, statusCode="200")
    api.put_integration_response(**keys, statusCode="200", responseTemplates={"application/json": '{"ok":true}'})


@pytest.fixture(scope="module")
def served(built: Built, rival: Rival) -> RuntimeApi:
    cloud: Cloud = rival.cloud
    api = cloud.apigateway
    made = api.create_rest_api(name="runtime", endpointConfiguration={"types": ["PRIVATE"]}, policy=ANYONE)

    def resource(parent: str, part: str) -> str:
        found: str = api.create_resource(restApiId=made["id"], parentId=parent, pathPart=part)["id"]
        return found

    root = made["rootResourceId"]
    keys = {"restApiId": made["id"]}
    put_mock(api, {**keys, "resourceId": resource(resource(root, "mock"), "{id}"), "httpMethod": "GET"})
    put_http(api, {**keys, "resourceId": resource(root, "http"), "httpMethod": "POST"}, rival)
    put_checked(api, {**keys, "resourceId": resource(root, "checked"), "httpMethod": "POST"})
    api.create_deployment(restApiId=made["id"], stageName="test")
    built.platform.settle()
    return RuntimeApi(made["id"], rival)


def fetch(built: Built, served: RuntimeApi, path: str, *options: str) -> dict[str, Any]:
    return built.platform.fetch(served.rival.network.vpc, served.url(path), *options)


def test_a_mock_with_templates(built: Built, served: RuntimeApi) -> None:
    answer = fetch(built, served, "/mock/7")
    assert answer["status"] == 200, answer
    said = json.loads(answer["body"])
    assert (said["id"], said["path"], said["vpce"]) == ("7", "/mock/{id}", served.rival.entry)
    assert said["request"] == answer["headers"]["x-amzn-requestid"]
    assert not [name for name in answer["headers"] if name.startswith("x-innergate")]


def test_the_template_chooses_the_status(built: Built, served: RuntimeApi) -> None:
    assert fetch(built, served, "/mock/7?code=404")["status"] == 404


def test_an_http_integration_over_a_vpc_link(built: Built, served: RuntimeApi) -> None:
    body = ("-X", "POST", "-H", "content-type: application/json", "-d", '{"a":[1,2]}')
    answer = fetch(built, served, "/http", *body)
    assert answer["status"] == 200, answer
    assert answer["headers"]["x-kind"] == "wrapped"
    backend = json.loads(answer["body"])["backend"]
    assert backend["path"] == "/under"
    assert not [name for name in backend["headers"] if name.lower().startswith(("x-innergate", "x-envoy"))]


def test_a_validator_refuses(built: Built, served: RuntimeApi) -> None:
    post = ("-X", "POST", "-H", "content-type: application/json", "-d")
    missing = fetch(built, served, "/checked", *post, '{"name":"x"}')
    assert (missing["status"], json.loads(missing["body"])) == (
        400,
        {"message": "Missing required request parameters: [q]"},
    )
    wrong = fetch(built, served, "/checked?q=1", *post, '{"name":1}')
    assert (wrong["status"], json.loads(wrong["body"])) == (400, {"message": "Invalid request body"})
    assert fetch(built, served, "/checked?q=1", *post, '{"name":"x"}')["status"] == 200


def test_killed_workers_cost_no_request(built: Built, served: RuntimeApi) -> None:
    records = sorted((Path(built.platform.state) / "run").glob("runtime-*.pid.json"))
    assert records
    for record in records:
        os.kill(json.loads(record.read_text())["pid"], signal.SIGKILL)
    answer = fetch(built, served, "/mock/7")
    assert answer["status"] == 200, answer
