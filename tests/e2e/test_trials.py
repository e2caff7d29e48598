"""TestInvokeMethod and TestInvokeAuthorizer by boto3: of an API that nobody has deployed, through real packets."""

import json
from typing import Any

import boto3
import pytest
from tests.e2e.conftest import Built
from tests.e2e.rivals import Rival
from tests.e2e.tenants import TRUST, package_app
from tests.e2e.test_runtime import put_http

pytestmark = pytest.mark.e2e

DECIDE = """
def handler(event, context):
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
    return {
        "principalId": "user-" + event["authorizationToken"],
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"team": "blue"},
    }
"""


def make_api(api: Any) -> tuple[str, str]:
    made = api.create_rest_api(name="tried", endpointConfiguration={"types": ["PRIVATE"]})
    return made["id"], made["rootResourceId"]


def test_a_method_that_is_not_deployed_reaches_its_backend(built: Built, rival: Rival) -> None:
    api = rival.cloud.apigateway
    id, root = make_api(api)
    resource = api.create_resource(restApiId=id, parentId=root, pathPart="http")["id"]
    keys = {"restApiId": id, "resourceId": resource, "httpMethod": "POST"}
    put_http(api, keys, rival)
    tried = api.test_invoke_method(**keys, body='{"a":[1,2]}', headers={"Content-Type": "application/json"})
    assert tried["status"] == 200, tried["log"]
    assert json.loads(tried["body"])["backend"]["path"] == "/under"
    assert tried["headers"]["x-kind"] == "wrapped"
    lines = [line.partition(" : ")[2] for line in tried["log"].splitlines()[1:]]
    assert lines[1] == "HTTP Method: POST, Resource Path: /http"
    assert 'Endpoint request body after transformations: {"wrapped":[1,2]}' in lines
    assert any(line.startswith("Sending request to http://") for line in lines)
    assert any(line.startswith("Received response. Status: 200, Integration latency: ") for line in lines)
    assert lines[-2:] == ["Successfully completed execution", "Method completed with status: 200"]


def test_an_authorizer_that_no_method_has(built: Built, rival: Rival) -> None:
    variables = built.platform.environment("rival")
    session: Any = boto3.Session(
        variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1"
    )
    functions = session.client("lambda", endpoint_url=variables["AWS_ENDPOINT_URL"])
    iam = session.client("iam", endpoint_url=variables["AWS_ENDPOINT_URL"])
    role = iam.create_role(RoleName="decider", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    function = functions.create_function(
        FunctionName="decide",
        Runtime="python3.11",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": package_app(DECIDE)},
    )["FunctionArn"]
    functions.add_permission(
        FunctionName="decide",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    api = rival.cloud.apigateway
    id, _ = make_api(api)
    made = api.create_authorizer(
        restApiId=id,
        name="decider",
        type="TOKEN",
        authorizerUri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations",
        identitySource="method.request.header.Authorization",
    )
    tried = api.test_invoke_authorizer(
        restApiId=id, authorizerId=made["id"], headers={"Authorization": "me"}, pathWithQueryString="/any"
    )
    assert tried["clientStatus"] == 0, tried
    assert tried["principalId"] == "user-me"
    assert json.loads(tried["policy"])["Statement"][0]["Effect"] == "Allow"
    nobody = api.test_invoke_authorizer(restApiId=id, authorizerId=made["id"], headers={})
    assert nobody["clientStatus"] == 401, nobody
