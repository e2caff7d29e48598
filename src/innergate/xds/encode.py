"""Plan bodies as protobuf bytes, and the messages of the delta protocol."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from google.protobuf import json_format

from innergate.plans.envoy import TYPE_URLS
from innergate.primitives.json_value import JsonObject
from innergate.xds.descriptors import message_class, pool
from innergate.xds.fill import Unsure, fill

SECRET_TYPE_URL = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret"

KIND_OF_TYPE: Mapping[str, str] = {**{url: kind for kind, url in TYPE_URLS.items()}, SECRET_TYPE_URL: "secrets"}
TYPE_OF_KIND: Mapping[str, str] = {kind: url for url, kind in KIND_OF_TYPE.items()}

_REQUEST = "envoy.service.discovery.v3.DeltaDiscoveryRequest"
_RESPONSE = "envoy.service.discovery.v3.DeltaDiscoveryResponse"


class BodyRefused(Exception):
    """A body is not what Envoy's schema says; the message names the field."""


class DeltaRequest(NamedTuple):
    """What an Envoy said. `kind` is "" for a type that we do not serve; `error` is "" for an ACK or a first request."""

    kind: str
    subscribe: tuple[str, ...]
    unsubscribe: tuple[str, ...]
    initial_versions: Mapping[str, str]
    nonce: str
    error: str
    node_id: str


class DeltaResponse(NamedTuple):
    """What an Envoy gets: resources as (name, version, bytes of the message) and names that are gone."""

    kind: str
    nonce: str
    resources: tuple[tuple[str, str, bytes], ...]
    removed: tuple[str, ...]


def encode_body(kind: str, body: JsonObject) -> bytes:
    """The bytes of a resource of that kind. Raises BodyRefused, naming the field."""
    cls = message_class(TYPE_OF_KIND[kind].partition("/")[2])
    message = cls()
    try:
        fill(message, body)
    except Unsure:
        message = cls()
        try:
            json_format.ParseDict(dict(body), message, descriptor_pool=pool())
        except json_format.ParseError as error:
            raise BodyRefused(str(error)) from error
    encoded: bytes = message.SerializeToString(deterministic=True)
    return encoded


def decode_request(data: bytes) -> DeltaRequest:
    """The request in `data`."""
    message: Any = message_class(_REQUEST).FromString(data)
    return DeltaRequest(
        kind=KIND_OF_TYPE.get(message.type_url, ""),
        subscribe=tuple(message.resource_names_subscribe),
        unsubscribe=tuple(message.resource_names_unsubscribe),
        initial_versions=dict(message.initial_resource_versions),
        nonce=message.response_nonce,
        error=message.error_detail.message if message.HasField("error_detail") else "",
        node_id=message.node.id,
    )


def encode_response(response: DeltaResponse, revision: int) -> bytes:
    """The bytes of the response."""
    message: Any = message_class(_RESPONSE)(
        type_url=TYPE_OF_KIND[response.kind],
        nonce=response.nonce,
        system_version_info=str(revision),
        removed_resources=list(response.removed),
    )
    for name, version, body in response.resources:
        resource = message.resources.add(name=name, version=version)
        resource.resource.type_url = TYPE_OF_KIND[response.kind]
        resource.resource.value = body
    encoded: bytes = message.SerializeToString()
    return encoded
