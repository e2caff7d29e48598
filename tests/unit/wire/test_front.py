import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fuzzing import fuzzed

from innergate.primitives.fault import Fault
from innergate.primitives.secret import Secret
from innergate.wire import sigv4
from innergate.wire.front import MAX_BODY_BYTES, Wire
from innergate.wire.http import HttpRequest, HttpResponse, make_request

WIRE = Wire()
FORM = [("Content-Type", "application/x-www-form-urlencoded")]


def _form(body: str) -> HttpRequest:
    return make_request("POST", "/", "", FORM, body.encode())


def _json(body: str, target: str = "Logs_20140328.PutRetentionPolicy") -> HttpRequest:
    return make_request("POST", "/", "", [("X-Amz-Target", target)], body.encode())


def _rest(body: str) -> HttpRequest:
    return make_request("POST", "/restapis", "", [], body.encode())


def test_an_unsigned_call_gets_the_default_region_and_no_claim() -> None:
    call = WIRE.accept(_form("Action=DescribeVpcs&Version=2016-11-15&VpcId.1=vpc-1&Junk.2.X=1"))
    assert call == ("ec2", "DescribeVpcs", {"VpcIds": ["vpc-1"]}, "ec2", "us-east-1", None)
    with pytest.raises(Fault) as caught:
        WIRE.verify(WIRE.recognise(_form("Action=GetUser&Version=2010-05-08")), _form(""), "s", datetime.now(UTC))
    assert (caught.value.code, caught.value.status) == ("MissingAuthenticationToken", 403)


def test_a_signed_call_acts_in_the_region_of_its_scope() -> None:
    credentials = sigv4.Credentials("AKIDEXAMPLE", Secret("s"))
    request = make_request("GET", "/restapis", "limit=5", [("Host", "h")], b"")
    call = WIRE.accept(sigv4.sign(request, credentials, "eu-central-1", "apigateway", datetime.now(UTC)))
    assert (call.operation, call.region, call.params) == ("GetRestApis", "eu-central-1", {"limit": 5})
    assert call.claim is not None
    assert call.claim.access_key_id == "AKIDEXAMPLE"


@pytest.mark.parametrize(
    ("request_", "code", "words"),
    [
        (
            _rest('{"name": true}'),
            "SerializationException",
            "class java.lang.Boolean can not be converted to an String",
        ),
        (_rest('{"name": 5}'), "SerializationException", "TruncatingBigNumber can not be converted to an String"),
        (_rest("{"), "SerializationException", "Unable to parse"),
        (_rest("[]"), "SerializationException", "Start of list found where not expected"),
        (_rest('{"name": "\\ud800"}'), "SerializationException", "can not be converted"),
        (_rest('{"name": NaN}'), "SerializationException", "Unable to parse"),
        (_rest("[" * 100_000), "SerializationException", "Unable to parse"),
        (
            _json('{"logGroupName": "g", "retentionInDays": "7"}'),
            "SerializationException",
            "STRING_VALUE can not be converted to an Integer",
        ),
        (
            _json('{"logGroupName": 7, "retentionInDays": 7}'),
            "SerializationException",
            "NUMBER_VALUE can not be converted to a String",
        ),
        (_json('{"logGroupName": "g", "retentionInDays": 1e999}'), "SerializationException", "NUMBER_VALUE"),
        (
            _form("Action=DescribeVpcs&Version=2016-11-15&MaxResults=x"),
            "InvalidParameterValue",
            "Value (x) for parameter MaxResults",
        ),
        (_form("Action=DescribeVpcs&Version=2016-11-15&DryRun=x"), "InvalidParameterValue", "no boolean"),
        (_form("Action=DescribeVpcs&Version=2016-11-15&VpcId.x=1"), "InvalidParameterValue", "Unexpected list element"),
        (_form("Action=CreateUser&Version=2010-05-08&UserName=%00"), "MalformedInput", "control characters"),
        (_form("Action=CreateUser&Version=2010-05-08&UserName.a=1"), "MalformedInput", "Start of structure"),
        (
            _form("Action=X&Version=2010-05-08&" + ".".join("a" * 99) + "=1"),
            "InvalidAction",
            "Could not find operation X",
        ),
        (
            _form("Action=CreateUser&Version=2010-05-08&" + ".".join("a" * 99) + "=1"),
            "MalformedQueryString",
            "at most 64 parts",
        ),
        (_form("&".join(f"a{index}=1" for index in range(20_001))), "MalformedQueryString", "at most 20000"),
        (make_request("POST", "/", "", FORM, b"x" * (MAX_BODY_BYTES + 1)), "RequestEntityTooLargeException", "exceeds"),
    ],
)
def test_malformed_calls_get_a_fault(request_: HttpRequest, code: str, words: str) -> None:
    with pytest.raises(Fault) as caught:
        WIRE.accept(request_)
    assert caught.value.code == code
    assert words in caught.value.message
    assert WIRE.refuse(request_, caught.value, "r").status >= 400


