"""Deployments: immutable snapshots of an API. What a stage serves is a deployment, never the API being edited."""

from datetime import datetime
from typing import ClassVar

import msgspec

from innergate.primitives.json_value import JsonValue
from innergate.resources.base import IndexEntry, Key, Resource
from innergate.resources.rest_apis import EndpointConfiguration, GatewayResponseDefinition, MethodDefinition


class DeployedResource(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A path with its methods, as it was when it was deployed."""

    resource_id: str
    path: str
    methods: dict[str, MethodDefinition]


class ApiDefinition(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All of an API that a request can meet."""

    resources: tuple[DeployedResource, ...]
    endpoint_configuration: EndpointConfiguration
    policy: str = ""
    """The policy's JSON, or "" for none."""
    api_key_source: str = "HEADER"
    binary_media_types: tuple[str, ...] = ()
    minimum_compression_size: int | None = None
    disable_execute_api_endpoint: bool = False
    gateway_responses: dict[str, GatewayResponseDefinition] = {}
    parts: dict[str, dict[str, dict[str, JsonValue]]] = {}
    """Models, validators and authorizers: part -> id -> document."""


class Deployment(Resource, frozen=True, kw_only=True, rename="camel"):
    """`id` is `<api id>/<deployment id>`."""

    kind: ClassVar[str] = "deployment"

    rest_api_id: str
    deployment_id: str
    created_date: datetime
    definition: ApiDefinition
    description: str | None = None

    def references(self) -> tuple[Key, ...]:
        return (Key("rest-api", self.rest_api_id),)

    def index_entries(self) -> tuple[IndexEntry, ...]:
        links = {
            method.method_integration.connection_id
            for resource in self.definition.resources
            for method in resource.methods.values()
            if method.method_integration and method.method_integration.connection_type == "VPC_LINK"
        }
        kinds = {m.authorization_type for resource in self.definition.resources for m in resource.methods.values()}
        return (
            IndexEntry("rest-api", self.rest_api_id),
            *(IndexEntry("authorization", kind) for kind in sorted(kinds - {"NONE"})),
            *(IndexEntry("vpc-link", link) for link in sorted(x for x in links if x)),
        )
