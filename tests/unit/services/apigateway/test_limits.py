"""AWS's limits hold: the last that fits is taken, the next is refused, and what is there goes on."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from innergate.primitives.fault import Fault
from innergate.services.apigateway.limits import POLICY_MAX_BYTES, RESOURCES_PER_API, STAGES_PER_API
from innergate.services.apigateway.operations import OPERATIONS
from innergate.testing.services import ServiceHarness


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[ServiceHarness]:
    made = ServiceHarness(tmp_path, OPERATIONS)
    yield made
    made.store.close()


def test_resources_of_an_api(harness: ServiceHarness) -> None:
    api = harness.call("CreateRestApi", name="a")
    keys = {"restApiId": api["id"], "parentId": api["rootResourceId"]}
    for number in range(RESOURCES_PER_API - 1):
        harness.call("CreateResource", **keys, pathPart=f"p{number}")
    with pytest.raises(Fault, match="LimitExceededException: Maximum number of resources"):
        harness.call("CreateResource", **keys, pathPart="more")
    assert harness.call("GetResource", restApiId=api["id"], resourceId=api["rootResourceId"])["path"] == "/"


def test_stages_of_an_api(harness: ServiceHarness) -> None:
    api = harness.call("CreateRestApi", name="a")
    method = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    harness.call("PutMethod", **method, authorizationType="NONE")
    harness.call("PutIntegration", **method, type="MOCK")
    for number in range(STAGES_PER_API):
        harness.call("CreateDeployment", restApiId=api["id"], stageName=f"s{number}")
    with pytest.raises(Fault, match="LimitExceededException: Maximum number of stages"):
        harness.call("CreateDeployment", restApiId=api["id"], stageName="more")
    harness.call("CreateDeployment", restApiId=api["id"], stageName="s0")


def test_bytes_of_a_policy(harness: ServiceHarness) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    harness.call("CreateRestApi", name="a", policy=policy.ljust(POLICY_MAX_BYTES))
    with pytest.raises(Fault, match="Policy size exceeds the limit of 8192 bytes"):
        harness.call("CreateRestApi", name="a", policy=policy.ljust(POLICY_MAX_BYTES + 1))
