"""The codecs, one row per protocol: how to read parameters, write a result, write a fault."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from botocore.model import OperationModel, ServiceModel

from innergate.primitives.fault import Fault
from innergate.wire import cbor, ec2, json_1_1, query, rest_json
from innergate.wire.http import HttpRequest, HttpResponse


class Codec(NamedTuple):
    """`parse` gives parameters by member names, `render` and `refuse` give the answer."""

    parse: Callable[[OperationModel, HttpRequest, Mapping[str, str]], dict[str, Any]]
    render: Callable[[OperationModel, Mapping[str, Any], str], HttpResponse]
    refuse: Callable[[ServiceModel | None, Fault, str], HttpResponse]


PROTOCOLS: dict[str, Codec] = {
    "ec2": Codec(ec2.parse, ec2.render, ec2.refuse),
    "json": Codec(json_1_1.parse, json_1_1.render, json_1_1.refuse),
    "query": Codec(query.parse, query.render, query.refuse),
    "rest-json": Codec(rest_json.parse, rest_json.render, rest_json.refuse),
    "smithy-rpc-v2-cbor": Codec(cbor.parse, cbor.render, cbor.refuse),
}
