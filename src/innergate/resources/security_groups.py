"""Security groups: stateful allow-lists."""

from datetime import datetime
from typing import ClassVar

import msgspec

from innergate.resources.base import IndexEntry, Key, Resource, UniqueName
from innergate.resources.vpcs import Tags


class SecurityGroupRule(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """`sgr-…`. Just one of cidr_ipv4, cidr_ipv6, prefix_list_id, referenced_group_id is set. `protocol` is "tcp", "udp",
    "icmp", "icmpv6", a number as text, or "-1" for all (then the ports are -1)."""

    rule_id: str
    is_egress: bool
    protocol: str
    from_port: int
    to_port: int
    cidr_ipv4: str = ""
    cidr_ipv6: str = ""
    prefix_list_id: str = ""
    referenced_group_id: str = ""
    referenced_user_id: str = ""
    description: str | None = None
    tags: Tags = {}


class SecurityGroup(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is `sg-…`."""

    kind: ClassVar[str] = "security-group"

    vpc_id: str
    group_name: str
    description: str
    created_at: datetime
    rules: tuple[SecurityGroupRule, ...] = ()
    tags: Tags = {}

    def unique_names(self) -> tuple[UniqueName, ...]:
        return (UniqueName(f"group-name/{self.vpc_id}", self.group_name),)

    def references(self) -> tuple[Key, ...]:
        others = {r.referenced_group_id for r in self.rules if r.referenced_group_id not in ("", self.id)}
        return (Key("vpc", self.vpc_id), *(Key("security-group", other) for other in sorted(others)))

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (
            IndexEntry("vpc", self.vpc_id),
            *(IndexEntry("referenced", r.referenced_group_id) for r in self.rules if r.referenced_group_id),
        )
