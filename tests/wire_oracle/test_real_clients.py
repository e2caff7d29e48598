"""boto3 against a small HTTP server made of `Wire` and stub operations: one operation of each protocol, signed."""

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.wire_oracle import botocore_side

from innergate.primitives.fault import Fault
from innergate.wire import catalogue
from innergate.wire.front import Wire
from innergate.wire.http import HttpResponse, make_request

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
WIRE = Wire()
CREATED = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

Params = Mapping[str, Any]


def _find_load_balancers(params: Params) -> dict[str, Any]:
    if params.get("Names") == ["absent"]:
        raise Fault("LoadBalancerNotFound", "One or more load balancers not found")
    return {"LoadBalancers": [{"LoadBalancerName": name, "CreatedTime": CREATED} for name in params["Names"]]}


def _get_link(params: Params) -> dict[str, Any]:
    raise Fault("NotFoundException", "Invalid Vpc Link identifier specified", 404)


def _create_group(params: Params) -> dict[str, Any]:
    raise Fault("ResourceAlreadyExistsException", "The specified log group already exists")


OPERATIONS: dict[str, Callable[[Params], dict[str, Any]]] = {
    "DescribeVpcs": lambda params: {"Vpcs": [{"VpcId": params["VpcIds"][0], "IsDefault": False, "Tags": []}]},
    "DescribeLoadBalancers": _find_load_balancers,
    "CreateRestApi": lambda params: {"id": "a1b2c3", "name": params["name"], "createdDate": CREATED},
    "TagResource": lambda params: {},
    "GetExport": lambda params: {"body": b'{"swagger":"2.0"}', "contentType": "application/json"},
    "GetVpcLink": _get_link,
    "CreateApi": lambda params: {"ApiId": "x", "CreatedDate": CREATED, "Name": params["Name"]},
    "CreateLogGroup": _create_group,
    "DescribeLogGroups": lambda params: {"logGroups": [{"logGroupName": params["logGroupNamePrefix"]}]},
    "ListMetrics": lambda params: {"Metrics": [{"Namespace": params["Namespace"]}]},
    "PutMetricData": lambda params: {},
    "GetCallerIdentity": lambda params: {"Account": "111122223333"},
}


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        path, _, query = self.path.partition("?")
        request = make_request(self.command, path, query, list(self.headers.items()), body)
        try:
            seen = WIRE.recognise(request)
            if "x-unsigned" not in self.headers:
                WIRE.verify(seen, request, SECRET, datetime.now(UTC))
            call = WIRE.accept(request, seen)
            if call.operation not in OPERATIONS:
                raise WIRE.not_offered(call)
            self._send(WIRE.answer(call, OPERATIONS[call.operation](call.params), "request-7"))
        except Fault as fault:
            self._send(WIRE.refuse(request, fault, "request-7"))

    do_GET = do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815

    def _send(self, response: HttpResponse) -> None:
        self.send_response(response.status)
        for name, value in (*response.headers, ("Content-Length", str(len(response.body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def connect(port: int) -> Iterator[Callable[..., Any]]:
    clients: list[Any] = []

    def make(service: str, secret: str = SECRET) -> Any:
        session: Any = boto3.Session("AKIDEXAMPLE", secret, region_name="eu-west-1")
        client = session.client(
            service,
            endpoint_url=f"http://127.0.0.1:{port}",
            config=Config(retries={"total_max_attempts": 1}),
        )
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


def test_ec2(connect: Callable[..., Any]) -> None:
    answer = connect("ec2").describe_vpcs(VpcIds=["vpc-1"])
    assert answer["Vpcs"] == [{"VpcId": "vpc-1", "IsDefault": False, "Tags": []}]
    assert answer["ResponseMetadata"]["RequestId"] == "request-7"


def test_query(connect: Callable[..., Any]) -> None:
    client = connect("elbv2")
    answer = client.describe_load_balancers(Names=["a", "b"])
    assert [one["LoadBalancerName"] for one in answer["LoadBalancers"]] == ["a", "b"]
    assert answer["LoadBalancers"][0]["CreatedTime"] == CREATED
    with pytest.raises(client.exceptions.LoadBalancerNotFoundException, match="One or more load balancers not found"):
        client.describe_load_balancers(Names=["absent"])
    assert connect("sts").get_caller_identity()["Account"] == "111122223333"


def test_rest_json(connect: Callable[..., Any]) -> None:
    client = connect("apigateway")
    assert client.create_rest_api(name="pets")["createdDate"] == CREATED
    client.tag_resource(resourceArn="arn:aws:apigateway:eu-west-1::/restapis/a1", tags={"a": "b"})
    export = client.get_export(
        restApiId="a1", stageName="dev", exportType="swagger", parameters={"extensions": "apigateway"}
    )
    assert export["body"].read() == b'{"swagger":"2.0"}'
    with pytest.raises(client.exceptions.NotFoundException) as caught:
        client.get_vpc_link(vpcLinkId="x")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert connect("apigatewayv2").create_api(Name="n", ProtocolType="HTTP")["CreatedDate"] == CREATED
    with pytest.raises(
        ClientError, match=r"1 validation error detected: Value 'JUNK' at 'createApiInput.protocolType'"
    ):
        connect("apigatewayv2").create_api(Name="n", ProtocolType="JUNK")


def test_json(connect: Callable[..., Any]) -> None:
    client = connect("logs")
    assert client.describe_log_groups(logGroupNamePrefix="p")["logGroups"] == [{"logGroupName": "p"}]
    with pytest.raises(client.exceptions.ResourceAlreadyExistsException):
        client.create_log_group(logGroupName="g")
    metrics = connect("cloudwatch")
    assert metrics.list_metrics(Namespace="n")["Metrics"] == [{"Namespace": "n"}]
    rows = [{"MetricName": f"m{index:04d}", "Value": 1.5, "Timestamp": CREATED} for index in range(300)]
    metrics.put_metric_data(Namespace="compressed", MetricData=rows)


def test_cbor(port: int) -> None:
    operation = catalogue.load("cloudwatch").operation_model("ListMetrics")
    request = botocore_side.serialise(operation, "smithy-rpc-v2-cbor", {"Namespace": "n"})
    connection = HTTPConnection("127.0.0.1", port)
    headers = {**dict(request.headers), "x-unsigned": "yes"}
    connection.request("POST", request.raw_path, request.body, headers)
    answer = connection.getresponse()
    response = HttpResponse(answer.status, tuple(answer.headers.items()), answer.read())
    connection.close()
    parsed = botocore_side.parse("smithy-rpc-v2-cbor", operation.output_shape, response, streaming=False)
    assert parsed["Metrics"] == [{"Namespace": "n"}]


@pytest.mark.parametrize(
    ("service", "operation", "code", "status"),
    [
        ("ec2", "describe_vpcs", "AuthFailure", 401),
        ("sts", "get_caller_identity", "SignatureDoesNotMatch", 403),
        ("apigateway", "get_account", "InvalidSignatureException", 403),
        ("logs", "describe_log_groups", "InvalidSignatureException", 400),
    ],
)
def test_a_wrong_secret_is_refused(
    connect: Callable[..., Any], service: str, operation: str, code: str, status: int
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(connect(service, "another"), operation)()
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_an_operation_that_is_not_offered_says_so(connect: Callable[..., Any]) -> None:
    with pytest.raises(ClientError, match="Innergate does not offer the operation ec2:DescribeHosts"):
        connect("ec2").describe_hosts()
    with pytest.raises(ClientError, match="Innergate does not offer the service 'dynamodb'"):
        connect("dynamodb").list_tables()
