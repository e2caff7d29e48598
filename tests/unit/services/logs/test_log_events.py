"""Streams and events as clients put, page through and search them."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.services.identity_harness import IdentityHarness, check_shape

from innergate.primitives.fault import Fault
from innergate.services.logs.operations import OPERATIONS
from innergate.testing.services import ServiceHarness

GROUP = {"logGroupName": "g"}
STREAM = {**GROUP, "logStreamName": "s"}


@pytest.fixture
def logs(tmp_path: Path) -> ServiceHarness:
    harness = ServiceHarness(tmp_path, OPERATIONS)
    harness.call("CreateLogGroup", **GROUP)
    harness.call("CreateLogStream", **STREAM)
    return harness


def now_ms(logs: ServiceHarness) -> int:
    return int(logs.clock.now().timestamp() * 1000)


def put(logs: ServiceHarness, *messages: str, stream: str = "s", at_ms: int | None = None) -> Any:
    start = now_ms(logs) if at_ms is None else at_ms
    events = [{"timestamp": start + n, "message": text} for n, text in enumerate(messages)]
    answer = logs.call("PutLogEvents", **GROUP, logStreamName=stream, logEvents=events)
    check_shape("logs", "PutLogEvents", answer)
    return answer


def texts(answer: Any) -> list[str]:
    return [event["message"] for event in answer["events"]]


def test_streams_by_name_and_by_newest_event(logs: ServiceHarness) -> None:
    for name in ("b", "a"):
        logs.call("CreateLogStream", **GROUP, logStreamName=name)
    logs.clock.advance(1)
    put(logs, "one", "two", stream="b")
    described = logs.call("DescribeLogStreams", **GROUP, orderBy="LastEventTime", descending=True)
    check_shape("logs", "DescribeLogStreams", described)
    newest = described["logStreams"][0]
    assert newest["logStreamName"] == "b"
    assert newest["lastEventTimestamp"] - newest["firstEventTimestamp"] == 1
    assert newest["arn"] == "arn:aws:logs:us-east-1:111122223333:log-group:g:log-stream:b"
    first = logs.call("DescribeLogStreams", **GROUP, limit=2)
    assert [s["logStreamName"] for s in first["logStreams"]] == ["a", "b"]
    rest = logs.call("DescribeLogStreams", **GROUP, limit=2, nextToken=first["nextToken"])
    assert [s["logStreamName"] for s in rest["logStreams"]] == ["s"]
    assert "nextToken" not in rest
    found = logs.call("DescribeLogStreams", **GROUP, logStreamNamePrefix="a")["logStreams"]
    assert [s["logStreamName"] for s in found] == ["a"]
    logs.call("DeleteLogStream", **GROUP, logStreamName="b")
    assert logs.call("FilterLogEvents", **GROUP)["events"] == []


def test_paging_forward_ends_with_the_same_token(logs: ServiceHarness) -> None:
    put(logs, *"abcde")
    page = logs.call("GetLogEvents", **STREAM, startFromHead=True, limit=2)
    check_shape("logs", "GetLogEvents", page)
    seen = []
    while page["events"]:
        seen.append("".join(texts(page)))
        token = page["nextForwardToken"]
        page = logs.call("GetLogEvents", **STREAM, limit=2, nextToken=token)
    assert seen == ["ab", "cd", "e"]
    assert page["nextForwardToken"] == token
    logs.clock.advance(1)
    put(logs, "f")
    assert texts(logs.call("GetLogEvents", **STREAM, nextToken=token)) == ["f"]


def test_without_a_direction_the_newest_come_oldest_first(logs: ServiceHarness) -> None:
    put(logs, *"abcde")
    page = logs.call("GetLogEvents", **STREAM, limit=2)
    assert texts(page) == ["d", "e"]
    page = logs.call("GetLogEvents", **STREAM, limit=2, nextToken=page["nextBackwardToken"])
    assert texts(page) == ["b", "c"]
    page = logs.call("GetLogEvents", **STREAM, limit=2, nextToken=page["nextForwardToken"])
    assert texts(page) == ["d", "e"]


def test_the_ends_of_a_time_range(logs: ServiceHarness) -> None:
    start = now_ms(logs)
    put(logs, *"abc")
    assert texts(logs.call("GetLogEvents", **STREAM, startTime=start + 1, endTime=start + 2)) == ["b"]
    assert texts(logs.call("FilterLogEvents", **GROUP, startTime=start + 1, endTime=start + 2)) == ["b", "c"]


def test_an_empty_stream_has_tokens_that_go_on(logs: ServiceHarness) -> None:
    page = logs.call("GetLogEvents", **STREAM, startFromHead=True)
    assert page["events"] == []
    put(logs, "first")
    assert texts(logs.call("GetLogEvents", **STREAM, nextToken=page["nextForwardToken"])) == ["first"]


def test_searching_all_streams_in_pages(logs: ServiceHarness) -> None:
    logs.call("CreateLogStream", **GROUP, logStreamName="t")
    start = now_ms(logs)
    put(logs, '{"status":"200"}', '{"status":"403"}', at_ms=start)
    put(logs, '{"status":"403","x":1}', "plain", stream="t", at_ms=start)
    pattern = {**GROUP, "filterPattern": "{ $.status = 403 }"}
    first = logs.call("FilterLogEvents", **pattern, limit=1)
    check_shape("logs", "FilterLogEvents", first)
    assert texts(first) == ['{"status":"403","x":1}']
    rest = logs.call("FilterLogEvents", **pattern, limit=1, nextToken=first["nextToken"])
    assert texts(rest) == ['{"status":"403"}']
    assert rest["events"][0]["eventId"] > first["events"][0]["eventId"]
    assert rest["nextToken"] is None
    assert texts(logs.call("FilterLogEvents", **GROUP, logStreamNames=["t"], filterPattern="plain")) == ["plain"]
    assert len(logs.call("FilterLogEvents", **GROUP, logStreamNamePrefix="t")["events"]) == 2
    assert logs.call("FilterLogEvents", logGroupIdentifier="arn:aws:logs:us-east-1:111122223333:log-group:g")["events"]


def test_searching_from_the_newest(logs: ServiceHarness) -> None:
    put(logs, *"abc")
    first = logs.call("FilterLogEvents", **GROUP, startFromHead=False, limit=2)
    assert texts(first) == ["c", "b"]
    assert texts(logs.call("FilterLogEvents", **GROUP, nextToken=first["nextToken"])) == ["a"]
    with pytest.raises(Fault, match="InvalidParameterException"):
        logs.call("FilterLogEvents", **GROUP, startFromHead=False, startTime=1)


def test_events_out_of_time_are_left_out_and_counted(logs: ServiceHarness) -> None:
    logs.call("PutRetentionPolicy", **GROUP, retentionInDays=1)
    now, day = now_ms(logs), 24 * 3_600_000
    assert put(logs, "fine")["rejectedLogEventsInfo"] is None
    late = put(logs, "late", at_ms=now + 3 * 3_600_000)["rejectedLogEventsInfo"]
    assert late["tooNewLogEventStartIndex"] == 0
    early = put(logs, "early", at_ms=now - 15 * day)["rejectedLogEventsInfo"]
    assert (early["tooOldLogEventEndIndex"], early["expiredLogEventEndIndex"]) == (1, 1)
    assert texts(logs.call("FilterLogEvents", **GROUP)) == ["fine"]


def test_large_answers_are_cut(logs: ServiceHarness) -> None:
    for letter in "abc":
        put(logs, letter * 600_000)
    page = logs.call("GetLogEvents", **STREAM, startFromHead=True)
    assert [text[0] for text in texts(page)] == ["a"]
    found = logs.call("FilterLogEvents", **GROUP)
    assert [text[0] for text in texts(found)] == ["a"]
    assert [text[0] for text in texts(logs.call("FilterLogEvents", **GROUP, nextToken=found["nextToken"]))] == ["b"]


@pytest.mark.parametrize(
    ("operation", "params", "message"),
    [
        ("CreateLogStream", STREAM, "The specified log stream already exists"),
        ("CreateLogStream", {**GROUP, "logStreamName": "a:b"}, "failed to satisfy constraint"),
        ("CreateLogStream", {"logGroupName": "none", "logStreamName": "s"}, "The specified log group does not exist."),
        ("DeleteLogStream", {**GROUP, "logStreamName": "none"}, "The specified log stream does not exist."),
        ("GetLogEvents", {**GROUP, "logStreamName": "none"}, "The specified log stream does not exist."),
        ("GetLogEvents", {**STREAM, "nextToken": "f/1/s"}, "The specified nextToken is invalid."),
        ("FilterLogEvents", {"logGroupName": "none"}, "The specified log group does not exist."),
        ("FilterLogEvents", {}, "must be specified"),
        ("FilterLogEvents", {**GROUP, "logStreamNames": ["none"]}, "The specified log stream does not exist."),
        ("FilterLogEvents", {**GROUP, "logStreamNames": ["s"], "logStreamNamePrefix": "s"}, "mutually exclusive"),
        ("DescribeLogStreams", {**GROUP, "orderBy": "LastEventTime", "logStreamNamePrefix": "s"}, "Cannot order by"),
        (
            "PutLogEvents",
            {**STREAM, "logEvents": [{"timestamp": 2, "message": "a"}, {"timestamp": 1, "message": "b"}]},
            "chronological order",
        ),
        (
            "PutLogEvents",
            {**STREAM, "logEvents": [{"timestamp": 0, "message": "a"}, {"timestamp": 86400001, "message": "b"}]},
            "24 hours",
        ),
        ("PutLogEvents", {**STREAM, "logEvents": [{"timestamp": 0, "message": "a" * 1048576}]}, "Upload too large"),
        (
            "PutLogEvents",
            {**GROUP, "logStreamName": "none", "logEvents": []},
            "The specified log stream does not exist.",
        ),
    ],
)
def test_refusals(logs: ServiceHarness, operation: str, params: dict[str, Any], message: str) -> None:
    with pytest.raises(Fault, match=message):
        logs.call(operation, **params)


def test_nobody_reads_another_accounts_events(logs: ServiceHarness) -> None:
    put(logs, "secret")
    arn = "arn:aws:logs:us-east-1:111122223333:log-group:g"
    for elsewhere in ({"account": "444455556666"}, {"region": "eu-west-1"}):
        for named in ({"logGroupName": "g"}, {"logGroupIdentifier": arn}):
            with pytest.raises(Fault, match="ResourceNotFoundException"):
                logs.call("FilterLogEvents", **elsewhere, **named)


def test_a_group_made_again_is_empty(logs: ServiceHarness) -> None:
    put(logs, "old")
    assert logs.call("DescribeLogGroups")["logGroups"][0]["storedBytes"] == 3
    logs.call("DeleteLogGroup", **GROUP)
    logs.clock.advance(1)
    logs.call("CreateLogGroup", **GROUP)
    assert logs.call("DescribeLogStreams", **GROUP)["logStreams"] == []
    assert logs.call("DescribeLogGroups")["logGroups"][0]["storedBytes"] == 0


@pytest.mark.parametrize("operation", ["PutLogEvents", "GetLogEvents", "FilterLogEvents", "DescribeLogStreams"])
def test_a_policy_on_a_groups_contents_admits(tmp_path: Path, operation: str) -> None:
    harness = IdentityHarness(tmp_path)
    root = harness.root_key(harness.member)
    allow = {"Effect": "Allow", "Action": "logs:*", "Resource": f"arn:aws:logs:*:{harness.member.id}:log-group:g:*"}
    key = harness.user_key(harness.member, "reader", json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    at_ms = int(harness.clock.now().timestamp() * 1000)
    params: dict[str, Any] = {}
    if operation == "PutLogEvents":
        params["logEvents"] = [{"timestamp": at_ms, "message": "a"}]
    if operation in ("PutLogEvents", "GetLogEvents"):
        params["logStreamName"] = "s"
    for group in ("g", "other"):
        harness.call(root, "logs", "CreateLogGroup", logGroupName=group)
        harness.call(root, "logs", "CreateLogStream", logGroupName=group, logStreamName="s")
    harness.call(key, "logs", operation, logGroupName="g", **params)
    with pytest.raises(Fault, match="not authorized"):
        harness.call(key, "logs", operation, logGroupName="other", **params)
