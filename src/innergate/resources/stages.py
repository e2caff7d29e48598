"""Stages: a deployment under a name, with settings of its own that apply without a deployment."""

from datetime import datetime
from typing import ClassVar

import msgspec

from innergate.primitives.json_value import JsonValue
from innergate.resources.base import IndexEntry, Key, Resource
from innergate.resources.vpcs import Tags


class AccessLogSettings(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Where access-log lines go (an ARN of a log group) and what they look like ($context.… variables)."""

    destination_arn: str | None = None
    format: str | None = None


class Stage(Resource, frozen=True, kw_only=True, rename="camel"):
    """`id` is `<api id>/<stage name>`. `method_settings` maps "*/*" or "path/METHOD" (path with ~1 for /) to the settings
    that were set, by wire name."""

    kind: ClassVar[str] = "stage"

    rest_api_id: str
    stage_name: str
    deployment_id: str
    created_date: datetime
    last_updated_date: datetime
    description: str | None = None
    client_certificate_id: str | None = None
    cache_cluster_enabled: bool = False
    cache_cluster_size: str | None = None
    cache_cluster_status: str = "NOT_AVAILABLE"
    method_settings: dict[str, dict[str, bool | int | float | str]] = {}
    variables: dict[str, str] | None = None
    documentation_version: str | None = None
    access_log_settings: AccessLogSettings | None = None
    canary_settings: dict[str, JsonValue] | None = None
    tracing_enabled: bool = False
    web_acl_arn: str | None = None
    tags: Tags = {}
    authorizers_flushed_at: datetime | None = None
    """When workers were told last to forget what authorizers answered; no part of the API's document."""
    cache_flushed_at: datetime | None = None
    """The same of answers that the stage's cache keeps."""

    def references(self) -> tuple[Key, ...]:
        return (
            Key("rest-api", self.rest_api_id),
            Key("deployment", f"{self.rest_api_id}/{self.deployment_id}"),
        )

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (
            IndexEntry("rest-api", self.rest_api_id),
            IndexEntry("deployment", f"{self.rest_api_id}/{self.deployment_id}"),
        )
