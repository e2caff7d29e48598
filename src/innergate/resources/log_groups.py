"""Log groups of CloudWatch Logs."""

from datetime import datetime
from typing import ClassVar

from innergate.resources.base import IndexEntry, Resource, UniqueName
from innergate.resources.vpcs import Tags


class LogGroup(Resource, frozen=True, kw_only=True, rename="camel"):
    """`id` is the log group's ARN without `:*`."""

    kind: ClassVar[str] = "log-group"

    log_group_name: str
    created_at: datetime
    retention_in_days: int | None = None
    kms_key_id: str | None = None
    log_group_class: str = "STANDARD"
    deletion_protection_enabled: bool = False
    tags: Tags = {}

    def unique_names(self) -> tuple[UniqueName, ...]:
        return (UniqueName(f"log-group/{self.account}/{self.region}", self.log_group_name),)

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (IndexEntry("name", f"{self.account}/{self.region}/{self.log_group_name}"),)
