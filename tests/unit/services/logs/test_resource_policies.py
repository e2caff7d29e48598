"""Resource policies of an account and of a log group."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.unit.services.identity_harness import check_shape

from innergate.primitives.fault import Fault
from innergate.services.logs.operations import OPERATIONS
from innergate.testing.services import ServiceHarness

OTHER = "444455556666"
STATEMENT = {
    "Effect": "Allow",
    "Principal": {"Service": "delivery.logs.amazonaws.com"},
    "Action": "logs:PutLogEvents",
    "Resource": "*",
}
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[ServiceHarness]:
    harness = ServiceHarness(tmp_path, OPERATIONS)
    yield harness
    harness.store.close()


def call(harness: ServiceHarness, operation: str, account: str = "111122223333", **params: Any) -> Mapping[str, Any]:
    result = harness.call(operation, account=account, **params)
    check_shape("logs", operation, result)
    return result


def test_a_policy_of_the_account_is_put_shown_and_deleted(harness: ServiceHarness) -> None:
    made = call(harness, "PutResourcePolicy", policyName="p", policyDocument=DOCUMENT)["resourcePolicy"]
    assert (made["policyName"], made["policyDocument"], made["policyScope"]) == ("p", DOCUMENT, "ACCOUNT")
    other = DOCUMENT.replace("delivery.logs", "es")
    call(harness, "PutResourcePolicy", policyName="p", policyDocument=other)
    [shown] = call(harness, "DescribeResourcePolicies")["resourcePolicies"]
    assert shown["policyDocument"] == other
    assert call(harness, "DescribeResourcePolicies", OTHER) == {"resourcePolicies": []}
    with pytest.raises(Fault, match=r"Policy with name \[p\] does not exist"):
        call(harness, "DeleteResourcePolicy", OTHER, policyName="p")
    call(harness, "DeleteResourcePolicy", policyName="p")
    assert call(harness, "DescribeResourcePolicies") == {"resourcePolicies": []}


def test_a_policy_of_a_log_group_goes_with_it(harness: ServiceHarness) -> None:
    call(harness, "CreateLogGroup", logGroupName="g")
    arn = "arn:aws:logs:us-east-1:111122223333:log-group:g"
    made = call(harness, "PutResourcePolicy", resourceArn=f"{arn}:*", policyDocument=DOCUMENT)
    assert call(harness, "DescribeResourcePolicies") == {"resourcePolicies": []}
    [shown] = call(harness, "DescribeResourcePolicies", resourceArn=arn)["resourcePolicies"]
    assert (shown["resourceArn"], shown["policyScope"], shown["revisionId"]) == (arn, "RESOURCE", made["revisionId"])
    for stale in ({"expectedRevisionId": "no"}, {}):
        with pytest.raises(Fault, match="OperationAbortedException"):
            call(harness, "PutResourcePolicy", resourceArn=arn, policyDocument=DOCUMENT, **stale)
        with pytest.raises(Fault, match="OperationAbortedException"):
            call(harness, "DeleteResourcePolicy", resourceArn=arn, **stale)
        with pytest.raises(Fault, match="ResourceNotFoundException"):
            call(harness, "PutResourcePolicy", OTHER, resourceArn=arn, policyDocument=DOCUMENT, **stale)
        with pytest.raises(Fault, match="ResourceNotFoundException"):
            call(harness, "DeleteResourcePolicy", OTHER, resourceArn=arn, **stale)
    current = {"expectedRevisionId": made["revisionId"]}
    made = call(harness, "PutResourcePolicy", resourceArn=arn, policyDocument=DOCUMENT, **current)
    call(harness, "DeleteResourcePolicy", resourceArn=arn, expectedRevisionId=made["revisionId"])
    call(harness, "PutResourcePolicy", resourceArn=arn, policyDocument=DOCUMENT)
    call(harness, "DeleteLogGroup", logGroupName="g")
    assert call(harness, "DescribeResourcePolicies", policyScope="RESOURCE") == {"resourcePolicies": []}


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"policyDocument": DOCUMENT}, "InvalidParameterException"),
        ({"policyName": "p", "policyDocument": "{}"}, "InvalidParameterException"),
        ({"policyName": "p", "policyDocument": DOCUMENT + " " * 5120}, "LimitExceededException"),
    ],
)
def test_policies_that_cannot_be(harness: ServiceHarness, params: dict[str, str], code: str) -> None:
    with pytest.raises(Fault) as caught:
        call(harness, "PutResourcePolicy", **params)
    assert caught.value.code == code


def test_an_account_has_ten_and_pages_through_them(harness: ServiceHarness) -> None:
    for number in range(10):
        call(harness, "PutResourcePolicy", policyName=f"p{number}", policyDocument=DOCUMENT)
    with pytest.raises(Fault, match="LimitExceededException"):
        call(harness, "PutResourcePolicy", policyName="more", policyDocument=DOCUMENT)
    first = call(harness, "DescribeResourcePolicies", limit=6)
    rest = call(harness, "DescribeResourcePolicies", nextToken=first["nextToken"])
    names = [policy["policyName"] for page in (first, rest) for policy in page["resourcePolicies"]]
    assert names == [f"p{number}" for number in range(10)]
