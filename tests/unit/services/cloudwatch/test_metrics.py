"""Metrics as clients put them and read them back, by periods, statistics and filters."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.unit.services.identity_harness import check_shape

from innergate.primitives.fault import Fault
from innergate.services.cloudwatch.operations import OPERATIONS
from innergate.store.metric_points import MetricKey, Point, summarise
from innergate.testing.services import ServiceHarness

RED, BLUE = [{"Name": "Colour", "Value": "red"}], [{"Name": "Colour", "Value": "blue"}]


@pytest.fixture
def metrics(tmp_path: Path) -> ServiceHarness:
    return ServiceHarness(tmp_path, OPERATIONS)


def put(metrics: ServiceHarness, *data: dict[str, Any], **more: Any) -> None:
    metrics.call("PutMetricData", Namespace="Own", MetricData=[{"MetricName": "Size", **d} for d in data], **more)


def minute(metrics: ServiceHarness, ago: int = 0) -> datetime:
    now = metrics.clock.now().replace(second=0, microsecond=0)
    return now - timedelta(minutes=ago)


def statistics(metrics: ServiceHarness, *names: str, period: int = 60, **more: Any) -> list[dict[str, Any]]:
    asked = {"Namespace": "Own", "MetricName": "Size", "Period": period, "Statistics": list(names), **more}
    span = {"StartTime": minute(metrics, 10), "EndTime": minute(metrics, -1)}
    answer = metrics.call("GetMetricStatistics", **{**span, **asked})
    check_shape("cloudwatch", "GetMetricStatistics", answer)
    assert answer["Label"] == asked["MetricName"]
    return list(answer["Datapoints"])


def test_values_of_a_minute_are_one_point(metrics: ServiceHarness) -> None:
    put(metrics, {"Value": 2.0, "Unit": "Count"}, {"Value": 4.0, "Unit": "Count"})
    put(metrics, {"Values": [1.0, 9.0], "Counts": [2.0, 1.0], "Unit": "Count"})
    (point,) = statistics(metrics, "SampleCount", "Sum", "Average", "Minimum", "Maximum")
    assert point == {
        "Timestamp": minute(metrics),
        "Unit": "Count",
        "SampleCount": 5.0,
        "Sum": 17.0,
        "Average": 3.4,
        "Minimum": 1.0,
        "Maximum": 9.0,
    }


def test_longer_periods_hold_several_minutes(metrics: ServiceHarness) -> None:
    put(metrics, *({"Value": 1.0, "Timestamp": minute(metrics, ago)} for ago in (0, 1, 2)))
    assert len(statistics(metrics, "Sum")) == 3
    assert sum(point["Sum"] for point in statistics(metrics, "Sum", period=300)) == 3.0
    assert len(statistics(metrics, "Sum", period=3600, StartTime=minute(metrics, 0).replace(minute=0))) == 1


def test_units_are_kept_apart(metrics: ServiceHarness) -> None:
    put(metrics, {"Value": 1.0, "Unit": "Bytes"}, {"Value": 5.0})
    assert {point["Unit"] for point in statistics(metrics, "Sum")} == {"Bytes", "None"}
    assert [point["Sum"] for point in statistics(metrics, "Sum", Unit="Bytes")] == [1.0]


def test_percentiles_within_a_percent(metrics: ServiceHarness) -> None:
    put(metrics, {"Values": [float(n) for n in range(1, 101)]})
    shown = statistics(metrics, ExtendedStatistics=["p50", "p99", "p100"])[0]["ExtendedStatistics"]
    assert shown["p50"] == pytest.approx(50, rel=0.02)
    assert shown["p99"] == pytest.approx(99, rel=0.02)
    assert shown["p100"] == 100.0


def test_sums_that_a_client_told_know_no_percentiles(metrics: ServiceHarness) -> None:
    put(metrics, {"StatisticValues": {"SampleCount": 4.0, "Sum": 10.0, "Minimum": 1.0, "Maximum": 4.0}})
    (point,) = statistics(metrics, "Average", ExtendedStatistics=["p50"])
    assert point["Average"] == 2.5
    assert point["ExtendedStatistics"] == {}


def test_metrics_are_named_by_their_dimensions_in_any_order(metrics: ServiceHarness) -> None:
    both = [*RED, {"Name": "Area", "Value": "north"}]
    put(metrics, {"Value": 1.0, "Dimensions": both}, {"Value": 2.0, "Dimensions": both[::-1]})
    (point,) = statistics(metrics, "Sum", Dimensions=both)
    assert point["Sum"] == 3.0
    assert statistics(metrics, "Sum") == []


def test_listed_by_name_and_dimensions(metrics: ServiceHarness) -> None:
    put(metrics, {"Value": 1.0, "Dimensions": RED}, {"Value": 1.0, "Dimensions": BLUE}, {"Value": 1.0})
    listed = metrics.call("ListMetrics", Namespace="Own")
    check_shape("cloudwatch", "ListMetrics", listed)
    assert len(listed["Metrics"]) == 3
    red = metrics.call("ListMetrics", Dimensions=RED)["Metrics"]
    assert red == [{"Namespace": "Own", "MetricName": "Size", "Dimensions": RED}]
    assert len(metrics.call("ListMetrics", Dimensions=[{"Name": "Colour"}])["Metrics"]) == 2
    assert metrics.call("ListMetrics", MetricName="Other")["Metrics"] == []


def test_a_stranger_sees_nothing(metrics: ServiceHarness) -> None:
    put(metrics, {"Value": 1.0})
    assert metrics.call("ListMetrics", account="999999999999")["Metrics"] == []
    assert metrics.call("ListMetrics", region="eu-west-1")["Metrics"] == []


def test_what_is_silent_for_long_is_not_listed(metrics: ServiceHarness) -> None:
    put(metrics, {"Value": 1.0})
    metrics.clock.advance(4 * 3600)
    assert metrics.call("ListMetrics", RecentlyActive="PT3H")["Metrics"] == []
    assert len(metrics.call("ListMetrics")["Metrics"]) == 1
    metrics.clock.advance(15 * 24 * 3600)
    assert metrics.call("ListMetrics")["Metrics"] == []


def test_pages_of_a_long_list(metrics: ServiceHarness) -> None:
    key = MetricKey("111122223333", "us-east-1", "Own", "Size")
    point = Point(int(metrics.clock.now().timestamp()), "None", summarise({1.0: 1.0}))
    metrics.metrics.put((key._replace(dimensions=(("N", f"{n:03d}"),)), point) for n in range(501))
    first = metrics.call("ListMetrics")
    assert len(first["Metrics"]) == 500
    rest = metrics.call("ListMetrics", NextToken=first["NextToken"])
    assert [metric["Dimensions"][0]["Value"] for metric in rest["Metrics"]] == ["500"]
    assert "NextToken" not in rest


def data(metrics: ServiceHarness, *queries: dict[str, Any], **more: Any) -> Any:
    span: dict[str, Any] = {"StartTime": minute(metrics, 10), "EndTime": minute(metrics, -1)}
    answer = metrics.call("GetMetricData", MetricDataQueries=list(queries), **span, **more)
    check_shape("cloudwatch", "GetMetricData", answer)
    return answer["MetricDataResults"]


def query(id: str = "a", stat: str = "Sum", **more: Any) -> dict[str, Any]:
    metric = {"Namespace": "Own", "MetricName": "Size"}
    return {"Id": id, "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}, **more}


def test_data_of_several_queries_newest_first(metrics: ServiceHarness) -> None:
    put(metrics, *({"Value": float(ago), "Timestamp": minute(metrics, ago)} for ago in (1, 2, 3)))
    sums, silent = data(metrics, query(), query("b", "SampleCount", Label="n"), query("c", ReturnData=False))
    assert sums == {
        "Id": "a",
        "Label": "Size",
        "Timestamps": [minute(metrics, ago) for ago in (1, 2, 3)],
        "Values": [1.0, 2.0, 3.0],
        "StatusCode": "Complete",
    }
    assert (silent["Label"], silent["Values"]) == ("n", [1.0, 1.0, 1.0])
    (other_way,) = data(metrics, query(), ScanBy="TimestampAscending")
    assert other_way["Values"] == [3.0, 2.0, 1.0]
    (cut,) = data(metrics, query(), MaxDatapoints=2)
    assert (cut["Values"], cut["StatusCode"]) == ([1.0, 2.0], "PartialData")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"Id": "a", "Expression": "SUM(METRICS())"}, "ValidationError"),
        (query(stat="Median"), "ValidationError"),
        (query() | {"MetricStat": {**query()["MetricStat"], "Period": 61}}, "InvalidParameterValue"),
    ],
)
def test_queries_that_cannot_be_answered(metrics: ServiceHarness, asked: dict[str, Any], code: str) -> None:
    with pytest.raises(Fault) as refused:
        data(metrics, asked)
    assert refused.value.code == code


def test_ids_of_queries_are_unique(metrics: ServiceHarness) -> None:
    with pytest.raises(Fault, match="not unique"):
        data(metrics, query(), query())


@pytest.mark.parametrize(
    ("datum", "code"),
    [
        ({}, "MissingParameter"),
        ({"Value": 1.0, "Values": [1.0]}, "InvalidParameterCombination"),
        ({"Values": [1.0], "Counts": [1.0, 2.0]}, "InvalidParameterValue"),
        ({"Value": float("nan")}, "InvalidParameterValue"),
        ({"Value": 2.0**361}, "InvalidParameterValue"),
        ({"Value": 1.0, "StorageResolution": 5}, "InvalidParameterValue"),
        (
            {"StatisticValues": {"SampleCount": 1.0, "Sum": 1.0, "Minimum": 2.0, "Maximum": 1.0}},
            "InvalidParameterValue",
        ),
    ],
)
def test_data_that_is_none(metrics: ServiceHarness, datum: dict[str, Any], code: str) -> None:
    with pytest.raises(Fault) as refused:
        put(metrics, datum)
    assert refused.value.code == code


@pytest.mark.parametrize("days", [-15, 1])
def test_data_of_another_time(metrics: ServiceHarness, days: int) -> None:
    at = metrics.clock.now() + timedelta(days=days)
    with pytest.raises(Fault, match="within the past two weeks"):
        put(metrics, {"Value": 1.0, "Timestamp": at})


def test_amazon_s_namespaces_are_not_for_clients(metrics: ServiceHarness) -> None:
    with pytest.raises(Fault, match="AWS/"):
        metrics.call("PutMetricData", Namespace="AWS/ApiGateway", MetricData=[{"MetricName": "Count", "Value": 1.0}])


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"Statistics": []}, "MissingParameter"),
        ({"Period": 7}, "InvalidParameterValue"),
        ({"ExtendedStatistics": ["p101"]}, "InvalidParameterValue"),
        (
            {"Period": 60, "StartTime": datetime.fromisoformat("2020-01-01T00:00:00+00:00")},
            "InvalidParameterCombination",
        ),
        ({"EndTime": datetime.fromisoformat("2020-01-01T00:00:00+00:00")}, "InvalidParameterValue"),
    ],
)
def test_statistics_that_cannot_be_given(metrics: ServiceHarness, more: dict[str, Any], code: str) -> None:
    with pytest.raises(Fault) as refused:
        statistics(metrics, "Sum", **more)
    assert refused.value.code == code
