"""Permissions: statements as Lambda writes them, and what they admit."""

import json
from typing import Any

import pytest
from tests.unit.services.lambdas.lambda_world import ACCOUNT, ARN, OTHER, LambdaWorld

from innergate.compile.resolve.function_access import ServiceCaller, admits_service, function_exists
from innergate.primitives.fault import Fault
from innergate.services.node_calls import NodeAnswer, NodeCall

API = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:abc"


def add(world: LambdaWorld, **params: Any) -> dict[str, Any]:
    whole = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"}
    made = world.call("AddPermission", FunctionName="hello", **{**whole, **params})
    statement: dict[str, Any] = json.loads(made["Statement"])
    return statement


def test_a_statement_as_lambda_writes_it(world: LambdaWorld) -> None:
    world.create()
    statement = add(world, SourceArn=f"{API}/*/GET/x", SourceAccount=ACCOUNT)
    assert statement == {
        "Sid": "s",
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": ARN,
        "Condition": {
            "StringEquals": {"AWS:SourceAccount": ACCOUNT},
            "ArnLike": {"AWS:SourceArn": f"{API}/*/GET/x"},
        },
    }
    policy = json.loads(world.call("GetPolicy", FunctionName="hello")["Policy"])
    assert policy == {"Version": "2012-10-17", "Id": "default", "Statement": [statement]}
    assert add(world, StatementId="t", Principal=OTHER)["Principal"] == {"AWS": f"arn:aws:iam::{OTHER}:root"}


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("AddPermission", {"StatementId": "s", "Principal": OTHER}, "ResourceConflictException"),
        ("AddPermission", {"StatementId": "t", "Principal": "nobody"}, "InvalidParameterValueException"),
        (
            "AddPermission",
            {"StatementId": "t", "Principal": OTHER, "Qualifier": "$LATEST"},
            "InvalidParameterValueException",
        ),
        ("AddPermission", {"StatementId": "t", "Principal": OTHER, "Qualifier": "x"}, "ResourceNotFoundException"),
        ("AddPermission", {"StatementId": "t", "Principal": OTHER, "RevisionId": "x"}, "PreconditionFailedException"),
        ("RemovePermission", {"StatementId": "none"}, "ResourceNotFoundException"),
    ],
)
def test_refusals(world: LambdaWorld, operation: str, params: dict[str, str], code: str) -> None:
    world.create()
    add(world)
    action = {"Action": "lambda:InvokeFunction"} if operation == "AddPermission" else {}
    with pytest.raises(Fault) as caught:
        world.call(operation, FunctionName="hello", **action, **params)
    assert caught.value.code == code


def test_the_last_statement_takes_the_policy_with_it(world: LambdaWorld) -> None:
    world.create()
    add(world)
    world.call("RemovePermission", FunctionName="hello", StatementId="s")
    with pytest.raises(Fault, match="The resource you requested does not exist"):
        world.call("GetPolicy", FunctionName="hello")
    with pytest.raises(Fault, match="No policy is associated"):
        world.call("RemovePermission", FunctionName="hello", StatementId="s")


def test_a_service_is_admitted_for_what_the_statement_names(world: LambdaWorld) -> None:
    world.create(Publish=True)
    add(world, SourceArn=f"{API}/*/GET/x")
    add(world, Qualifier="1", StatementId="one")
    state = world.harness.store.state()

    def admits(arn: str, source: str, service: str = "apigateway.amazonaws.com") -> bool:
        return admits_service(state, arn, ServiceCaller(service, source, ACCOUNT))

    assert admits(ARN, f"{API}/prod/GET/x")
    assert not admits(ARN, f"{API}/prod/POST/x")
    assert not admits(ARN, f"{API}/prod/GET/x", "events.amazonaws.com")
    assert admits(f"{ARN}:1", f"{API}/prod/POST/x")
    assert not admits(f"{ARN}:2", f"{API}/prod/GET/x")
    assert not admits("no arn", f"{API}/prod/GET/x")
    assert [function_exists(state, arn) for arn in (ARN, f"{ARN}:1", f"{ARN}:2", f"{ARN}:live", f"{ARN}x")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def answering(seen: list[NodeCall], answer: NodeAnswer) -> Any:
    def ask(call: NodeCall) -> NodeAnswer:
        seen.append(call)
        return answer

    return ask


def test_invoke_asks_the_supervisor(world: LambdaWorld) -> None:
    world.create(Timeout=9)
    seen: list[NodeCall] = []
    headers = {"x-amz-function-error": "Unhandled", "x-amz-executed-version": "$LATEST", "x-amz-log-result": "bG9n"}
    world.harness.ask_node = answering(seen, NodeAnswer(200, headers, b'{"a":1}'))
    result = world.call("Invoke", FunctionName="hello", Payload=b"{}", LogType="Tail", ClientContext="e30=")
    assert result == {
        "StatusCode": 200,
        "FunctionError": "Unhandled",
        "ExecutedVersion": "$LATEST",
        "LogResult": "bG9n",
        "Payload": b'{"a":1}',
    }
    [call] = seen
    assert call.path == "/invoke/" + ARN.replace(":", "%3A")
    assert (call.method, call.body, call.socket) == ("POST", b"{}", "functions")
    assert call.timeout_s > 9
    assert call.headers["X-Amz-Log-Type"] == "Tail"
    assert call.headers["X-Amz-Invocation-Type"] == "RequestResponse"


def test_a_dry_run_asks_nobody(world: LambdaWorld) -> None:
    world.create()
    assert world.call("Invoke", FunctionName="hello", InvocationType="DryRun") == {"StatusCode": 204}


def test_what_the_supervisor_refuses(world: LambdaWorld) -> None:
    world.create()
    answer = NodeAnswer(429, {"x-amzn-errortype": "TooManyRequestsException"}, b'{"message":"Rate Exceeded."}')
    world.harness.ask_node = answering([], answer)
    with pytest.raises(Fault) as caught:
        world.call("Invoke", FunctionName="hello")
    assert (caught.value.code, caught.value.status, caught.value.message) == (
        "TooManyRequestsException",
        429,
        "Rate Exceeded.",
    )


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"Payload": b"{"}, "InvalidRequestContentException"),
        ({"Payload": b'"' + b"x" * 6_291_456 + b'"'}, "RequestTooLargeException"),
        ({"Payload": b'"' + b"x" * 1_048_576 + b'"', "InvocationType": "Event"}, "RequestTooLargeException"),
        ({"Qualifier": "none"}, "ResourceNotFoundException"),
        ({}, "ServiceException"),
    ],
)
def test_what_invoke_refuses(world: LambdaWorld, params: dict[str, Any], code: str) -> None:
    world.create()
    with pytest.raises(Fault) as caught:
        world.call("Invoke", FunctionName="hello", **params)
    assert caught.value.code == code


def test_another_account_needs_a_statement(world: LambdaWorld) -> None:
    world.create()
    world.harness.ask_node = answering([], NodeAnswer(200, {}, b"{}"))
    messages = []
    for arn in (ARN, ARN.replace("hello", "absent")):
        with pytest.raises(Fault) as caught:
            world.call("Invoke", FunctionName=arn, account=OTHER)
        assert caught.value.code == "AccessDeniedException"
        messages.append(caught.value.message.replace("absent", "hello"))
    assert messages[0] == messages[1]
    assert "because no resource-based policy allows the lambda:InvokeFunction action" in messages[0]
    add(world, Principal=OTHER)
    assert world.call("Invoke", FunctionName=ARN, account=OTHER)["StatusCode"] == 200
