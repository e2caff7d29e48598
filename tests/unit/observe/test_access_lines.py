"""A format's variables are filled in as API Gateway does; what has no value is a dash."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from tests.unit.services.certificate_maker import issue

from innergate.compile.emit.envoy.access_logs import BASE_PATH_FIELD, CLIENT_FIELD, LOG_FIELDS, ROUTE_FIELDS, RULE_FIELD
from innergate.observe.access_lines import FIELDS, LineFormat, StageFacts
from innergate.observe.access_records import read_record
from innergate.testing.access_records import line_of

KEYS = {"key1": "secret-value"}
FACTS = StageFacts("111122223333", "us-east-1", "dep123", "PRIVATE", lambda key_id: KEYS.get(key_id, ""))
RECORD: dict[str, Any] = {
    "logGroup": "arn:aws:logs:us-east-1:111122223333:log-group:g",
    "apiId": "abc123",
    "stage": "test",
    "resourcePath": "/{proxy+}",
    "resourceId": "res1",
    "requestId": "b2c8f7d2-8a1e-4a3c-9d4f-0123456789ab",
    "extendedRequestId": "b2c8f7d2-8a1e-4a",
    "httpMethod": "GET",
    "path": "/test/foo/bar",
    "protocol": "HTTP/1.1",
    "domainName": "abc123.execute-api.us-east-1.amazonaws.com",
    "requestTimeEpoch": "1767225600123",
    "status": 200,
    "responseLength": 17,
    "responseLatency": 12,
    "integrationLatency": 9,
    "errorType": None,
    "details": "via_upstream",
    "identity.sourceIp": "10.0.1.9",
    "identity.userAgent": "curl/8",
    "identity.vpceId": "vpce-1",
    "identity.vpcId": "vpc-1",
    "identity.apiKeyId": "key1",
    "tlsVersion": "TLSv1.3",
    "cipherSuite": "TLS_AES_256_GCM_SHA384",
}
TIMED_OUT = RECORD | {
    "status": 504,
    "details": "response_timeout",
    "errorType": "InternalServerErrorException",
    "integrationLatency": None,
    "responseLatency": 1001,
}
DENIED = RECORD | {
    "status": 403,
    "details": "rbac_access_denied_matched_policy[deny:0]",
    "errorType": "AccessDeniedException",
    "integrationLatency": None,
}


def filled(text: str, record: dict[str, Any] = RECORD) -> str:
    return LineFormat(text, FACTS).fill(record)


CLF = (
    "$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime] "
    '"$context.httpMethod $context.resourcePath $context.protocol" $context.status $context.responseLength $context.requestId'
)
JSON = (
    '{ "requestId":"$context.requestId", "ip": "$context.identity.sourceIp", "caller":"$context.identity.caller", '
    '"agent":"$context.identity.userAgent", "status":"$context.status","length":$context.responseLength }'
)
XML = (
    '<request id="$context.requestId"> <ip>$context.identity.sourceIp</ip> <status>$context.status</status> </request>'
)
CSV = "$context.identity.sourceIp,$context.identity.caller,$context.requestTime,$context.status,$context.requestId"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            CLF,
            '10.0.1.9 - - [01/Jan/2026:00:00:00 +0000] "GET /{proxy+} HTTP/1.1" 200 17 b2c8f7d2-8a1e-4a3c-9d4f-0123456789ab',
        ),
        (
            JSON,
            '{ "requestId":"b2c8f7d2-8a1e-4a3c-9d4f-0123456789ab", "ip": "10.0.1.9", "caller":"-", '
            '"agent":"curl/8", "status":"200","length":17 }',
        ),
        (
            XML,
            '<request id="b2c8f7d2-8a1e-4a3c-9d4f-0123456789ab"> <ip>10.0.1.9</ip> <status>200</status> </request>',
        ),
        (CSV, "10.0.1.9,-,01/Jan/2026:00:00:00 +0000,200,b2c8f7d2-8a1e-4a3c-9d4f-0123456789ab"),
        ("no variable at all, $5 and $contextual", "no variable at all, $5 and $contextual"),
        ("$context.status.", "200."),
        ("$context.status$context.stage", "200test"),
        ("$context.nothing|$context.authorizer.claims.sub", "-|-"),
        ("a\nb $context.status", "a b 200"),
    ],
)
def test_formats(text: str, line: str) -> None:
    assert filled(text) == line


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("accountId", "111122223333"),
        ("deploymentId", "dep123"),
        ("domainPrefix", "abc123"),
        ("endpointType", "PRIVATE"),
        ("identity.apiKey", "secret-value"),
        ("identity.apiKeyId", "key1"),
        ("identity.vpceId", "vpce-1"),
        ("integrationStatus", "200"),
        ("integration.integrationStatus", "200"),
        ("integrationLatency", "9"),
        ("requestTimeEpoch", "1767225600123"),
        ("error.message", "-"),
        ("integrationErrorMessage", "-"),
    ],
)
def test_variables_of_an_answered_request(variable: str, value: str) -> None:
    assert filled(f"$context.{variable}") == value


@pytest.mark.parametrize(
    ("record", "kind", "message", "integration_error", "latency"),
    [
        (
            TIMED_OUT,
            "INTEGRATION_TIMEOUT",
            "Endpoint request timed out",
            "Execution failed due to a timeout error",
            "1001",
        ),
        (
            TIMED_OUT | {"status": 500, "details": "upstream_reset_before_response_started{connection_termination}"},
            "INTEGRATION_FAILURE",
            "Internal server error",
            "Network error communicating with endpoint",
            "-",
        ),
        (
            DENIED,
            "ACCESS_DENIED",
            "User: anonymous is not authorized to perform: execute-api:Invoke on resource: "
            "arn:aws:execute-api:us-east-1:********3333:abc123/test/GET/foo/bar with an explicit deny",
            "-",
            "-",
        ),
        (
            DENIED | {"details": "local_rate_limited", "errorType": "TooManyRequestsException"},
            "THROTTLED",
            "Too Many Requests",
            "-",
            "-",
        ),
        (
            DENIED | {"details": "direct_response", "errorType": "MissingAuthenticationTokenException"},
            "MISSING_AUTHENTICATION_TOKEN",
            "Missing Authentication Token",
            "-",
            "-",
        ),
        (
            DENIED | {"details": "request_body_too_large", "errorType": "RequestTooLargeException"},
            "REQUEST_TOO_LARGE",
            "Request Too Long",
            "-",
            "-",
        ),
    ],
)
def test_variables_of_the_gateways_own_answers(
    record: dict[str, Any], kind: str, message: str, integration_error: str, latency: str
) -> None:
    assert filled("$context.error.responseType", record) == kind
    assert filled("$context.error.message", record) == message
    assert filled("$context.error.messageString", record) == f'"{message}"'
    assert filled("$context.integrationErrorMessage", record) == integration_error
    assert filled("$context.integrationStatus", record) == "-"
    assert filled("$context.integrationLatency", record) == latency


def test_a_client_that_left_early_has_no_status() -> None:
    assert filled("$context.status", RECORD | {"status": 0, "details": "downstream_remote_disconnect"}) == "-"


def test_a_backends_own_error_is_no_gateway_error() -> None:
    record = RECORD | {"status": 403, "errorType": "AccessDeniedException"}
    assert filled("$context.error.responseType $context.integrationStatus", record) == "- 403"


def test_a_client_cannot_write_members_of_its_own_into_a_json_line() -> None:
    hostile = RECORD | {"identity.userAgent": 'x", "status":"999\\', "path": "/test/\x1b[31m\n"}
    line = filled('{"agent":"$context.identity.userAgent","path":"$context.path","status":"$context.status"}', hostile)
    assert json.loads(line) == {"agent": 'x", "status":"999\\', "path": "/test/\x1b[31m\n", "status": "200"}
    assert "\n" not in filled("$context.path $context.status", hostile)


def test_envoy_writes_every_field_that_variables_read() -> None:
    written = {*LOG_FIELDS, *ROUTE_FIELDS, BASE_PATH_FIELD, RULE_FIELD, "path", "domainName"}
    assert FIELDS | {"details", "errorType", "status", "integrationLatency"} <= written


TOLD = RECORD | {
    "status": 400,
    "integrationLatency": 9,
    "errorType": "BadRequestException",
    "runtime": {
        "authorizer.principalId": "me",
        "awsEndpointRequestId": "aws-1",
        "authorizer.team": 'a"b',
        "error.message": "Invalid request body",
        "error.messageString": '"Invalid request body"',
        "error.responseType": "BAD_REQUEST_BODY",
        "identity.userArn": "arn:aws:iam::111122223333:user/me",
        "integration.status": "200",
        "integrationLatency": "7",
        "accountId": "999999999999",
        "status": "418",
    },
}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("authorizer.principalId", "me"),
        ("awsEndpointRequestId", "aws-1"),
        ("authorizer.nobody", "-"),
        ("error.message", "Invalid request body"),
        ("error.messageString", '"Invalid request body"'),
        ("error.responseType", "BAD_REQUEST_BODY"),
        ("identity.userArn", "arn:aws:iam::111122223333:user/me"),
        ("identity.apiKeyId", "key1"),
        ("identity.apiKey", "secret-value"),
        ("integration.status", "200"),
        ("integrationStatus", "-"),
        ("integrationLatency", "7"),
        ("accountId", "111122223333"),
        ("status", "400"),
    ],
)
def test_what_a_worker_tells_is_used_where_it_executed_the_method(variable: str, value: str) -> None:
    assert filled(f"$context.{variable}", TOLD) == value


def test_a_key_that_an_authorizer_named_is_the_request_s_key() -> None:
    named = TOLD | {"runtime": {"identity.apiKeyId": "key2"}}
    assert filled("$context.identity.apiKeyId $context.identity.apiKey", named) == "key2 -"


def test_what_a_worker_tells_cannot_end_a_json_string() -> None:
    line = filled('{"team":"$context.authorizer.team"}', TOLD)
    assert json.loads(line) == {"team": 'a"b'}


def test_a_worker_that_tells_nothing_leaves_nothing_to_envoy_s_guesses() -> None:
    assert filled("$context.integrationStatus $context.integrationLatency", RECORD | {"runtime": {}}) == "- -"


@pytest.mark.parametrize(
    ("base_path", "path", "shown", "rest"),
    [
        (None, "/test/a/b", "-", "a/b"),
        ("", "/a/b", "(none)", "a/b"),
        ("orders", "/orders/a/b", "orders", "a/b"),
        ("orders/v1", "/orders/v1/a", "orders/v1", "a"),
        ("orders", "/orders", "orders", ""),
    ],
)
def test_a_base_path_is_named_and_is_no_part_of_the_arn(
    base_path: str | None, path: str, shown: str, rest: str
) -> None:
    line = line_of(DENIED | {"path": path, "customDomain.basePathMatched": base_path})
    record = read_record(line.encode())
    assert record is not None
    text = "$context.customDomain.basePathMatched $context.path $context.error.message"
    said = LineFormat(text, FACTS).fill(record)
    assert said.startswith(f"{shown} {path} User: anonymous")
    assert said.split(" with ")[0].endswith(f"/GET/{rest}")


def test_a_rule_is_named_instead_of_the_base_path_that_it_takes_off() -> None:
    told = {"customDomain.basePathMatched": "orders/v1", "customDomain.routingRuleIdMatched": "abc123"}
    record = read_record(line_of(DENIED | {"path": "/orders/v1/a", **told}).encode())
    assert record is not None
    text = "$context.customDomain.routingRuleIdMatched $context.customDomain.basePathMatched $context.error.message"
    said = LineFormat(text, FACTS).fill(record)
    assert said.startswith("abc123 - User: anonymous")
    assert said.split(" with ")[0].endswith("/GET/a")


@pytest.mark.parametrize(
    ("canary", "met", "line"),
    [("", None, "- dep123"), ("dep9", None, "false dep123"), ("dep9", "true", "true dep9")],
)
def test_a_line_says_whether_its_call_was_the_canarys(canary: str, met: str | None, line: str) -> None:
    facts = FACTS._replace(canary_deployment_id=canary)
    record = read_record(line_of({**RECORD, "isCanaryRequest": met}).encode())
    assert record is not None
    assert LineFormat("$context.isCanaryRequest $context.deploymentId", facts).fill(record) == line


def test_the_certificate_of_a_client_is_told_where_clients_show_one() -> None:
    pem = issue("clients.example.com").leaf.certificate
    text = (
        "$context.identity.clientCert.subjectDN|$context.identity.clientCert.clientCertPem|$context.identity.sourceIp"
    )
    shown = RECORD | {CLIENT_FIELD: quote(pem, safe="-")}
    for record in (shown, shown | {"runtime": '{"integration.status":"200"}'}):
        read = read_record(line_of(record).encode())
        assert read is not None
        said = LineFormat(text, FACTS).fill(read)
        assert said == f"CN=clients.example.com|{pem.replace(chr(10), ' ')}|10.0.1.9"
    for record in (RECORD, RECORD | {CLIENT_FIELD: None}):
        read = read_record(line_of(record).encode())
        assert read is not None
        assert LineFormat(text, FACTS).fill(read) == "-|-|10.0.1.9"
