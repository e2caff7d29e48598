"""Subnets: a part of a VPC's range in one Availability Zone."""

from datetime import datetime
from typing import ClassVar

from innergate.resources.base import IndexEntry, Key, Resource
from innergate.resources.vpcs import Tags


class Subnet(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is `subnet-…`; `zone_name` is the account's name of the zone (us-east-1a), `zone_id` everybody's (use1-az1)."""

    kind: ClassVar[str] = "subnet"

    vpc_id: str
    cidr_block: str
    zone_name: str
    zone_id: str
    created_at: datetime
    default_for_az: bool = False
    map_public_ip_on_launch: bool = False
    attributes: dict[str, bool | str | int] = {}
    """Further attributes that ModifySubnetAttribute sets and clients read back, by their wire names."""
    tags: Tags = {}

    def references(self) -> tuple[Key, ...]:
        return (Key("vpc", self.vpc_id),)

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (IndexEntry("vpc", self.vpc_id),)
