"""The calls behind the recorded cases of TestInvokeMethod."""

import json
import re
from typing import Any

from tests.unit.services.apigateway.recorded_apis import JSON, make_api
from tests.unit.services.apigateway.replay import Replay

_STAMP = re.compile(r"^[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4} : ")
_HEADING = re.compile(r"Execution log for request ([0-9a-f-]{36})")
PET = {"method.request.path.petId": True}


def _mock(r: Replay, where: dict[str, str], said: str, **method: Any) -> None:
    r.run("PutMethod", **where, authorizationType="NONE", **method)
    r.run("PutMethodResponse", **where, statusCode="200")
    r.run(
        "PutIntegration",
        **where,
        type="MOCK",
        integrationHttpMethod="GET",
        requestTemplates={JSON: json.dumps({"statusCode": 200})},
    )
    r.run("PutIntegrationResponse", **where, statusCode="200", selectionPattern="", responseTemplates={JSON: said})


def _try(r: Replay, label: str, number: int, where: dict[str, str], **params: Any) -> None:
    """Tries a method; its log is compared without times, and the ids in it by their number."""
    answer = r.run("TestInvokeMethod", **where, **params)
    request_id = _HEADING.match(answer["log"])
    assert request_id is not None
    lines = answer["log"].replace(request_id[1], f"<request-id-{number}>").split("\n")
    shown = {f"line{n:02d}": _STAMP.sub("DDD MMM dd hh:mm:ss UTC yyyy : ", line) for n, line in enumerate(lines)}
    assert isinstance(answer["latency"], int)
    r.compare(label, {**answer, "log": shown, "latency": "<latency>"})


def invoke_test_method(r: Replay) -> None:
    api, root = make_api(r)
    pets = r.run("CreateResource", restApiId=api, parentId=root, pathPart="pets")["id"]
    pet = r.run("CreateResource", restApiId=api, parentId=pets, pathPart="{petId}")["id"]
    get_all = {"restApiId": api, "resourceId": pets, "httpMethod": "GET"}
    get = {"restApiId": api, "resourceId": pet, "httpMethod": "GET"}
    post = {**get, "httpMethod": "POST"}
    _mock(r, get_all, json.dumps({"pets": "all the pets"}))
    for where in (get, post):
        _mock(r, where, json.dumps({"petId": "$input.params('petId')"}), requestParameters=PET)
    _try(r, "test-invoke-method-get-pets", 1, get_all, pathWithQueryString="/pets")
    _try(r, "test-invoke-method-get-pets-bad-path", 2, get_all, pathWithQueryString="/random/test")
    _try(r, "test-invoke-method-get-pets-id", 3, get, pathWithQueryString="/pets/123")
    _try(r, "test-invoke-method-get-pets-id-no-path", 4, get)
    _try(r, "test-invoke-method-get-pets-id-bad-path", 5, get, pathWithQueryString="/random/test")
    _try(r, "test-invoke-method-get-with-qs", 6, get, pathWithQueryString="/pets/123?foo=bar")
    body = json.dumps({"foo": "bar"})
    _try(r, "test-invoke-method-post-with-body", 7, post, pathWithQueryString="/pets/123", body=body)
    r.call("rest-api-not-found", "TestInvokeMethod", **{**get, "restApiId": "nothere"})
    r.call("resource-id-not-found", "TestInvokeMethod", **{**get, "resourceId": "nothere"})
    r.call("resource-method-not-found", "TestInvokeMethod", **{**get, "httpMethod": "PATCH"})


def failed_invoke_test_method(r: Replay) -> None:
    """The recorder's URI is not known; that of a host that a missing stage variable names gives this log."""
    api, root = make_api(r)
    where = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    r.run("PutMethod", **where, authorizationType="NONE")
    uri = "http://${stageVariables.host}/pets"
    r.run("PutIntegration", **where, type="HTTP_PROXY", integrationHttpMethod="GET", uri=uri)
    _try(r, "test-invoke-failure", 1, where)
