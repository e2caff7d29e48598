import math
from datetime import UTC, datetime

import cbor2
import pytest

from innergate.primitives.fault import Fault
from innergate.testing.cpu_time import cpu_seconds
from innergate.wire import catalogue, cbor
from innergate.wire.http import make_request

LIST_METRICS = catalogue.load("cloudwatch").operation_model("ListMetrics")
PUT_DATA = catalogue.load("cloudwatch").operation_model("PutMetricData")


@pytest.mark.parametrize(
    "body",
    [
        b"\xff",
        b"\xa1",
        b"\x9f" * 5000,
        cbor2.dumps([1]),
        cbor2.dumps({"Namespace": 5}),
        cbor2.dumps({"Namespace": {"a": 1}}),
        cbor2.dumps({"Dimensions": "x"}),
        b"\xd8\x1c\x81\xd8\x1d\x00",
        b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
    ],
)
def test_malformed_bodies_get_a_fault(body: bytes) -> None:
    with pytest.raises(Fault) as caught:
        cbor.parse(LIST_METRICS, make_request("POST", "/", "", [], body), {})
    assert caught.value.code == "SerializationException"


def test_errors_carry_the_old_code_too() -> None:
    fault = Fault("ResourceNotFoundException", "no such alarm")
    response = cbor.refuse(catalogue.load("cloudwatch"), fault, "r")
    assert cbor2.loads(response.body)["__type"] == "ResourceNotFoundException"
    assert (response.header("x-amzn-query-error") or "").endswith(";Sender")
    assert response.status == 404


def number_of(length: int) -> bytes:
    """A whole number of so many bytes."""
    return b"\xc2\x5a" + length.to_bytes(4) + bytes([255]) * length


def shared(times: int) -> bytes:
    """One list of values that is that of so many others, too."""
    first = cbor2.dumps({"MetricName": "m", "Values": cbor2.CBORTag(28, [1.0] * times)})
    others = cbor2.dumps({"MetricName": "m", "Values": cbor2.CBORTag(29, 0)}) * (times - 1)
    data = b"\x9a" + times.to_bytes(4) + first + others
    return b"\xa2" + cbor2.dumps("Namespace") + cbor2.dumps("n") + cbor2.dumps("MetricData") + data


@pytest.mark.parametrize(
    "body",
    [
        b"\xa1" + cbor2.dumps("Namespace") + b"\xd8\x1e\x82" + number_of(200_000) + number_of(199_999),
        shared(3_000),
        b"\xa1" + cbor2.dumps("MetricData") + b"\x9a\x20\x00\x00\x00",
        b"\xa1" + cbor2.dumps("Namespace") + b"\x7b" + b"\x7f" + b"\xff" * 7,
        b"\x1c",
        b"\x5e",
    ],
)
def test_cases_67_86_what_costs_more_than_its_bytes_is_not_read(body: bytes) -> None:
    def refused() -> None:
        with pytest.raises(Fault) as caught:
            cbor.parse(PUT_DATA, make_request("POST", "/", "", [], body), {})
        assert caught.value.code == "SerializationException"

    assert cpu_seconds(refused) < 1


def test_whatever_clients_write_is_read() -> None:
    at = datetime(2026, 7, 1, tzinfo=UTC)
    values = [0, 23, 24, 300, 70_000, 2**40, -5, 1.5, math.pi, float("inf"), True, None, "é" * 300, b"\xd8\x1e" * 40]
    document: dict[str, object] = {"a": values, "b": {"c": cbor2.CBORTag(1, at.timestamp())}, "d" * 70_000: [[]] * 300}
    cbor.check_heads(cbor2.dumps(document))
    cbor.check_heads(b"\xbf\x61a\x9f\x01\xff\x7f\x61b\x61c\xff\x5f\x41\x00\xff\xff")
