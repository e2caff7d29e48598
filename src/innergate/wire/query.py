"""The query protocol (elbv2, iam, sts; old clients of cloudwatch): form in, wrapped XML out (aws-semantics 1.3)."""

from collections.abc import Mapping
from typing import Any

from botocore.model import ListShape, OperationModel, ServiceModel, Shape

from innergate.primitives.fault import Fault
from innergate.wire import modelled_errors, xml_body
from innergate.wire.form_body import Dialect, build_tree, parse_members, read_pairs
from innergate.wire.http import HttpRequest, HttpResponse
from innergate.wire.xml_body import element, escape

_STYLE = xml_body.XmlStyle("member", always_millis=False)


def _names_of(shape: Shape, name: str) -> tuple[str, ...]:
    given = str(shape.serialization.get("name", name))
    if isinstance(shape, ListShape) and shape.serialization.get("flattened"):
        inner = shape.member.serialization.get("name")
        if inner:
            return str(inner), given
    return (given,)


_DIALECT = Dialect("query", _names_of, flat_lists=False)


def parse(operation: OperationModel, request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
    """The parameters by member names. Raises Fault MalformedQueryString or MalformedInput."""
    shape = operation.input_shape
    return {} if shape is None else parse_members(_DIALECT, shape, build_tree(read_pairs(request)))


def render(operation: OperationModel, result: Mapping[str, Any], request_id: str) -> HttpResponse:
    """`<XResponse><XResult>…</XResult><ResponseMetadata>…`."""
    shape = operation.output_shape
    content = ""
    if shape is not None:
        content = xml_body.render_members(_STYLE, shape, result)
        wrapper = shape.serialization.get("resultWrapper")
        if wrapper:
            content = element(wrapper, content)
    metadata = element("ResponseMetadata", element("RequestId", escape(request_id)))
    root = f"{operation.name}Response"
    body = f"<{root}{_xmlns(operation.service_model)}>{content}{metadata}</{root}>"
    return _response(200, body, request_id)


def refuse(service: ServiceModel | None, fault: Fault, request_id: str) -> HttpResponse:
    """`<ErrorResponse><Error><Type/><Code/><Message/></Error><RequestId/>`."""
    error = modelled_errors.describe(service, fault)
    _, extra = modelled_errors.members_of(error, fault)
    inner = element("Type", "Receiver" if error.status >= 500 else "Sender") + element("Code", escape(error.code))
    inner += element("Message", escape(fault.message))
    if error.shape is not None:
        inner += xml_body.render_members(_STYLE, error.shape, extra)
    inner = element("Error", inner) + element("RequestId", escape(request_id))
    body = f"<ErrorResponse{_xmlns(service)}>{inner}</ErrorResponse>"
    return _response(error.status, body, request_id)


def _xmlns(service: ServiceModel | None) -> str:
    namespace = service.metadata.get("xmlNamespace") if service is not None else None
    return f' xmlns="{namespace}"' if namespace else ""


def _response(status: int, body: str, request_id: str) -> HttpResponse:
    return HttpResponse(status, (("x-amzn-RequestId", request_id), ("Content-Type", "text/xml")), body.encode())
