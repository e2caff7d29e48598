"""API Gateway's metrics by boto3: of an API that has no access log, and of one method where that is asked for."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from tests.e2e.conftest import Built
from tests.e2e.rivals import ANYONE, Rival

from innergate.cli.demo.scenarios import api_url

pytestmark = pytest.mark.e2e

DETAILED = [{"op": "replace", "path": "/*/*/metrics/enabled", "value": "true"}]


def count(metrics: Any, name: str, wanted: float, **dimensions: str) -> float:
    """The sum of a metric of the last minutes, once it is what is wanted."""
    deadline = time.monotonic() + 20
    total = -1.0
    while total != wanted and time.monotonic() < deadline:
        time.sleep(0.3)
        answer = metrics.get_metric_statistics(
            Namespace="AWS/ApiGateway",
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=datetime.now(UTC) - timedelta(minutes=10),
            EndTime=datetime.now(UTC) + timedelta(minutes=1),
            Period=60,
            Statistics=["Sum"],
        )
        total = sum(point["Sum"] for point in answer["Datapoints"])
    return total


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
