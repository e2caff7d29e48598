"""Execution logs by boto3: a role first, then the lines of a call in the stage's group, also those that control missed."""

import json
import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.e2e.conftest import Built
from tests.e2e.rivals import ANYONE, Rival

from innergate.cli.demo.scenarios import api_url
from innergate.testing.waiting import LONGEST_S

pytestmark = pytest.mark.e2e

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
INFO = [
    {"op": "replace", "path": "/*/*/logging/loglevel", "value": "INFO"},
    {"op": "replace", "path": "/*/*/logging/dataTrace", "value": "true"},
]


ERROR = [{"op": "replace", "path": "/*/*/logging/loglevel", "value": "ERROR"}]


def events_of(logs: Any, group: str, wanted: str) -> list[str]:
    """The messages of the group once `wanted` is among them."""
    deadline = time.monotonic() + LONGEST_S
    said: list[str] = []
    while time.monotonic() < deadline and not any(wanted in message for message in said):
        time.sleep(0.2)
        try:
            said = [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]
        except logs.exceptions.ResourceNotFoundException:
            continue
    return said


def test_the_lines_of_a_call_reach_the_group_of_its_stage(built: Built, rival: Rival) -> None:
    variables = built.platform.environment("rival")
    session: Any = boto3.Session(
        variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1"
    )
    logs, iam = (session.client(name, endpoint_url=variables["AWS_ENDPOINT_URL"]) for name in ("logs", "iam"))
    api = rival.cloud.apigateway
    made = api.create_rest_api(name="logged", endpointConfiguration={"types": ["PRIVATE"]}, policy=ANYONE)
    keys = {"restApiId": made["id"], "resourceId": made["rootResourceId"], "httpMethod": "GET"}
    api.put_method(**keys, authorizationType="NONE")
    api.put_integration(
        **keys,
        type="HTTP_PROXY",
        integrationHttpMethod="GET",
        uri=f"http://{rival.balancer.dns_name}/behind",
        connectionType="VPC_LINK",
        connectionId=rival.link,
    )
    api.create_deployment(restApiId=made["id"], stageName="test")
    with pytest.raises(ClientError) as refused:
        api.update_stage(restApiId=made["id"], stageName="test", patchOperations=INFO)
    assert (
        refused.value.response["Error"]["Message"]
        == "CloudWatch Logs role ARN must be set in account settings to enable logging"
    )
    role = iam.create_role(RoleName="gateway-logs", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    api.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}])
    api.update_stage(restApiId=made["id"], stageName="test", patchOperations=INFO)
    built.platform.settle()

    answer = built.platform.fetch(rival.network.vpc, api_url(made["id"], "test", "/"))
    assert answer["status"] == 200, answer
    request_id = answer["headers"]["x-amzn-requestid"]
    group = f"API-Gateway-Execution-Logs_{made['id']}/test"
    said = events_of(logs, group, f"({request_id}) Method completed with status: 200")
    assert f"({request_id}) Starting execution for request: {request_id}" in said
    assert f"({request_id}) HTTP Method: GET, Resource Path: /" in said
    assert any("Endpoint request URI: http://" in line and line.endswith("/behind") for line in said)
    streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert [len(stream["logStreamName"]) for stream in streams] == [32]

    api.update_method(**keys, patchOperations=[{"op": "replace", "path": "/apiKeyRequired", "value": "true"}])
    api.create_deployment(restApiId=made["id"], stageName="test")
    api.update_stage(restApiId=made["id"], stageName="test", patchOperations=ERROR)
    built.platform.settle()
    refused_call = built.platform.fetch(rival.network.vpc, api_url(made["id"], "test", "/"))
    assert refused_call["status"] == 403, refused_call
    request_id = refused_call["headers"]["x-amzn-requestid"]
    said = events_of(logs, group, f"({request_id}) Method completed with status: 403")
    assert [line for line in said if request_id in line] == [
        f"({request_id}) Forbidden",
        f"({request_id}) Method completed with status: 403",
    ]
