"""Log groups as Terraform makes and reads them."""

from pathlib import Path
from typing import Any

import pytest

from innergate.primitives.fault import Fault
from innergate.services.logs.operations import OPERATIONS
from innergate.testing.services import ServiceHarness


@pytest.fixture
def logs(tmp_path: Path) -> ServiceHarness:
    return ServiceHarness(tmp_path, OPERATIONS)


def test_life_of_a_group(logs: ServiceHarness) -> None:
    logs.call("CreateLogGroup", logGroupName="/api/access", tags={"a": "1"})
    logs.call("PutRetentionPolicy", logGroupName="/api/access", retentionInDays=7)
    [shown] = logs.call("DescribeLogGroups", logGroupNamePrefix="/api")["logGroups"]
    assert shown["arn"] == "arn:aws:logs:us-east-1:111122223333:log-group:/api/access:*"
    assert shown["logGroupArn"] == shown["arn"].removesuffix(":*")
    assert shown["retentionInDays"] == 7
    assert shown["creationTime"] == int(logs.clock.now().timestamp() * 1000)
    logs.call("DeleteRetentionPolicy", logGroupName="/api/access")
    [shown] = logs.call("DescribeLogGroups")["logGroups"]
    assert shown["retentionInDays"] is None
    logs.call("DeleteLogGroup", logGroupName="/api/access")
    assert logs.call("DescribeLogGroups")["logGroups"] == []


def test_tags_old_and_new(logs: ServiceHarness) -> None:
    logs.call("CreateLogGroup", logGroupName="g", tags={"a": "1"})
    arn = "arn:aws:logs:us-east-1:111122223333:log-group:g"
    logs.call("TagLogGroup", logGroupName="g", tags={"b": "2"})
    logs.call("TagResource", resourceArn=arn, tags={"c": "3"})
    logs.call("UntagResource", resourceArn=f"{arn}:*", tagKeys=["a"])
    logs.call("UntagLogGroup", logGroupName="g", tags=["b"])
    assert logs.call("ListTagsForResource", resourceArn=arn)["tags"] == {"c": "3"}
    assert logs.call("ListTagsLogGroup", logGroupName="g")["tags"] == {"c": "3"}


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("CreateLogGroup", {"logGroupName": "g"}, "ResourceAlreadyExistsException"),
        ("CreateLogGroup", {"logGroupName": "a b"}, "InvalidParameterException"),
        ("DeleteLogGroup", {"logGroupName": "h"}, "ResourceNotFoundException"),
        ("PutRetentionPolicy", {"logGroupName": "g", "retentionInDays": 2}, "InvalidParameterException"),
        ("DescribeLogGroups", {"logGroupNamePrefix": "a", "logGroupNamePattern": "b"}, "InvalidParameterException"),
        ("ListTagsForResource", {"resourceArn": "arn:aws:logs:us-east-1:1:log-group:g"}, "ResourceNotFoundException"),
    ],
)
def test_refusals(logs: ServiceHarness, operation: str, params: dict[str, Any], code: str) -> None:
    logs.call("CreateLogGroup", logGroupName="g")
    with pytest.raises(Fault) as caught:
        logs.call(operation, **params)
    assert caught.value.code == code


def test_nobody_sees_another_accounts_groups(logs: ServiceHarness) -> None:
    logs.call("CreateLogGroup", logGroupName="g")
    assert logs.call("DescribeLogGroups", account="444455556666")["logGroups"] == []
    assert logs.call("DescribeLogGroups", region="eu-west-1")["logGroups"] == []
    arn = "arn:aws:logs:us-east-1:111122223333:log-group:g"
    for elsewhere in ({"account": "444455556666"}, {"region": "eu-west-1"}):
        with pytest.raises(Fault, match="ResourceNotFoundException"):
            logs.call("ListTagsForResource", **elsewhere, resourceArn=arn)


def test_deletion_protection(logs: ServiceHarness) -> None:
    logs.call("CreateLogGroup", logGroupName="g", deletionProtectionEnabled=True)
    with pytest.raises(Fault, match="deletion protection"):
        logs.call("DeleteLogGroup", logGroupName="g")
    logs.call("PutLogGroupDeletionProtection", logGroupIdentifier="g", deletionProtectionEnabled=False)
    logs.call("DeleteLogGroup", logGroupName="g")


def test_pages(logs: ServiceHarness) -> None:
    for name in ("c", "a", "b"):
        logs.call("CreateLogGroup", logGroupName=name)
    first = logs.call("DescribeLogGroups", limit=2)
    second = logs.call("DescribeLogGroups", limit=2, nextToken=first["nextToken"])
    assert [g["logGroupName"] for page in (first, second) for g in page["logGroups"]] == ["a", "b", "c"]
    assert "nextToken" not in second
