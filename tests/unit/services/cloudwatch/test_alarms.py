"""Alarms: made and shown as clients make them, their states from the points of a metric."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.unit.services.identity_harness import IdentityHarness, check_shape

from innergate.primitives.fault import Fault
from innergate.services.cloudwatch.operations import OPERATIONS
from innergate.testing.cpu_time import cpu_seconds
from innergate.testing.services import ServiceHarness

ALARM: dict[str, Any] = {
    "AlarmName": "busy",
    "Namespace": "Own",
    "MetricName": "Size",
    "Dimensions": [{"Name": "Colour", "Value": "red"}],
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 5.0,
    "ComparisonOperator": "GreaterThanThreshold",
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ServiceHarness]:
    harness = ServiceHarness(tmp_path, OPERATIONS)
    harness.clock.advance(1)
    yield harness
    harness.store.close()


def put_values(world: ServiceHarness, values: str, value: float = 9.0) -> None:
    """One period a letter, the newest last, at the end of the minute before now: 9 is beyond, 0 is not, - is missing."""
    now = world.clock.now().replace(second=0, microsecond=0)
    for ago, letter in enumerate(reversed(values), 1):
        if letter != "-":
            datum = {
                "MetricName": "Size",
                "Dimensions": ALARM["Dimensions"],
                "Timestamp": now - timedelta(minutes=ago),
                "Value": value if letter == "9" else 0.0,
            }
            world.call("PutMetricData", Namespace="Own", MetricData=[datum])


def shown(world: ServiceHarness, **params: Any) -> list[dict[str, Any]]:
    answer = world.call("DescribeAlarms", **params)
    check_shape("cloudwatch", "DescribeAlarms", answer)
    return list(answer["MetricAlarms"])


def state(world: ServiceHarness) -> str:
    return str(shown(world, AlarmNames=["busy"])[0]["StateValue"])


def test_an_alarm_is_shown_as_it_was_made(world: ServiceHarness) -> None:
    more: dict[str, Any] = {
        "AlarmDescription": "d",
        "AlarmActions": ["arn:aws:sns:us-east-1:111122223333:t"],
        "Unit": "Count",
    }
    world.call("PutMetricAlarm", **ALARM, **more, Tags=[{"Key": "a", "Value": "b"}])
    [alarm] = shown(world)
    assert {name: alarm[name] for name in (*ALARM, *more)} == {**ALARM, **more}
    assert alarm["AlarmArn"] == "arn:aws:cloudwatch:us-east-1:111122223333:alarm:busy"
    assert (alarm["ActionsEnabled"], alarm["OKActions"], alarm["ExtendedStatistic"]) == (True, [], None)
    assert (alarm["StateValue"], alarm["StateReason"]) == ("INSUFFICIENT_DATA", "Unchecked: Initial alarm creation")
    arn = alarm["AlarmArn"]
    assert world.call("ListTagsForResource", ResourceARN=arn) == {"Tags": [{"Key": "a", "Value": "b"}]}
    world.call("TagResource", ResourceARN=arn, Tags=[{"Key": "c", "Value": "d"}])
    world.call("UntagResource", ResourceARN=arn, TagKeys=["a"])
    world.call("PutMetricAlarm", **{**ALARM, "Threshold": 7.0})
    assert [alarm["Threshold"] for alarm in shown(world)] == [7.0]
    assert world.call("ListTagsForResource", ResourceARN=arn) == {"Tags": [{"Key": "c", "Value": "d"}]}
    world.call("DeleteAlarms", AlarmNames=["busy"])
    assert shown(world) == []


@pytest.mark.parametrize(
    ("needed", "values", "missing", "ignore", "breaching", "not_breaching"),
    [
        (3, "0-9-9", "OK", "OK", "OK", "OK"),
        (3, "----0", "OK", "OK", "OK", "OK"),
        (3, "-----", "INSUFFICIENT_DATA", "ALARM", "ALARM", "OK"),
        (3, "099-9", "ALARM", "ALARM", "ALARM", "ALARM"),
        (3, "--9--", "ALARM", "ALARM", "ALARM", "OK"),
        (2, "0-9-9", "ALARM", "ALARM", "ALARM", "ALARM"),
        (2, "00909", "ALARM", "ALARM", "ALARM", "ALARM"),
        (2, "0-9--", "OK", "OK", "ALARM", "OK"),
        (2, "----0", "OK", "OK", "ALARM", "OK"),
        (2, "----9", "ALARM", "ALARM", "ALARM", "OK"),
    ],
)
def test_points_that_are_missing(
    world: ServiceHarness, needed: int, values: str, missing: str, ignore: str, breaching: str, not_breaching: str
) -> None:
    """The tables of "Configuring how CloudWatch alarms treat missing data"; the state that may stay is ALARM."""
    put_values(world, values)
    asked = {**ALARM, "EvaluationPeriods": 3, "DatapointsToAlarm": needed}
    world.clock.advance(-1 * 60)
    seen = []
    for treatment in (None, "missing", "ignore", "breaching", "notBreaching"):
        world.call("PutMetricAlarm", **asked, **({"TreatMissingData": treatment} if treatment else {}))
        world.call("SetAlarmState", AlarmName="busy", StateValue="ALARM", StateReason="by hand")
        world.clock.advance(1 * 60)
        seen.append(state(world))
        world.clock.advance(-1 * 60)
    assert seen == [missing, missing, ignore, breaching, not_breaching]


def test_a_state_comes_and_goes_with_the_points(world: ServiceHarness) -> None:
    world.call("PutMetricAlarm", **ALARM)
    world.clock.advance(1 * 60)
    put_values(world, "9")
    [alarm] = shown(world, StateValue="ALARM")
    began = world.clock.now().replace(second=0, microsecond=0)
    assert alarm["StateUpdatedTimestamp"] == began
    at = f"{began - timedelta(minutes=1):%d/%m/%y %H:%M:%S}"
    assert alarm["StateReason"] == f"Threshold Crossed: 1 datapoint [9.0 ({at})] was greater than the threshold (5.0)."
    world.clock.advance(1 * 60)
    put_values(world, "0")
    [alarm] = shown(world)
    assert (alarm["StateValue"], "was not greater than" in alarm["StateReason"]) == ("OK", True)
    world.clock.advance(4 * 60)
    [alarm] = shown(world)
    assert alarm["StateReason"] == "Insufficient Data: 1 datapoint was unknown."


@pytest.mark.parametrize(
    ("operator", "value", "is_beyond"),
    [
        ("GreaterThanThreshold", 5.0, False),
        ("GreaterThanOrEqualToThreshold", 5.0, True),
        ("LessThanThreshold", 5.0, False),
        ("LessThanThreshold", 4.0, True),
        ("LessThanOrEqualToThreshold", 5.0, True),
    ],
)
def test_comparisons(world: ServiceHarness, operator: str, value: float, is_beyond: bool) -> None:
    world.call("PutMetricAlarm", **{**ALARM, "ComparisonOperator": operator, "Statistic": "Average"})
    world.clock.advance(1 * 60)
    put_values(world, "9", value)
    assert state(world) == ("ALARM" if is_beyond else "OK")


def test_a_state_that_was_set_holds_until_the_next_look(world: ServiceHarness) -> None:
    world.call("PutMetricAlarm", **ALARM)
    put_values(world, "0")
    data = {"StateReason": "test", "StateReasonData": '{"by": "hand"}'}
    world.call("SetAlarmState", AlarmName="busy", StateValue="ALARM", **data)
    [alarm] = shown(world)
    assert (alarm["StateValue"], {name: alarm[name] for name in data}) == ("ALARM", data)
    world.clock.advance(1 * 60)
    assert state(world) == "OK"


def test_alarms_are_found_by_name_state_action_and_metric(world: ServiceHarness) -> None:
    for name in ("a1", "a2", "b1"):
        actions = {"OKActions": [f"arn:aws:sns:us-east-1:111122223333:{name}"]}
        world.call("PutMetricAlarm", **{**ALARM, "AlarmName": name, **actions})
    first = world.call("DescribeAlarms", MaxRecords=2)
    assert [alarm["AlarmName"] for alarm in first["MetricAlarms"]] == ["a1", "a2"]
    assert [alarm["AlarmName"] for alarm in shown(world, NextToken=first["NextToken"])] == ["b1"]
    assert len(shown(world, AlarmNamePrefix="a")) == 2
    assert len(shown(world, ActionPrefix="arn:aws:sns:us-east-1:111122223333:b")) == 1
    assert shown(world, StateValue="OK") == []
    assert shown(world, AlarmTypes=["CompositeAlarm"]) == []
    metric = {name: ALARM[name] for name in ("Namespace", "MetricName", "Dimensions")}
    assert len(world.call("DescribeAlarmsForMetric", **metric, Statistic="Sum")["MetricAlarms"]) == 3
    assert world.call("DescribeAlarmsForMetric", **{**metric, "Dimensions": []}) == {"MetricAlarms": []}
    world.call("DisableAlarmActions", AlarmNames=["a1", "nobody"])
    assert [alarm["ActionsEnabled"] for alarm in shown(world)] == [False, True, True]
    world.call("EnableAlarmActions", AlarmNames=["a1"])
    assert all(alarm["ActionsEnabled"] for alarm in shown(world))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Metrics": [{"Id": "m"}]}, "InvalidParameterCombination"),
        ({"Threshold": None}, "MissingParameter"),
        ({"ExtendedStatistic": "p99"}, "InvalidParameterCombination"),
        ({"Statistic": None, "ExtendedStatistic": "tm99"}, "InvalidParameterValue"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "InvalidParameterValue"),
        ({"Threshold": float("nan")}, "InvalidParameterValue"),
        ({"Threshold": float("inf")}, "InvalidParameterValue"),
        ({"Period": 45}, "InvalidParameterValue"),
        ({"Period": 1}, "InvalidParameterValue"),
        ({"AlarmName": "a\nb"}, "InvalidParameterValue"),
        ({"EvaluateLowSampleCountPercentile": "maybe"}, "InvalidParameterValue"),
        ({"Tags": [{"Key": str(n), "Value": ""} for n in range(51)]}, "InvalidParameterValue"),
        ({"Tags": [{"Key": "aws:x", "Value": ""}]}, "InvalidParameterValue"),
        ({"DatapointsToAlarm": 2}, "InvalidParameterValue"),
        ({"EvaluationPeriods": 1500}, "InvalidParameterValue"),
        ({"TreatMissingData": "somehow"}, "InvalidParameterValue"),
    ],
)
def test_alarms_that_cannot_be(world: ServiceHarness, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Fault) as caught:
        world.call("PutMetricAlarm", **{**ALARM, **changes})
    assert caught.value.code == code


def test_alarms_that_are_not_there(world: ServiceHarness) -> None:
    world.call("PutMetricAlarm", **ALARM)
    for operation, params in (
        ("SetAlarmState", {"AlarmName": "nobody", "StateValue": "OK", "StateReason": "r"}),
        ("DeleteAlarms", {"AlarmNames": ["nobody", "no one"]}),
        ("ListTagsForResource", {"ResourceARN": "arn:aws:cloudwatch:us-east-1:111122223333:alarm:nobody"}),
    ):
        with pytest.raises(Fault, match="ResourceNotFound"):
            world.call(operation, **params)
    assert len(shown(world)) == 1
    world.call("DeleteAlarms", AlarmNames=["nobody", "busy"])
    assert shown(world) == []


def test_what_is_said_of_a_set_state_is_json(world: ServiceHarness) -> None:
    world.call("PutMetricAlarm", **ALARM)
    with pytest.raises(Fault, match="InvalidFormat"):
        world.call("SetAlarmState", AlarmName="busy", StateValue="OK", StateReason="r", StateReasonData="{")


def test_a_changed_alarm_keeps_its_state_until_the_next_look(world: ServiceHarness) -> None:
    world.call("PutMetricAlarm", **ALARM)
    world.clock.advance(60)
    put_values(world, "9")
    [before] = shown(world)
    assert before["StateValue"] == "ALARM"
    world.clock.advance(20)
    world.call("PutMetricAlarm", **{**ALARM, "Threshold": 50.0})
    [after] = shown(world)
    kept = ("StateValue", "StateReason", "StateUpdatedTimestamp")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    world.clock.advance(60)
    put_values(world, "9")
    assert state(world) == "OK"


def test_an_alarm_of_long_periods_is_looked_at_within_a_minute(world: ServiceHarness) -> None:
    """ "CloudWatch retrieves the most recent data points from before the alarm was created"."""
    world.clock.advance(3600)
    before = world.clock.now() - timedelta(hours=1)
    datum = {"MetricName": "Size", "Dimensions": ALARM["Dimensions"], "Timestamp": before, "Value": 9.0}
    world.call("PutMetricData", Namespace="Own", MetricData=[datum])
    world.call("PutMetricAlarm", **{**ALARM, "Period": 3600})
    assert state(world) == "INSUFFICIENT_DATA"
    world.clock.advance(60)
    assert state(world) == "ALARM"


@pytest.mark.parametrize(
    ("values", "wanted", "said"),
    [
        ("99", {"EvaluationPeriods": 2}, "2 datapoints [9.0 (T1), 9.0 (T2)] were greater than the threshold (5.0)."),
        (
            "909",
            {"EvaluationPeriods": 3, "DatapointsToAlarm": 2},
            "2 out of the last 3 datapoints [9.0 (T1), 9.0 (T3)] were greater than the threshold (5.0) "
            "(minimum 2 datapoints for OK -> ALARM transition).",
        ),
        (
            "090",
            {"EvaluationPeriods": 3, "DatapointsToAlarm": 3},
            "2 out of the last 3 datapoints [0.0 (T1), 0.0 (T3)] were not greater than the threshold (5.0) "
            "(minimum 1 datapoint for ALARM -> OK transition).",
        ),
        (
            "999999",
            {"EvaluationPeriods": 6},
            "6 datapoints were greater than the threshold (5.0). The most recent datapoints which crossed the threshold: "
            "[9.0 (T1), 9.0 (T2), 9.0 (T3), 9.0 (T4), 9.0 (T5)].",
        ),
        (
            "-",
            {"TreatMissingData": "notBreaching"},
            "no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].",
        ),
        (
            "9",
            {"EvaluationPeriods": 3, "TreatMissingData": "breaching"},
            "1 datapoint was received for 3 periods and 2 missing datapoints were treated as [Breaching].",
        ),
    ],
)
def test_reasons(world: ServiceHarness, values: str, wanted: dict[str, Any], said: str) -> None:
    put_values(world, values)
    world.clock.advance(-60)
    world.call("PutMetricAlarm", **{**ALARM, **wanted})
    world.clock.advance(60)
    now = world.clock.now().replace(second=0, microsecond=0)
    for ago in range(6, 0, -1):
        said = said.replace(f"T{ago}", f"{now - timedelta(minutes=ago):%d/%m/%y %H:%M:%S}")
    assert shown(world)[0]["StateReason"] == f"Threshold Crossed: {said}"


@pytest.mark.parametrize(("counted", "expected"), [(19, "INSUFFICIENT_DATA"), (20, "ALARM")])
def test_too_few_values_for_a_percentile(world: ServiceHarness, counted: int, expected: str) -> None:
    """Of p50 ten in each half."""
    now = world.clock.now().replace(second=0, microsecond=0)
    datum = {
        "MetricName": "Size",
        "Dimensions": ALARM["Dimensions"],
        "Timestamp": now - timedelta(minutes=1),
        "Values": [9.0],
        "Counts": [float(counted)],
    }
    world.call("PutMetricData", Namespace="Own", MetricData=[datum])
    low = {"Statistic": None, "ExtendedStatistic": "p50", "EvaluateLowSampleCountPercentile": "ignore"}
    world.clock.advance(-60)
    world.call("PutMetricAlarm", **{**ALARM, **low})
    world.clock.advance(60)
    assert state(world) == expected


def test_a_page_of_alarms_of_many_periods_is_judged_at_once(world: ServiceHarness) -> None:
    for number in range(50):
        world.call("PutMetricAlarm", **{**ALARM, "AlarmName": str(number), "Period": 10, "EvaluationPeriods": 8640})
    world.clock.advance(3600)
    pages = []
    assert cpu_seconds(lambda: pages.append(shown(world))) < 1
    assert len(pages[0]) == 50


@pytest.mark.parametrize("unit", [None, "Count"])
def test_an_alarm_of_a_percentile_and_one_of_a_sum_see_the_same_points(world: ServiceHarness, unit: str | None) -> None:
    watched = {**ALARM, "Period": 300, **({"Unit": unit} if unit else {})}
    world.call("PutMetricAlarm", **{**watched, "AlarmName": "sum", "Threshold": 20.0})
    world.call("PutMetricAlarm", **{**watched, "AlarmName": "p", "Statistic": None, "ExtendedStatistic": "p50"})
    world.clock.advance(300)
    put_values(world, "999")
    expected = "INSUFFICIENT_DATA" if unit else "ALARM"
    assert [(alarm["AlarmName"], alarm["StateValue"]) for alarm in shown(world)] == [("p", expected), ("sum", expected)]


def test_alarms_by_policy(harness: IdentityHarness) -> None:
    """Tags of the alarm can be asked for, and to give some needs an action of its own."""
    statements = [
        {"Effect": "Allow", "Action": "cloudwatch:PutMetricAlarm", "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": "cloudwatch:DeleteAlarms",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}},
        },
    ]
    root = harness.root_key(harness.member)
    key = harness.user_key(harness.member, "u", json.dumps({"Version": "2012-10-17", "Statement": statements}))
    tags = {"Tags": [{"Key": "team", "Value": "blue"}]}
    harness.call(key, "cloudwatch", "PutMetricAlarm", **ALARM)
    with pytest.raises(Fault, match="cloudwatch:TagResource"):
        harness.call(key, "cloudwatch", "PutMetricAlarm", **ALARM, **tags)
    with pytest.raises(Fault, match="cloudwatch:DeleteAlarms"):
        harness.call(key, "cloudwatch", "DeleteAlarms", AlarmNames=["busy"])
    harness.call(root, "cloudwatch", "PutMetricAlarm", **{**ALARM, "AlarmName": "blue"}, **tags)
    harness.call(key, "cloudwatch", "DeleteAlarms", AlarmNames=["blue"])
