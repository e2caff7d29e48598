"""What the execution log says of calls that Envoy ended by itself."""

from typing import Any

import pytest

from innergate.observe.execution_failures import failure_lines

ARN = "arn:aws:execute-api:us-east-1:********3333:abc123/test"
RECORD: dict[str, Any] = {
    "requestId": "id",
    "resourceId": "res1",
    "resourcePath": "/pets",
    "httpMethod": "GET",
    "path": "/test/pets",
    "status": 504,
    "details": "response_timeout",
    "errorType": "InternalServerErrorException",
    "runtime": None,
}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "Execution failed due to a timeout error"),
        (
            {"status": 500, "details": "upstream_reset_before_response_started{connection_failure}"},
            "Execution failed due to configuration error: Network error communicating with endpoint",
        ),
        (
            {"status": 500, "details": "direct_response", "errorType": "ApiConfigurationException"},
            "Execution failed due to configuration error: There was an internal error",
        ),
        (
            {
                "status": 403,
                "details": "rbac_access_denied_matched_policy[deny:0]",
                "errorType": "AccessDeniedException",
            },
            f"User: anonymous is not authorized to perform: execute-api:Invoke on resource: {ARN}/GET/pets with an "
            "explicit deny",
        ),
        (
            {"status": 429, "details": "request_rate_limited", "errorType": "TooManyRequestsException"},
            "Too Many Requests",
        ),
    ],
)
def test_why_and_with_what_the_gateway_answered(fields: dict[str, Any], reason: str) -> None:
    record = RECORD | fields
    assert failure_lines(record, ARN) == (f"(id) {reason}", f"(id) Method completed with status: {record['status']}")


@pytest.mark.parametrize(
    "fields",
    [{"details": "via_upstream", "status": 500}, {"runtime": {}}, {"resourceId": ""}, {"errorType": None}],
)
def test_other_calls_are_not_told_here(fields: dict[str, Any]) -> None:
    assert failure_lines(RECORD | fields, ARN) == ()
