"""Answers that clients see before they are whole: a backend's, by Envoy alone and by a worker, and a function's."""

import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from tests.e2e.tenants import Tenant, tenant
from tests.e2e.test_regional_apis import pytestmark as needs_public_entry

from innergate.driver.platform import RunningPlatform

pytestmark = [pytest.mark.e2e, needs_public_entry]

PRELUDE = json.dumps({"statusCode": 201, "headers": {"Content-Type": "text/event-stream"}}) + "\0" * 8


class Slow(BaseHTTPRequestHandler):
    """Says `first`, and `last` once it is let go."""

    protocol_version = "HTTP/1.1"
    go = threading.Event()

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nfirst\r\n")
        self.wfile.flush()
        self.go.wait(20)
        self.wfile.write(b"5\r\n last\r\n0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def platform() -> Iterator[RunningPlatform]:
    with RunningPlatform(options=("--allow-loopback-backends",)) as own:
        yield own


@pytest.fixture(scope="module")
def alice(platform: RunningPlatform) -> Tenant:
    return tenant(platform, "alice")


@pytest.fixture
def backend() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    Slow.go.clear()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    Slow.go.set()
    server.shutdown()
    server.server_close()
    thread.join()


@contextmanager
def opened(platform: RunningPlatform, name: str, path: str, **more: Any) -> Iterator[http.client.HTTPResponse]:
    """The answer to a request at the public entry, of which the head has come."""
    host, _, port = platform.client.call("GET", "/status")["public"]["address"].rpartition(":")
    context = ssl.create_default_context(cafile=str(platform.state / "ca-bundle.pem"))
    connection = http.client.HTTPConnection(name)
    connection.sock = context.wrap_socket(socket.create_connection((host, int(port)), 20), server_hostname=name)
    connection.request(more.pop("method", "GET"), path, **more)
    try:
        with connection.getresponse() as answer:
            yield answer
    finally:
        connection.close()


def make_api(alice: Tenant, **integration: Any) -> tuple[str, str]:
    """An API with GET /native and, by a worker, GET /worker?must=1; its id and its name."""
    gateway = alice.gateway
    made = gateway.create_rest_api(name="streams", endpointConfiguration={"types": ["REGIONAL"]})
    api, root = made["id"], made["rootResourceId"]
    validator = gateway.create_request_validator(restApiId=api, name="all", validateRequestParameters=True)["id"]
    for part, more in (
        ("native", {}),
        ("worker", {"requestValidatorId": validator, "requestParameters": {"method.request.querystring.must": True}}),
    ):
        resource = gateway.create_resource(restApiId=api, parentId=root, pathPart=part)["id"]
        method = {"restApiId": api, "resourceId": resource, "httpMethod": "GET"}
        gateway.put_method(**method, authorizationType="NONE", **more)
        gateway.put_integration(**method, responseTransferMode="STREAM", timeoutInMillis=60_000, **integration)
    gateway.create_deployment(restApiId=api, stageName="s")
    return api, f"{api}.execute-api.us-east-1.amazonaws.com"


def test_a_backend_streams(platform: RunningPlatform, alice: Tenant, backend: str) -> None:
    api, name = make_api(alice, type="HTTP_PROXY", integrationHttpMethod="GET", uri=backend)
    platform.settle()
    for path in ("/s/native", "/s/worker?must=1"):
        Slow.go.clear()
        with opened(platform, name, path) as answer:
            assert (answer.status, answer.read(5)) == (200, b"first"), path
            Slow.go.set()
            assert answer.read() == b" last"
    alice.gateway.delete_rest_api(restApiId=api)


def test_a_function_streams(platform: RunningPlatform, alice: Tenant) -> None:
    arn = alice.make_streaming("streams")
    answer = alice.functions.invoke_with_response_stream(
        FunctionName="streams", Payload=json.dumps({"parts": ["one ", "sleep:2.0"]}).encode(), LogType="Tail"
    )
    assert answer["StatusCode"] == 200
    began, times = time.monotonic(), []
    events = []
    for event in answer["EventStream"]:
        events.append(event)
        times.append(time.monotonic() - began)
    parts = [event["PayloadChunk"]["Payload"] for event in events if "PayloadChunk" in event]
    assert b"".join(parts) == b"one sleep:2.0"
    assert times[-1] - times[0] > 0.3, times
    assert events[-1]["InvokeComplete"]["LogResult"]

    gateway = alice.gateway
    made = gateway.create_rest_api(name="function", endpointConfiguration={"types": ["REGIONAL"]})
    api, root = made["id"], made["rootResourceId"]
    method = {"restApiId": api, "resourceId": root, "httpMethod": "POST"}
    gateway.put_method(**method, authorizationType="NONE")
    gateway.put_integration(
        **method,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/{arn}/response-streaming-invocations",
        responseTransferMode="STREAM",
    )
    alice.functions.add_permission(
        FunctionName=arn, StatementId="a", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    gateway.create_deployment(restApiId=api, stageName="s")
    platform.settle()
    asked = json.dumps({"parts": [PRELUDE, "data: 1\n", "sleep:2.0"]})
    with opened(platform, f"{api}.execute-api.us-east-1.amazonaws.com", "/s", method="POST", body=asked) as seen:
        assert (seen.status, seen.headers["content-type"]) == (201, "text/event-stream")
        assert seen.read(8) == b"data: 1\n"
        at = time.monotonic()
        assert seen.read() == b"sleep:2.0"
        assert time.monotonic() - at > 0.3
    tried = gateway.test_invoke_method(**method, body=asked)
    assert (tried["status"], tried["body"]) == (201, "data: 1\nsleep:2.0")
