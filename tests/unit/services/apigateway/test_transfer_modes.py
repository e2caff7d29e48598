"""Which integrations may stream, in AWS's words."""

from pathlib import Path
from typing import Any

import pytest

from innergate.primitives.fault import Fault
from innergate.services.apigateway.operations import OPERATIONS
from innergate.testing.services import ServiceHarness

FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:f"
LAMBDA = "arn:aws:apigateway:us-east-1:lambda:path"
INVOKE = f"{LAMBDA}/2015-03-31/functions/{FUNCTION}/invocations"
STREAM = f"{LAMBDA}/2021-11-15/functions/{FUNCTION}/response-streaming-invocations"


class World:
    def __init__(self, folder: Path) -> None:
        self.harness = ServiceHarness(folder, OPERATIONS)
        made = self.harness.call("CreateRestApi", name="a")
        self.method: dict[str, Any] = {
            "restApiId": made["id"],
            "resourceId": made["rootResourceId"],
            "httpMethod": "GET",
        }
        self.harness.call("PutMethod", **self.method, authorizationType="NONE")

    def put(self, kind: str, uri: str, mode: str = "", timeout_ms: int = 29000) -> Any:
        more = {"responseTransferMode": mode} if mode else {}
        return self.harness.call(
            "PutIntegration",
            **self.method,
            type=kind,
            integrationHttpMethod="POST",
            uri=uri,
            timeoutInMillis=timeout_ms,
            **more,
        )

    def patch(self, **values: str) -> Any:
        patches = [{"op": "replace", "path": f"/{name}", "value": value} for name, value in values.items()]
        return self.harness.call("UpdateIntegration", **self.method, patchOperations=patches)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_proxy_may_stream_for_a_quarter_of_an_hour(world: World) -> None:
    shown = world.put("HTTP_PROXY", "https://b.example/", "STREAM", 900_000)
    assert (shown["responseTransferMode"], shown["timeoutInMillis"]) == ("STREAM", 900_000)
    assert world.put("AWS_PROXY", STREAM, "STREAM", 900_000)["uri"] == STREAM


@pytest.mark.parametrize(
    ("kind", "uri", "mode", "text"),
    [
        (
            "AWS_PROXY",
            STREAM,
            "",
            "Cannot use ResponseTransferMode BUFFERED for Lambda functions invoked by InvokeWithResponseStream for AWS_PROXY "
            "integrations.",
        ),
        (
            "AWS_PROXY",
            INVOKE,
            "STREAM",
            "Cannot use ResponseTransferMode STREAM for Lambda functions invoked by Invoke for AWS_PROXY integrations.",
        ),
        ("HTTP", "https://b.example/", "STREAM", "Cannot use ResponseTransferMode STREAM for HTTP integrations."),
        ("MOCK", "", "STREAM", "Cannot use ResponseTransferMode STREAM for MOCK integrations."),
    ],
)
def test_what_may_not_stream(world: World, kind: str, uri: str, mode: str, text: str) -> None:
    with pytest.raises(Fault) as caught:
        world.put(kind, uri, mode)
    assert (caught.value.code, caught.value.message) == ("BadRequestException", f"Invalid ResponseTransferMode. {text}")


def test_a_whole_answer_may_not_take_so_long(world: World) -> None:
    with pytest.raises(Fault) as caught:
        world.put("HTTP_PROXY", "https://b.example/", "BUFFERED", 900_000)
    assert caught.value.message == "Timeout should be between 50 ms and 29000 ms"


def test_mode_uri_and_timeout_change_together(world: World) -> None:
    world.put("AWS_PROXY", INVOKE)
    with pytest.raises(Fault):
        world.patch(responseTransferMode="STREAM")
    with pytest.raises(Fault, match="Valid options are BUFFERED,STREAM"):
        world.patch(responseTransferMode="OTHER", uri=STREAM)
    shown = world.patch(responseTransferMode="STREAM", uri=STREAM, timeoutInMillis="600000")
    assert (shown["responseTransferMode"], shown["timeoutInMillis"]) == ("STREAM", 600_000)
    assert world.patch(responseTransferMode="BUFFERED", uri=INVOKE, timeoutInMillis="29000")["uri"] == INVOKE
