"""TestInvokeMethod where it is not as recorded: what stands for a method, and what is tried."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.services.apigateway.trial_node import serve_trials

from innergate.primitives.fault import Fault
from innergate.services.apigateway.operations import OPERATIONS
from innergate.testing.services import ServiceHarness


@pytest.fixture
def harness(tmp_path: Path) -> ServiceHarness:
    made = ServiceHarness(tmp_path, OPERATIONS)
    serve_trials(made)
    return made


def mock(harness: ServiceHarness, keys: dict[str, str], body: str) -> None:
    harness.call("PutMethod", **keys, authorizationType="NONE")
    template = {"application/json": '{"statusCode": 200}'}
    harness.call("PutIntegration", **keys, type="MOCK", requestTemplates=template)
    harness.call("PutMethodResponse", **keys, statusCode="200")
    harness.call("PutIntegrationResponse", **keys, statusCode="200", responseTemplates={"application/json": body})


def try_verb(harness: ServiceHarness, keys: dict[str, str], verb: str) -> Any:
    tried = harness.call("TestInvokeMethod", **{**keys, "httpMethod": verb})
    return json.loads(tried["body"])


def test_any_stands_for_verbs_without_a_method_of_their_own(harness: ServiceHarness) -> None:
    api = harness.call("CreateRestApi", name="a")
    keys = {"restApiId": str(api["id"]), "resourceId": str(api["rootResourceId"])}
    with pytest.raises(Fault, match="Invalid Method identifier"):
        harness.call("TestInvokeMethod", **keys, httpMethod="GET")
    mock(harness, {**keys, "httpMethod": "ANY"}, '{"any":"$context.httpMethod"}')
    assert try_verb(harness, keys, "PUT") == {"any": "PUT"}
    assert try_verb(harness, keys, "ANY") == {"any": "GET"}
    mock(harness, {**keys, "httpMethod": "PUT"}, '{"own":"$context.httpMethod"}')
    assert try_verb(harness, keys, "PUT") == {"own": "PUT"}
