"""The published cases of the AWS protocols, read as a server: their requests we parse, their results we serialise for botocore.

The cases live beside the repository (`../shared/reference/protocol-tests`); where that folder is not, the tests say so and
are skipped.
"""

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape
from botocore.parsers import ResponseParserError
from tests.wire_oracle import botocore_side
from tests.wire_oracle.test_round_trips import read_ratchet

from innergate.primitives.fault import Fault
from innergate.wire import rest_json, rest_paths, scalars
from innergate.wire.http import HttpRequest, make_request
from innergate.wire.protocols import PROTOCOLS

ROOT = Path(__file__).parents[3] / "shared" / "reference" / "protocol-tests"
WAIVED = read_ratchet(Path(__file__).parents[1] / "ratchets" / "wire_protocol_cases.txt")


class Case(NamedTuple):
    """One published case and the operation that its suite models."""

    key: str
    protocol: str
    operation: OperationModel
    data: dict[str, Any]


def _load(direction: str) -> list[Any]:
    found = []
    for path in sorted((ROOT / direction).glob("*.json")):
        for suite in json.loads(path.read_text()):
            for data in suite["cases"]:
                name = data["given"]["name"]
                document = {
                    "metadata": suite["metadata"],
                    "shapes": suite["shapes"],
                    "operations": {name: data["given"]},
                }
                key = f"{direction}/{path.stem}/{data['id']}"
                operation = ServiceModel(document, "cases").operation_model(name)
                found.append(pytest.param(Case(key, path.stem, operation, data), id=key))
    return found or [
        pytest.param(None, id=f"{direction}-absent", marks=pytest.mark.skip(f"the cases are not at {ROOT}"))
    ]


def _python(shape: Shape | None, value: Any) -> Any:
    """A case's value as boto3's users write it."""
    if value is None or shape is None:
        return value
    if isinstance(shape, StructureShape):
        if getattr(shape, "is_document_type", False):
            return value
        return {name: _python(shape.members[name], item) for name, item in value.items() if item is not None}
    if isinstance(shape, ListShape):
        return [_python(shape.member, item) for item in value if item is not None]
    if isinstance(shape, MapShape):
        return {key: _python(shape.value, item) for key, item in value.items() if item is not None}
    match shape.type_name:
        case "timestamp":
            return value if isinstance(value, datetime) else scalars.parse_timestamp(str(value))
        case "blob":
            return value.encode() if isinstance(value, str) else value
        case "float" | "double":
            return float(value)
    return value


def _plain(value: Any) -> Any:
    """Comparable: NaN equals itself."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return "NaN" if isinstance(value, float) and value != value else value


def _request_of(case: Case) -> HttpRequest:
    wanted = case.data["serialized"]
    parts = urlsplit(wanted["uri"])
    body = wanted.get("body", "")
    content = base64.b64decode(body) if case.protocol == "smithy-rpc-v2-cbor" else body.encode()
    headers = [(name, value) for name, value in wanted.get("headers", {}).items()]
    return make_request(wanted["method"], parts.path, parts.query, headers, content)


def _labels_of(case: Case, request: HttpRequest) -> dict[str, str]:
    if case.protocol != "rest-json":
        return {}
    template = rest_paths.split_template(case.operation.name, case.operation.http["requestUri"])
    segments = rest_paths.split_path(request.raw_path)
    assert segments is not None
    labels = rest_paths.match_template(template, segments, rest_json.split_query(request.raw_query))
    assert labels is not None
    return labels


def _parses_request(case: Case) -> bool:
    request = _request_of(case)
    params = PROTOCOLS[case.protocol].parse(case.operation, request, _labels_of(case, request))
    wanted = _python(case.operation.input_shape, case.data["params"])
    print("wanted", wanted, "got", params)
    return bool(_plain(params) == _plain(wanted))


def _answers(case: Case) -> bool:
    if "errorCode" in case.data:
        return _refuses(case)
    shape = case.operation.output_shape
    wanted = _python(shape, case.data["result"])
    if shape is None:
        wanted = {}
    response = PROTOCOLS[case.protocol].render(case.operation, wanted, "request-7")
    parsed = botocore_side.parse(case.protocol, shape, response, case.operation.has_streaming_output)
    parsed.pop("ResponseMetadata", None)
    print("wanted", wanted, "got", parsed, "by", response)
    return bool(_plain(parsed) == _plain(wanted))


def _refuses(case: Case) -> bool:
    fault = Fault(case.data["errorCode"], case.data.get("errorMessage", "why"), fields=_error_fields(case))
    response = PROTOCOLS[case.protocol].refuse(case.operation.service_model, fault, "request-7")
    parsed = botocore_side.parse(case.protocol, None, response, streaming=False)
    print("got", parsed, "by", response)
    seen = parsed["Error"]["Code"], parsed["Error"]["Message"], response.status, parsed["ResponseMetadata"]["RequestId"]
    if seen != (fault.code, fault.message, case.data["response"]["status_code"], "request-7"):
        return False
    shapes = [shape for shape in case.operation.error_shapes if fault.code in _codes_of(shape)]
    members = botocore_side.parse(case.protocol, shapes[0], response, streaming=False) if shapes else {}
    return all(members.get(name) == value for name, value in fault.fields.items())


def _codes_of(shape: Shape) -> tuple[str, str]:
    return shape.name, str(shape.metadata.get("error", {}).get("code", shape.name))


def _error_fields(case: Case) -> dict[str, Any]:
    for shape in case.operation.error_shapes:
        if case.data["errorCode"] in _codes_of(shape):
            given: dict[str, Any] = _python(shape, case.data["error"])
            return {name: value for name, value in given.items() if name.lower() != "message"}
    return {}


@pytest.mark.parametrize("case", _load("input"))
def test_request_of_a_case_is_parsed(case: Case) -> None:
    _expect(case, _parses_request)


@pytest.mark.parametrize("case", _load("output"))
def test_answer_of_a_case_is_read_by_botocore(case: Case) -> None:
    _expect(case, _answers)


def _expect(case: Case, check: Any) -> None:
    if case.key not in WAIVED:
        assert check(case)
        return
    try:
        holds = check(case)
    except (AssertionError, Fault, ValueError, ResponseParserError) as problem:
        print(problem)
        holds = False
    assert not holds, f"{case.key} holds now: take it off tests/ratchets/wire_protocol_cases.txt"
