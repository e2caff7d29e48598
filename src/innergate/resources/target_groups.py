"""Target groups: what a listener forwards to, and how its health is asked. The id is the ARN."""

from datetime import datetime
from typing import ClassVar

import msgspec

from innergate.resources.base import IndexEntry, Key, Resource, UniqueName
from innergate.resources.vpcs import Tags


class Target(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """`target_id` is an IP address (ip), a load balancer's ARN (alb), an instance id (instance, as a record).

    `zone` is a zone name, "all", or "" where it follows from the address. A draining target has `draining_since`."""

    target_id: str
    port: int
    registered_at: datetime
    zone: str = ""
    draining_since: datetime | None = None


class HealthCheck(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """`port` is a number as text or "traffic-port"; `matcher` as written ("200-399"), "" for TCP. Seconds."""

    protocol: str
    port: str = "traffic-port"
    path: str = ""
    interval_s: int = 30
    timeout_s: int = 10
    healthy_threshold: int = 5
    unhealthy_threshold: int = 2
    matcher: str = ""
    enabled: bool = True


class TargetGroup(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`target_type` is ip, alb, instance or lambda."""

    kind: ClassVar[str] = "target-group"

    target_group_name: str
    protocol: str
    port: int
    vpc_id: str
    target_type: str
    created_at: datetime
    health_check: HealthCheck
    protocol_version: str = ""
    ip_address_type: str = "ipv4"
    targets: tuple[Target, ...] = ()
    attributes: dict[str, str] = {}
    """Only what differs from AWS's defaults."""
    tags: Tags = {}

    def unique_names(self) -> tuple[UniqueName, ...]:
        return (UniqueName(f"target-group-name/{self.account}/{self.region}", self.target_group_name),)

    def references(self) -> tuple[Key, ...]:
        return (Key("vpc", self.vpc_id),) if self.vpc_id else ()

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (
            IndexEntry("name", f"{self.account}/{self.region}/{self.target_group_name}"),
            *(IndexEntry("target", t.target_id) for t in self.targets),
        )
