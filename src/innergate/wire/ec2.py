"""The ec2 protocol: a query dialect with flat lists, and XML with `<item>` lists (aws-semantics 1.2)."""

from collections.abc import Mapping
from typing import Any

from botocore.model import OperationModel, ServiceModel, Shape

from innergate.primitives.fault import Fault
from innergate.wire import xml_body
from innergate.wire.form_body import Dialect, build_tree, parse_members, read_pairs
from innergate.wire.http import HttpRequest, HttpResponse
from innergate.wire.xml_body import element, escape

_STYLE = xml_body.XmlStyle("item", always_millis=True)
_PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n'


def wire_name(shape: Shape, name: str) -> str:
    """A member's name in a request: its `queryName`, or its capitalised `locationName`."""
    if "queryName" in shape.serialization:
        return str(shape.serialization["queryName"])
    given = str(shape.serialization.get("name", ""))
    return given[0].upper() + given[1:] if given else name


def _names_of(shape: Shape, name: str) -> tuple[str, ...]:
    given = wire_name(shape, name)
    return given, given[0].upper() + given[1:]


_DIALECT = Dialect("ec2", _names_of, flat_lists=True)


def parse(operation: OperationModel, request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
    """The parameters by member names. Raises Fault MalformedQueryString or InvalidParameterValue."""
    shape = operation.input_shape
    return {} if shape is None else parse_members(_DIALECT, shape, build_tree(read_pairs(request)))


def render(operation: OperationModel, result: Mapping[str, Any], request_id: str) -> HttpResponse:
    """`<XResponse><requestId/>…`; an operation without a modelled answer says `<return>true</return>`."""
    shape = operation.output_shape
    content = xml_body.render_members(_STYLE, shape, result) if shape is not None else element("return", "true")
    root = f"{operation.name}Response"
    namespace = operation.service_model.metadata.get("xmlNamespace", "http://ec2.amazonaws.com/doc/2016-11-15/")
    body = f'{_PROLOGUE}<{root} xmlns="{namespace}">{element("requestId", escape(request_id))}{content}</{root}>'
    return _response(200, body, request_id)


def refuse(service: ServiceModel | None, fault: Fault, request_id: str) -> HttpResponse:
    """`<Response><Errors><Error><Code/><Message/></Error></Errors><RequestID/>`. ec2 models no error shapes."""
    error = element("Error", element("Code", escape(fault.code)) + element("Message", escape(fault.message)))
    body = f"{_PROLOGUE}<Response>{element('Errors', error)}{element('RequestID', escape(request_id))}</Response>"
    return _response(fault.status, body, request_id)


def _response(status: int, body: str, request_id: str) -> HttpResponse:
    headers = (("x-amzn-RequestId", request_id), ("Content-Type", "text/xml;charset=UTF-8"))
    return HttpResponse(status, headers, body.encode())
