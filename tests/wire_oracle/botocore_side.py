"""botocore as the other end of the wire: its own bytes for a call, its own reading of an answer."""

from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import HeadersDict, create_request_object, prepare_request_dict
from botocore.model import OperationModel, Shape
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from innergate.wire.http import HttpRequest, HttpResponse, make_request

ENDPOINT = "http://127.0.0.1:4566"


def serialise(operation: OperationModel, protocol: str, params: dict[str, Any]) -> HttpRequest:
    """The request that botocore sends for these parameters, unsigned."""
    serialized = create_serializer(protocol, include_validation=False).serialize_to_request(params, operation)
    serialized.pop("host_prefix", None)
    prepare_request_dict(serialized, endpoint_url=ENDPOINT, user_agent="oracle")
    prepared = create_request_object(serialized).prepare()
    parts = urlsplit(prepared.url)
    body = prepared.body or b""
    if isinstance(body, str):
        body = body.encode()
    headers = [*prepared.headers.items(), ("Host", parts.netloc)]
    return make_request(prepared.method, parts.path, parts.query, headers, bytes(body))


class _Stream:
    def __init__(self, content: bytes) -> None:
        self.content = content


def parse(protocol: str, shape: Shape | None, response: HttpResponse, streaming: bool) -> dict[str, Any]:
    """What botocore's client would hand to its caller, with `ResponseMetadata`."""
    raw: Any = {
        "status_code": response.status,
        "headers": HeadersDict(dict(response.headers)),
        "body": _Stream(response.body) if streaming else response.body,
        "context": {},
    }
    any_shape: Any = shape
    parsed: dict[str, Any] = create_parser(protocol).parse(raw, any_shape)
    return {key: value.content if isinstance(value, _Stream) else value for key, value in parsed.items()}
