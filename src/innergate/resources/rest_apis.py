"""REST APIs as they are being edited: the API, its resources and methods, gateway responses, models, validators, authorizers.

A `MethodDefinition` and its parts are plain values, since a deployment keeps copies of them. The wire names are camelCase.
"""

from datetime import datetime
from typing import ClassVar

import msgspec

from innergate.primitives.json_value import JsonValue
from innergate.resources.base import IndexEntry, Key, Resource
from innergate.resources.vpcs import Tags


class EndpointConfiguration(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`types` has one of EDGE, REGIONAL, PRIVATE."""

    types: tuple[str, ...]
    ip_address_type: str = "ipv4"
    vpc_endpoint_ids: tuple[str, ...] = ()


class RestApi(Resource, frozen=True, kw_only=True, rename="camel"):
    """`id` is the 10-character API id. `policy` is the plain JSON document (escaping is a matter of the answer)."""

    kind: ClassVar[str] = "rest-api"

    name: str
    created_date: datetime
    root_resource_id: str
    endpoint_configuration: EndpointConfiguration
    description: str | None = None
    api_version: str | None = msgspec.field(default=None, name="version")
    warnings: tuple[str, ...] = ()
    binary_media_types: tuple[str, ...] = ()
    minimum_compression_size: int | None = None
    api_key_source: str = "HEADER"
    policy: str = ""
    disable_execute_api_endpoint: bool = False
    security_policy: str | None = None
    endpoint_access_mode: str | None = None
    tags: Tags = {}

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return tuple(IndexEntry("vpc-endpoint", e) for e in self.endpoint_configuration.vpc_endpoint_ids)


class IntegrationResponse(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """How a backend's answer becomes the method's."""

    status_code: str
    selection_pattern: str | None = None
    response_parameters: dict[str, str] | None = None
    response_templates: dict[str, str | None] | None = None
    content_handling: str | None = None


class TlsConfig(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a backend's certificate is checked."""

    insecure_skip_verification: bool = False


class Integration(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where a method's requests go. `type`: HTTP, HTTP_PROXY, AWS, AWS_PROXY, MOCK. `connection_id` is a VPC link's id or
    `${stageVariables.x}`."""

    type: str
    http_method: str | None = None
    uri: str | None = None
    connection_type: str | None = None
    connection_id: str | None = None
    credentials: str | None = None
    request_parameters: dict[str, str] | None = None
    request_templates: dict[str, str | None] | None = None
    passthrough_behavior: str = "WHEN_NO_MATCH"
    content_handling: str | None = None
    timeout_in_millis: int = 29000
    cache_namespace: str = ""
    cache_key_parameters: tuple[str, ...] = ()
    tls_config: TlsConfig | None = None
    response_transfer_mode: str | None = None
    integration_target: str | None = None
    integration_responses: dict[str, IntegrationResponse] = {}


class MethodResponse(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A status that a method may answer with."""

    status_code: str
    response_parameters: dict[str, bool] | None = None
    response_models: dict[str, str] | None = None


class MethodDefinition(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One verb of one resource."""

    http_method: str
    authorization_type: str = "NONE"
    authorizer_id: str | None = None
    api_key_required: bool = False
    operation_name: str | None = None
    request_parameters: dict[str, bool] | None = None
    request_models: dict[str, str] | None = None
    request_validator_id: str | None = None
    authorization_scopes: tuple[str, ...] | None = None
    method_responses: dict[str, MethodResponse] = {}
    method_integration: Integration | None = None


class ApiResource(Resource, frozen=True, kw_only=True, rename="camel"):
    """A path of an API. `id` is `<api id>/<resource id>`; `path` is the whole path ("/pets/{petId}")."""

    kind: ClassVar[str] = "api-resource"

    rest_api_id: str
    resource_id: str
    path: str
    parent_id: str | None = None
    path_part: str | None = None
    methods: dict[str, MethodDefinition] = {}

    def references(self) -> tuple[Key, ...]:
        return (Key("rest-api", self.rest_api_id),)

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (
            IndexEntry("rest-api", self.rest_api_id),
            *((IndexEntry("parent", f"{self.rest_api_id}/{self.parent_id}"),) if self.parent_id else ()),
        )


class GatewayResponseDefinition(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the gateway answers where it answers itself; only those that a user has put."""

    response_type: str
    status_code: str | None = None
    response_parameters: dict[str, str] = {}
    response_templates: dict[str, str] = {}


class ApiPart(Resource, frozen=True, kw_only=True, rename="camel"):
    """A small document inside an API that is edited by name or id: `part` is "gateway-response", "model",
    "request-validator", "authorizer", "documentation-part" or "documentation-version". `id` is
    `<api id>/<part>/<part's id or name>`; `body` is its AWS document."""

    kind: ClassVar[str] = "api-part"

    rest_api_id: str
    part: str
    part_id: str
    body: dict[str, JsonValue]

    def references(self) -> tuple[Key, ...]:
        return (Key("rest-api", self.rest_api_id),)

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (IndexEntry("part", f"{self.rest_api_id}/{self.part}"),)
