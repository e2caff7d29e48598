"""The json protocol, 1.0 and 1.1 (logs, organizations, acm, cloudwatch): `X-Amz-Target` names the operation."""

from collections.abc import Mapping
from typing import Any

from botocore.model import OperationModel, ServiceModel

from innergate.primitives.fault import Fault
from innergate.wire import json_body, modelled_errors
from innergate.wire.http import HttpRequest, HttpResponse


def parse(operation: OperationModel, request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
    """The parameters by member names. Raises Fault SerializationException."""
    raw = json_body.load(request.body, "json")
    shape = operation.input_shape
    return {} if shape is None else json_body.parse_members("json", shape, raw, depth=1)


def render(operation: OperationModel, result: Mapping[str, Any], request_id: str) -> HttpResponse:
    """The result as one JSON object; an operation without a modelled answer has an empty body."""
    shape = operation.output_shape
    body = json_body.dump(json_body.render_members(shape, result)) if shape is not None else b""
    return HttpResponse(200, _headers(operation.service_model, request_id), body)


def refuse(service: ServiceModel | None, fault: Fault, request_id: str) -> HttpResponse:
    """`{"__type": code, "message": text}`; services that spoke query before add its code in `x-amzn-query-error`."""
    error = modelled_errors.describe(service, fault)
    name, extra = modelled_errors.members_of(error, fault)
    body: dict[str, Any] = {"__type": error.shape_name, name: fault.message}
    if error.shape is not None:
        body |= json_body.render_members(error.shape, extra)
    headers = _headers(service, request_id)
    if service is not None and "awsQueryCompatible" in service.metadata:
        headers = (*headers, ("x-amzn-query-error", f"{error.code};{'Receiver' if error.status >= 500 else 'Sender'}"))
    return HttpResponse(error.status, headers, json_body.dump(body))


def _headers(service: ServiceModel | None, request_id: str) -> tuple[tuple[str, str], ...]:
    version = service.metadata.get("jsonVersion", "1.1") if service is not None else "1.1"
    return (("x-amzn-RequestId", request_id), ("Content-Type", f"application/x-amz-json-{version}"))
