import pytest
from botocore.parsers import create_parser
from botocore.session import Session

from innergate.wire.http import HttpRequest, make_request
from innergate.wire.protocols import PROTOCOLS
from innergate.wire.routing import Route, Unroutable, route


def _form(body: str) -> HttpRequest:
    return make_request("POST", "/", "", [("Content-Type", "application/x-www-form-urlencoded")], body.encode())


def _name(found: Route | Unroutable) -> tuple[str | None, str]:
    return (found.service, found.operation) if isinstance(found, Route) else (found.service, found.fault.code)


@pytest.mark.parametrize(
    ("body", "signed", "wanted"),
    [
        ("Action=DescribeVpcs&Version=2016-11-15", None, ("ec2", "DescribeVpcs")),
        ("Action=DescribeLoadBalancers&Version=2015-12-01", "elasticloadbalancing", ("elbv2", "DescribeLoadBalancers")),
        ("Action=DescribeLoadBalancers&Version=2012-06-01", "elasticloadbalancing", ("elbv2", "NoSuchVersion")),
        ("Action=GetUser", "iam", ("iam", "GetUser")),
        ("Action=GetCallerIdentity", None, ("sts", "GetCallerIdentity")),
        ("Action=Nothing&Version=2016-11-15", None, ("ec2", "InvalidAction")),
        ("Action=Nothing&Version=2010-05-08", "iam", ("iam", "InvalidAction")),
        ("Action=DescribeVpcs&Version=2016-11-15", "sts", ("sts", "NoSuchVersion")),
        ("Version=2016-11-15", "ec2", ("ec2", "MissingAction")),
        ("Action=%ff", "ec2", (None, "MalformedQueryString")),
    ],
)
def test_forms_go_by_action_and_version(body: str, signed: str | None, wanted: tuple[str, str]) -> None:
    assert _name(route(_form(body), signed)) == wanted


@pytest.mark.parametrize(
    ("query", "body", "wanted"),
    [
        ("Action=GetCallerIdentity&Version=2011-06-15", b"", ("sts", "GetCallerIdentity")),
        ("Action=GetCallerIdentity", b'{"Action=":"AssumeRole&Action=GetSessionToken"}', ("sts", "GetCallerIdentity")),
        ("", b"Action=GetCallerIdentity", ("sts", "MissingAction")),
    ],
)
def test_an_action_in_the_query_may_have_json_beside_it(query: str, body: bytes, wanted: tuple[str, str]) -> None:
    """So API Gateway's integrations call services that speak forms."""
    assert _name(route(make_request("POST", "/", query, [("Content-Type", "application/json")], body), "sts")) == wanted


@pytest.mark.parametrize(
    ("target", "signed", "wanted"),
    [
        ("Logs_20140328.DescribeLogGroups", None, ("logs", "DescribeLogGroups")),
        ("GraniteServiceVersion20100801.ListMetrics", "monitoring", ("cloudwatch", "ListMetrics")),
        ("Logs_20140328.Nothing", "logs", ("logs", "UnknownOperationException")),
        ("Logs_20140328.DescribeLogGroups", "acm", ("logs", "InvalidSignatureException")),
        ("DynamoDB_20120810.ListTables", None, (None, "UnknownOperationException")),
        ("junk", None, (None, "UnknownOperationException")),
    ],
)
def test_targets_stay_within_the_signed_service(target: str, signed: str | None, wanted: tuple[str, str]) -> None:
    assert _name(route(make_request("POST", "/", "", [("X-Amz-Target", target)], b"{}"), signed)) == wanted


def test_the_smithy_path_names_service_and_operation() -> None:
    headers = [("smithy-protocol", "rpc-v2-cbor")]
    path = "/service/GraniteServiceVersion20100801/operation/ListMetrics"
    assert _name(route(make_request("POST", path, "", headers, b""))) == ("cloudwatch", "ListMetrics")
    wrong = route(make_request("POST", "/service/Logs_20140328/operation/DescribeLogGroups", "", headers, b""))
    assert _name(wrong) == (None, "UnknownOperationException")


@pytest.mark.parametrize(
    ("method", "path", "query", "wanted"),
    [
        ("POST", "/restapis", "", ("apigateway", "CreateRestApi")),
        ("POST", "/restapis", "mode=import", ("apigateway", "ImportRestApi")),
        ("PUT", "/restapis/a1", "mode=merge", ("apigateway", "PutRestApi")),
        ("GET", "/restapis/a1/", "", ("apigateway", "GetRestApi")),
        ("GET", "/v2/apis", "", ("apigatewayv2", "GetApis")),
        ("GET", "/restapis/a1/models/m/default_template", "", ("apigateway", "GetModelTemplate")),
        ("GET", "/2015-03-31/functions", "", ("lambda", "ListFunctions")),
        ("GET", "/restapis//x", "", ("apigateway", "MissingAuthenticationTokenException")),
        ("GET", "/restapis/a1/../a2", "", ("apigateway", "MissingAuthenticationTokenException")),
        ("GET", "/restapis/%ff", "", ("apigateway", "MissingAuthenticationTokenException")),
        ("GET", "/nothing", "", ("apigateway", "MissingAuthenticationTokenException")),
    ],
)
def test_rest_paths(method: str, path: str, query: str, wanted: tuple[str, str]) -> None:
    assert _name(route(make_request(method, path, query, [], b""))) == wanted
    assert (
        _name(route(make_request(method, path, query, [], b""), wanted[0] if wanted[0] == "lambda" else "apigateway"))
        == wanted
    )


def test_an_encoded_arn_is_one_label_decoded_once() -> None:
    path = "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fa%252Fb"
    found = route(make_request("GET", path, "", [], b""), "apigateway")
    assert isinstance(found, Route)
    assert found.labels == {"resource_arn": "arn:aws:apigateway:us-east-1::/restapis/a%2Fb"}


@pytest.mark.parametrize(("path", "name"), [("/", "s3"), ("/bucket/key", "s3"), ("/2013-04-01/hostedzone", "route53")])
def test_clients_of_services_that_are_not_there_can_read_why(path: str, name: str) -> None:
    found = route(HttpRequest("GET", path, "", (), b""), name)
    assert isinstance(found, Unroutable)
    body = PROTOCOLS[found.protocol].refuse(None, found.fault, "r").body
    shape = Session().get_service_model(name).operation_model("ListBuckets" if name == "s3" else "ListHostedZones")
    assert shape.output_shape is not None
    response = {"status_code": found.fault.status, "headers": {}, "body": body}
    error = create_parser("rest-xml").parse(response, shape.output_shape)["Error"]
    assert error["Message"] == f"Innergate does not offer the service '{name}'."
