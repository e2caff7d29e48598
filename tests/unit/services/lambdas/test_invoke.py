"""What Invoke asks of a node, and what it makes of the node's answer."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.unit.services.lambdas.lambda_world import ARN, OTHER, LambdaWorld

from innergate.primitives.event_stream import CONTENT_TYPE
from innergate.primitives.fault import Fault
from innergate.services.node_calls import NodeAnswer, NodeCall


def asked(world: LambdaWorld, operation: str, answer: NodeAnswer, **params: Any) -> tuple[NodeCall, Mapping[str, Any]]:
    """What the node is asked, and the operation's result where it gives `answer`."""
    calls: list[NodeCall] = []

    def ask_node(call: NodeCall) -> NodeAnswer:
        calls.append(call)
        return answer

    world.harness.ask_node = ask_node
    result = world.call(operation, FunctionName=ARN, **params)
    return calls[0], result


def test_a_streamed_invocation_asks_for_a_stream(world: LambdaWorld) -> None:
    world.create(Timeout=100)
    answer = NodeAnswer(200, {"x-amz-executed-version": "3"}, b"")
    plain, _ = asked(world, "Invoke", answer, Payload=b"1")
    streamed, result = asked(world, "InvokeWithResponseStream", answer, Payload=b"1")
    assert (plain.streams, streamed.streams) == (False, True)
    assert streamed.path == plain.path.replace("/invoke/", "/stream/")
    assert (streamed.headers, streamed.body, streamed.timeout_s) == (plain.headers, plain.body, plain.timeout_s)
    assert result == {"StatusCode": 200, "ExecutedVersion": "3", "ResponseStreamContentType": CONTENT_TYPE}


def test_what_the_node_refuses_is_lambdas_fault(world: LambdaWorld) -> None:
    world.create()
    refused = NodeAnswer(429, {"x-amzn-errortype": "TooManyRequestsException"}, b'{"message":"Rate Exceeded."}')
    for operation in ("Invoke", "InvokeWithResponseStream"):
        with pytest.raises(Fault) as caught:
            asked(world, operation, refused)
        assert (caught.value.code, caught.value.status) == ("TooManyRequestsException", 429)


def test_a_dry_run_asks_nobody(world: LambdaWorld) -> None:
    world.create()
    found = world.call("InvokeWithResponseStream", FunctionName="hello", InvocationType="DryRun")
    assert found == {"StatusCode": 200}


def test_a_stranger_may_not_stream_either(world: LambdaWorld) -> None:
    world.create()
    with pytest.raises(Fault) as caught:
        world.call("InvokeWithResponseStream", account=OTHER, FunctionName=ARN)
    assert caught.value.code == "AccessDeniedException"
    assert "lambda:InvokeFunction" in caught.value.message
