import cbor2
import pytest

from innergate.primitives.fault import Fault
from innergate.wire import catalogue, cbor
from innergate.wire.http import make_request

LIST_METRICS = catalogue.load("cloudwatch").operation_model("ListMetrics")


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
