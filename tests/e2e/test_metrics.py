"""API Gateway's metrics by boto3: of an API that has no access log, and of one method where that is asked for."""

import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from tests.e2e.conftest import Built
from tests.e2e.rivals import ANYONE, Rival

from innergate.cli.demo.scenarios import api_url
from innergate.testing.waiting import LONGEST_S

pytestmark = pytest.mark.e2e

DETAILED = [{"op": "replace", "path": "/*/*/metrics/enabled", "value": "true"}]


def count(metrics: Any, name: str, wanted: float, **dimensions: str) -> float:
    """The sum of a metric of the last minutes, once it is what is wanted."""
    deadline = time.monotonic() + LONGEST_S
    total = -1.0
    while total != wanted and time.monotonic() < deadline:
        time.sleep(0.3)
        total = sum_now(metrics, name, **dimensions)
    return total


def sum_now(metrics: Any, name: str, **dimensions: str) -> float:
    """The sum of a metric of the last minutes."""
    answer = metrics.get_metric_statistics(
        Namespace="AWS/ApiGateway",
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=datetime.now(UTC) - timedelta(minutes=10),
        EndTime=datetime.now(UTC) + timedelta(minutes=1),
        Period=60,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in answer["Datapoints"]))


def client(built: Built) -> Any:
    variables = built.platform.environment("rival")
    session: Any = boto3.Session(
        variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1"
    )
    config = Config(retries={"total_max_attempts": 1})
    return session.client("cloudwatch", endpoint_url=variables["AWS_ENDPOINT_URL"], config=config)


def test_requests_are_counted_by_api_stage_and_method(built: Built, rival: Rival) -> None:
    api, metrics = rival.cloud.apigateway, client(built)
    made = api.create_rest_api(name="counted", endpointConfiguration={"types": ["PRIVATE"]}, policy=ANYONE)
    keys = {"restApiId": made["id"], "resourceId": made["rootResourceId"], "httpMethod": "GET"}
    api.put_method(**keys, authorizationType="NONE")
    api.put_integration(**keys, type="MOCK", requestTemplates={"application/json": '{"statusCode":200}'})
    api.put_method_response(**keys, statusCode="200")
    api.put_integration_response(**keys, statusCode="200")
    api.create_deployment(restApiId=made["id"], stageName="test")
    built.platform.settle()
    network = rival.network.vpc
    for path in ("/", "/", "/nothing"):
        built.platform.fetch(network, api_url(made["id"], "test", path))
    assert count(metrics, "Count", 3, ApiName="counted") == 3
    assert count(metrics, "4XXError", 1, ApiName="counted", Stage="test") == 1
    assert count(metrics, "5XXError", 0, ApiName="counted", Stage="test") == 0

    api.update_stage(restApiId=made["id"], stageName="test", patchOperations=DETAILED)
    built.platform.settle()
    built.platform.fetch(network, api_url(made["id"], "test", "/"))
    detailed = {"ApiName": "counted", "Stage": "test", "Method": "GET", "Resource": "/"}
    assert count(metrics, "Count", 1, **detailed) == 1
    assert count(metrics, "Count", 4, ApiName="counted") == 4
    listed = metrics.list_metrics(Namespace="AWS/ApiGateway", MetricName="Latency")["Metrics"]
    assert {"Name": "Resource", "Value": "/"} in [entry for metric in listed for entry in metric["Dimensions"]]


WORKERS = os.cpu_count() or 1
"""Each has a cache of its own."""
CACHED = {"cacheClusterEnabled": True, "cacheClusterSize": "0.5"}
CACHING = [{"op": "replace", "path": "/*/*/caching/enabled", "value": "true"}]


def test_hits_and_misses_of_a_cache_are_counted(built: Built, rival: Rival) -> None:
    api, metrics = rival.cloud.apigateway, client(built)
    made = api.create_rest_api(name="cached", endpointConfiguration={"types": ["PRIVATE"]}, policy=ANYONE)
    for verb in ("GET", "POST"):
        keys = {"restApiId": made["id"], "resourceId": made["rootResourceId"], "httpMethod": verb}
        api.put_method(**keys, authorizationType="NONE")
        api.put_integration(**keys, type="MOCK", requestTemplates={"application/json": '{"statusCode":200}'})
        api.put_method_response(**keys, statusCode="200")
        api.put_integration_response(**keys, statusCode="200")
    api.create_deployment(restApiId=made["id"], stageName="test", **CACHED)
    api.update_stage(restApiId=made["id"], stageName="test", patchOperations=[*CACHING, *DETAILED])
    built.platform.settle()
    network, url = rival.network.vpc, api_url(made["id"], "test", "/")
    gets = 2 + WORKERS
    answers = [built.platform.fetch(network, url, "-H", "x-innergate-cache: hit") for _ in range(gets)]
    answers.append(built.platform.fetch(network, url, "-X", "POST"))
    assert {answer["status"] for answer in answers} == {200}
    assert not [name for answer in answers for name in answer["headers"] if name.startswith("x-innergate")]

    stage = {"ApiName": "cached", "Stage": "test"}
    assert count(metrics, "Count", gets + 1, **stage) == gets + 1
    misses = sum_now(metrics, "CacheMissCount", **stage)
    assert 1 <= misses <= WORKERS
    assert count(metrics, "CacheHitCount", gets - misses, **stage) == gets - misses
    assert count(metrics, "CacheHitCount", gets - misses, **stage, Method="GET", Resource="/") == gets - misses
    assert count(metrics, "CacheHitCount", 0, **stage, Method="POST", Resource="/") == 0
    api.delete_rest_api(restApiId=made["id"])


def test_what_a_client_puts_it_reads(built: Built, rival: Rival) -> None:
    metrics = client(built)
    now = datetime.now(UTC)
    datum = {"MetricName": "Load", "Value": 2.5, "Unit": "Percent", "Timestamp": now}
    metrics.put_metric_data(Namespace="Own", MetricData=[datum])
    stat = {"Metric": {"Namespace": "Own", "MetricName": "Load"}, "Period": 60, "Stat": "Average"}
    answer = metrics.get_metric_data(
        MetricDataQueries=[{"Id": "load", "MetricStat": stat}],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=1),
    )
    (result,) = answer["MetricDataResults"]
    assert (result["Values"], result["StatusCode"]) == ([2.5], "Complete")


def test_an_alarm_by_a_client(built: Built, rival: Rival) -> None:
    metrics = client(built)
    then = datetime.now(UTC) - timedelta(minutes=2)
    datum = {"MetricName": "Errors", "Value": 7.0, "Timestamp": then}
    metrics.put_metric_data(Namespace="Own", MetricData=[datum])
    metrics.put_metric_alarm(
        AlarmName="errors",
        Namespace="Own",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=3,
        DatapointsToAlarm=1,
        Threshold=5,
        ComparisonOperator="GreaterThanThreshold",
        Tags=[{"Key": "team", "Value": "red"}],
    )
    metrics.set_alarm_state(AlarmName="errors", StateValue="OK", StateReason="begun by hand")
    [alarm] = metrics.describe_alarms(AlarmNames=["errors"])["MetricAlarms"]
    assert (alarm["StateValue"], alarm["StateReason"]) == ("OK", "begun by hand")
    assert metrics.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"] == [{"Key": "team", "Value": "red"}]
    metrics.delete_alarms(AlarmNames=["errors", "nobody"])
    with pytest.raises(metrics.exceptions.ResourceNotFound):
        metrics.delete_alarms(AlarmNames=["errors", "nobody"])
    assert metrics.describe_alarms()["MetricAlarms"] == []
