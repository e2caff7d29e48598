"""Functions as boto3 makes and calls them: with control and without, inside a VPC and outside every network."""

import base64
import json
import os
import time
from asyncio import run as run_loop
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError
from tests.e2e.tenants import Tenant, package_app, tenant
from tests.e2e.test_regional_apis import call as call_api

from innergate.driver.platform import RunningPlatform
from innergate.primitives.fault import Fault
from innergate.server.node_calls import node_asker
from innergate.services.node_calls import NodeCall
from innergate.testing.waiting import LONGEST_S

pytestmark = [pytest.mark.e2e]

ECHO = "def handler(event, context):\n    print('got', event)\n    return {'got': event, 'by': context.function_name}\n"
FETCH = """
import json, socket, urllib.request
def handler(event, context):
    try:
        with urllib.request.urlopen(event["url"], timeout=3) as answer:
            return {"status": answer.status, "body": answer.read().decode()}
    except OSError as error:
        return {"error": str(error)}
"""


@pytest.fixture(scope="module")
def platform() -> Iterator[RunningPlatform]:
    with RunningPlatform() as own:
        yield own


@pytest.fixture(scope="module")
def alice(platform: RunningPlatform) -> Tenant:
    return tenant(platform, "alice")


def test_a_call_an_event_and_what_they_logged(alice: Tenant) -> None:
    alice.make("echo", ECHO)
    answer = alice.functions.invoke(FunctionName="echo", Payload=b'"one"', LogType="Tail")
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert json.loads(answer["Payload"].read()) == {"got": "one", "by": "echo"}
    assert "got one\n" in base64.b64decode(answer["LogResult"]).decode()
    assert alice.functions.invoke(FunctionName="echo", Payload=b'"two"', InvocationType="Event")["StatusCode"] == 202
    deadline = time.monotonic() + LONGEST_S
    said: list[str] = []
    while "got two\n" not in said and time.monotonic() < deadline:
        time.sleep(0.2)
        try:
            events = alice.logs.filter_log_events(logGroupName="/aws/lambda/echo")["events"]
        except alice.logs.exceptions.ResourceNotFoundException:
            continue
        said = [event["message"] for event in events]
    assert {"got one\n", "got two\n"} <= set(said)


def test_a_function_is_told_what_became_of_an_event(platform: RunningPlatform, alice: Tenant) -> None:
    alice.make("fails", "def handler(event, context):\n    raise ValueError(event)\n")
    told = alice.make("told", "def handler(event, context):\n    print(event['requestContext']['condition'], event)\n")
    statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": told}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    alice.iam.put_role_policy(RoleName="worker", PolicyName="tell", PolicyDocument=policy)
    alice.functions.put_function_event_invoke_config(
        FunctionName="fails", MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": told}}
    )
    platform.settle()
    alice.functions.invoke(FunctionName="fails", Payload=b'"lost"', InvocationType="Event")
    said = wait_for_line(alice, "/aws/lambda/told", "RetriesExhausted")
    assert "'requestPayload': 'lost'" in said
    assert "'functionError': 'Unhandled'" in said


def test_calls_and_errors_are_counted(alice: Tenant) -> None:
    alice.make("counted", "def handler(event, context):\n    return 1 // event\n")
    for event in (1, 0, 1):
        alice.functions.invoke(FunctionName="counted", Payload=str(event).encode())
    deadline = time.monotonic() + LONGEST_S
    while (seen := [alice.total(name, FunctionName="counted") for name in ("Invocations", "Errors")]) != [3, 1]:
        assert time.monotonic() < deadline, seen
        time.sleep(0.2)
    assert alice.total("Duration", FunctionName="counted") >= 3


def wait_for_line(alice: Tenant, group: str, wanted: str) -> str:
    """The first line of a log group that has the word."""
    deadline = time.monotonic() + LONGEST_S
    while time.monotonic() < deadline:
        time.sleep(0.2)
        try:
            events = alice.logs.filter_log_events(logGroupName=group)["events"]
        except alice.logs.exceptions.ResourceNotFoundException:
            continue
        for event in events:
            if wanted in event["message"]:
                return str(event["message"])
    raise AssertionError(f"{group} has no line with {wanted}")


def test_versions_aliases_and_errors(alice: Tenant) -> None:
    alice.make("stages", "def handler(e, c):\n    return c.invoked_function_arn.split(':')[7:]\n", Publish=True)
    alice.functions.create_alias(FunctionName="stages", Name="live", FunctionVersion="1")
    alice.functions.update_function_code(FunctionName="stages", ZipFile=package_app("def handler(e, c):\n    1 / 0\n"))
    assert alice.invoke("stages", 0, Qualifier="live") == ["live"]
    assert alice.invoke("stages", 0, Qualifier="1") == ["1"]
    assert alice.invoke("stages", 0)["errorType"] == "ZeroDivisionError"


