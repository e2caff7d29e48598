"""The same metrics by each of CloudWatch's three protocols, as botocore writes and reads them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.wire_oracle import botocore_side

from innergate.primitives.fault import Fault
from innergate.services.cloudwatch.operations import OPERATIONS
from innergate.testing.services import ServiceHarness
from innergate.wire import catalogue
from innergate.wire.front import Wire
from innergate.wire.http import HttpResponse

PROTOCOLS = ("json", "query", "smithy-rpc-v2-cbor")


def call(harness: ServiceHarness, protocol: str, name: str, params: dict[str, Any]) -> Any:
    """The operation's answer, or the error's code."""
    wire, operation = Wire(), catalogue.load("cloudwatch").operation_model(name)
    request = botocore_side.serialise(operation, protocol, params)
    accepted = wire.accept(request)
    try:
        response: HttpResponse = wire.answer(accepted, harness.call(name, **accepted.params), "r")
    except Fault as fault:
        response = wire.refuse(accepted, fault, "r")
    parsed = botocore_side.parse(protocol, operation.output_shape, response, streaming=False)
    return parsed["Error"]["Code"] if "Error" in parsed else parsed


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_put_list_and_read(tmp_path: Path, protocol: str) -> None:
    harness = ServiceHarness(tmp_path, OPERATIONS)
    now = harness.clock.now().replace(microsecond=0)
    colour = [{"Name": "Colour", "Value": "red"}]
    datum = {"MetricName": "Size", "Dimensions": colour, "Values": [1.5, 2.5], "Counts": [1.0, 3.0], "Timestamp": now}
    call(harness, protocol, "PutMetricData", {"Namespace": "Own", "MetricData": [datum]})
    listed = call(harness, protocol, "ListMetrics", {"Namespace": "Own"})["Metrics"]
    assert listed == [{"Namespace": "Own", "MetricName": "Size", "Dimensions": colour}]
    span = {"StartTime": now - timedelta(minutes=5), "EndTime": now + timedelta(minutes=5)}
    metric = {"Namespace": "Own", "MetricName": "Size", "Dimensions": colour}
    asked = {**metric, **span, "Period": 60, "Statistics": ["Sum", "SampleCount"], "ExtendedStatistics": ["p100"]}
    (point,) = call(harness, protocol, "GetMetricStatistics", asked)["Datapoints"]
    assert (point["Sum"], point["SampleCount"], point["ExtendedStatistics"]) == (9.0, 4.0, {"p100": 2.5})
    query = {"Id": "a", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Average"}}
    (found,) = call(harness, protocol, "GetMetricData", {**span, "MetricDataQueries": [query]})["MetricDataResults"]
    assert found["Values"] == [2.25]
    assert found["Timestamps"] == [point["Timestamp"]]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_refusal_has_the_model_s_code(tmp_path: Path, protocol: str) -> None:
    harness = ServiceHarness(tmp_path, OPERATIONS)
    datum = {"MetricName": "Size", "Value": 1.0, "Values": [1.0]}
    code = call(harness, protocol, "PutMetricData", {"Namespace": "Own", "MetricData": [datum]})
    assert code.startswith("InvalidParameterCombination")