HEADERS = st.sampled_from(
    [
        ("X-Amz-Target", "Logs_20140328.CreateLogGroup"),
        ("X-Amz-Target", "junk"),
        ("smithy-protocol", "rpc-v2-cbor"),
        (
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=a/20261122/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0",
        ),
        ("Authorization", "AWS4-HMAC-SHA256 =,,"),
        ("X-Amz-Date", "20261122T080000Z"),
        ("Content-Encoding", "gzip"),
        ("Content-Type", "application/json"),
    ]
)
PATHS = st.sampled_from(
    [
        "/",
        "",
        "/restapis",
        "/v2/apis",
        "/tags/%",
        "/service/GraniteServiceVersion20100801/operation/PutMetricData",
        "//",
        "*",
    ]
)
BODIES = st.binary(max_size=60) | st.sampled_from(
    [
        b"Action=CreateVpc&Version=2016-11-15&TagSpecification.1.Tag.1=x",
        b"\xd8\x1c\x81\xd8\x1d\x00",
        b"\x9f" * 500,
        b'{"name":{}}',
        b"%=%&.=.&..=1",
    ]
)


@fuzzed(
    settings(
        max_examples=300, derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
)
@given(st.sampled_from(["GET", "POST", "PUT", "x"]), PATHS, st.text(max_size=20), st.lists(HEADERS, max_size=4), BODIES)
def test_no_request_makes_the_wire_crash(
    method: str, path: str, query: str, headers: list[tuple[str, str]], body: bytes
) -> None:
    try:
        request = make_request(method, path, query, headers, body)
    except UnicodeEncodeError:
        return
    assert _answer(request).status >= 400


def _answer(request: HttpRequest) -> HttpResponse:
    try:
        call = WIRE.accept(request)
    except Fault as fault:
        return WIRE.refuse(request, fault, "r")
    return WIRE.refuse(call, Fault("X", "y"), "r")


def test_modelled_statuses_and_codes() -> None:
    call = WIRE.accept(make_request("GET", "/restapis/a1", "", [], b""))
    response = WIRE.refuse(call, Fault("NotFoundException", "Invalid API identifier specified 1:a1"), "r-1")
    assert (response.status, response.header("x-amzn-ErrorType")) == (404, "NotFoundException")
    assert json.loads(response.body) == {"message": "Invalid API identifier specified 1:a1"}
    assert response.header("x-amzn-RequestId") == "r-1"
    apigw_id = response.header("x-amz-apigw-id") or ""
    assert (len(apigw_id), apigw_id[-1]) == (16, "=")
    assert WIRE.refuse(call, Fault("NotFoundException", "m", 410), "r").status == 410
    throttled = WIRE.refuse(call, Fault("TooManyRequestsException", "Too Many Requests"), "r")
    assert (throttled.status, throttled.header("Retry-After")) == (429, "1")
    denied = WIRE.refuse(call, Fault("AccessDeniedException", "no", 403), "r")
    assert json.loads(denied.body) == {"Message": "no"}


def test_query_answers_use_the_code_of_the_shape() -> None:
    call = WIRE.accept(_form("Action=DescribeListeners&Version=2015-12-01"))
    body = WIRE.refuse(call, Fault("ListenerNotFoundException", "a < b"), "r").body.decode()
    assert "<Code>ListenerNotFound</Code><Message>a &lt; b</Message>" in body
    assert 'xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"' in body


def test_ec2_answers() -> None:
    call = WIRE.accept(_form("Action=DeleteVpc&Version=2016-11-15&VpcId=vpc-1"))
    assert b"<requestId>r</requestId><return>true</return>" in WIRE.answer(call, None, "r").body
    call = WIRE.accept(_form("Action=DescribeVpcs&Version=2016-11-15"))
    assert b"<vpcSet/>" in WIRE.answer(call, {"Vpcs": []}, "r").body
    with pytest.raises(ValueError, match="has no member Vpc"):
        WIRE.answer(call, {"Vpc": []}, "r")


def test_a_delete_answers_with_the_modelled_status_and_no_body() -> None:
    call = WIRE.accept(make_request("DELETE", "/restapis/a1", "", [], b""))
    assert WIRE.answer(call, {}, "r")[::2] == (202, b"")
