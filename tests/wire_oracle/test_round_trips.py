"""For every operation of the supported services: botocore serialises and we parse; we serialise and botocore parses."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.model import StructureShape
from hypothesis import HealthCheck, Phase, given, settings
from tests.fuzzing import fuzzed
from tests.wire_oracle import botocore_side
from tests.wire_oracle.shapes import LIMITS, RESULT_LIMITS, Limits, values_of

from innergate.wire import catalogue
from innergate.wire.catalogue import SERVICES
from innergate.wire.front import Recognised, Wire
from innergate.wire.protocols import PROTOCOLS

CHUNK = 25
EXAMPLES = {"ec2": 2}
DEFAULT_EXAMPLES = 4
COVERED = ("acm", "apigateway", "apigatewayv2", "cloudwatch", "ec2", "elbv2", "iam", "logs", "organizations", "sts")
UNSUPPORTED_FILE = Path(__file__).parents[1] / "ratchets" / "wire_unsupported_operations.txt"
WIRE = Wire()


def read_ratchet(path: Path) -> dict[str, str]:
    """The lines `name  # reason` of a ratchet file."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return {name.strip(): reason.strip() for name, _, reason in (line.partition("#") for line in lines)}


UNSUPPORTED = read_ratchet(UNSUPPORTED_FILE)


def _chunks() -> list[Any]:
    found = []
    for service in COVERED:
        names = sorted(catalogue.operation_names(service))
        for protocol in SERVICES[service].protocols:
            for start in range(0, len(names), CHUNK):
                part = names[start : start + CHUNK]
                found.append(pytest.param(service, protocol, part, id=f"{service}-{protocol}-{part[0]}"))
    return found


def _settings(service: str) -> settings:
    return settings(
        max_examples=EXAMPLES.get(service, DEFAULT_EXAMPLES),
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )


def _try_values(
    check: Callable[[str, str, str, dict[str, Any]], None],
    subject: tuple[str, str, str],
    shape: StructureShape | None,
    limits: Limits,
) -> None:
    service, protocol, name = subject
    if shape is None:
        check(service, protocol, name, {})
        return

    @fuzzed(_settings(service), may_grow=False)
    @given(values_of(shape, limits))
    def run(value: dict[str, Any]) -> None:
        check(service, protocol, name, value)

    run()


@pytest.mark.parametrize(("service", "protocol", "operations"), _chunks())
def test_botocore_serialises_and_we_parse(service: str, protocol: str, operations: list[str]) -> None:
    for name in operations:
        operation = catalogue.load(service).operation_model(name)
        _try_values(_check_request, (service, protocol, name), operation.input_shape, LIMITS[protocol])


def _check_request(service: str, protocol: str, name: str, params: dict[str, Any]) -> None:
    operation = catalogue.load(service).operation_model(name)
    request = botocore_side.serialise(operation, protocol, params)
    seen = WIRE.recognise(request)
    assert (seen.service, seen.operation, seen.protocol) == (service, name, protocol)
    assert PROTOCOLS[protocol].parse(operation, request, seen.labels) == params


@pytest.mark.parametrize(("service", "protocol", "operations"), _chunks())
def test_we_serialise_and_botocore_parses(service: str, protocol: str, operations: list[str]) -> None:
    for name in operations:
        if f"{service}:{name}" in UNSUPPORTED:
            continue
        operation = catalogue.load(service).operation_model(name)
        _try_values(_check_answer, (service, protocol, name), operation.output_shape, RESULT_LIMITS)


def _check_answer(service: str, protocol: str, name: str, result: dict[str, Any]) -> None:
    operation = catalogue.load(service).operation_model(name)
    response = WIRE.answer(Recognised(service, name, protocol, "us-east-1", None, {}), result, "request-7")
    parsed = botocore_side.parse(protocol, operation.output_shape, response, operation.has_streaming_output)
    assert parsed.pop("ResponseMetadata", {}).get("RequestId", "request-7") == "request-7"
    if operation.has_streaming_output and operation.output_shape is not None:
        result = {operation.output_shape.serialization["payload"]: b"", **result}
        _drop_default_type(operation.output_shape, parsed, result)
    assert parsed == result


def _drop_default_type(shape: StructureShape, parsed: dict[str, Any], result: dict[str, Any]) -> None:
    """A body goes with a Content-Type even where the result names none: the protocol's for blobs."""
    for name, member in shape.members.items():
        at = member.serialization
        if at.get("location") == "header" and at.get("name", "").lower() == "content-type" and name not in result:
            assert parsed.pop(name, "application/octet-stream") == "application/octet-stream"


def test_what_is_unsupported_is_real() -> None:
    for entry, reason in UNSUPPORTED.items():
        service, _, name = entry.partition(":")
        operation = catalogue.find_operation(service, name)
        assert operation is not None, f"{entry} is no operation: take it off the list"
        assert operation.has_event_stream_output, f"{entry} has no event stream any more: take it off the list"
        assert reason, f"{entry} needs a reason"