def test_another_account_needs_a_permission(platform: RunningPlatform, alice: Tenant) -> None:
    bob = tenant(platform, "bob")
    arn = alice.make("shared", ECHO)
    with pytest.raises(ClientError, match="AccessDeniedException"):
        bob.invoke(arn, 1)
    alice.functions.add_permission(
        FunctionName="shared", StatementId="bob", Action="lambda:InvokeFunction", Principal=bob.account
    )
    assert bob.invoke(arn, 1) == {"got": 1, "by": "shared"}


def test_inside_a_vpc_and_outside_every_network(platform: RunningPlatform, alice: Tenant) -> None:
    vpc = alice.ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    subnet = alice.ec2.create_subnet(VpcId=vpc, CidrBlock="10.77.1.0/24")["Subnet"]["SubnetId"]
    group = alice.ec2.create_security_group(VpcId=vpc, GroupName="functions", Description="d")["GroupId"]
    platform.start_origin(vpc, "10.77.1.50", "backend")
    where = {"SubnetIds": [subnet], "SecurityGroupIds": [group]}
    alice.make("inside", FETCH, VpcConfig=where, Timeout=10)
    alice.make("outside", FETCH, Timeout=10)
    url = {"url": "http://10.77.1.50:80/foo"}
    inside = alice.invoke("inside", url)
    assert inside.get("status") == 200, inside
    assert json.loads(inside["body"])["path"] == "/foo"
    assert json.loads(inside["body"])["backend"] == "backend"
    assert "error" in alice.invoke("outside", url)
    front = {"url": f"{alice.functions.meta.endpoint_url}/_innergate/health"}
    for name in ("inside", "outside"):
        assert "error" in alice.invoke(name, front)
    [interface] = alice.ec2.describe_network_interfaces(Filters=[{"Name": "group-id", "Values": [group]}])[
        "NetworkInterfaces"
    ]
    assert interface["InterfaceType"] == "lambda"
    alice.functions.update_function_configuration(
        FunctionName="inside", VpcConfig={"SubnetIds": [], "SecurityGroupIds": []}
    )
    assert "error" in alice.invoke("inside", url)
    alice.ec2.delete_security_group(GroupId=group)


def test_functions_go_on_without_control(platform: RunningPlatform, alice: Tenant) -> None:
    arn = alice.make("alone", ECHO)
    assert alice.invoke("alone", 1)["got"] == 1
    path = f"/invoke/{quote(arn, safe='')}"
    call = NodeCall("functions", "POST", path, {}, b"2", 20.0, lambda answer: {}, Fault("gone", "gone"))
    listen = str(platform.client.call("GET", "/status")["endpoint"]).removeprefix("http://")
    platform.kill_control()
    answer = run_loop(node_asker(platform.state / "run")(call))
    assert json.loads(answer.body) == {"got": 2, "by": "alone"}
    platform.start(listen=listen)
    assert alice.invoke("alone", 3)["got"] == 3


@pytest.mark.skipif(os.geteuid() != 0, reason="a node without root has no public entry")
def test_an_api_asks_a_function_once_it_may(platform: RunningPlatform, alice: Tenant) -> None:
    code = "def handler(e, c):\n    return {'statusCode': 201, 'headers': {'x-a': 'b'}, 'body': e['path'] + e['httpMethod']}\n"
    arn = alice.make("proxied", code)
    gateway = alice.gateway
    made = gateway.create_rest_api(name="functions", endpointConfiguration={"types": ["REGIONAL"]})
    api, root = made["id"], made["rootResourceId"]
    resource = gateway.create_resource(restApiId=api, parentId=root, pathPart="{proxy+}")["id"]
    method = {"restApiId": api, "resourceId": resource, "httpMethod": "ANY"}
    gateway.put_method(**method, authorizationType="NONE")
    gateway.put_integration(
        **method,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations",
    )
    gateway.create_deployment(restApiId=api, stageName="s")
    platform.settle()
    assert call_api(platform, api, "/s/a").status == 500
    source = f"arn:aws:execute-api:us-east-1:{alice.account}:{api}/*/*/*"
    alice.functions.add_permission(
        FunctionName="proxied",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=source,
    )
    platform.settle()
    answer = call_api(platform, api, "/s/a")
    assert (answer.status, answer.headers["x-a"], answer.body) == (201, "b", "/aGET")
