"""VPC peering: two VPCs joined, not transitively."""

from datetime import datetime
from typing import ClassVar

from innergate.resources.base import IndexEntry, Key, Resource
from innergate.resources.vpcs import Tags


class VpcPeering(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is `pcx-…`; `account` and `region` are the requester's. state: pending-acceptance, active, rejected, deleted,
    failed, expired."""

    kind: ClassVar[str] = "vpc-peering"

    requester_vpc_id: str
    accepter_vpc_id: str
    accepter_account: str
    accepter_region: str
    created_at: datetime
    state: str = "pending-acceptance"
    status_message: str = ""
    deleted_at: datetime | None = None
    requester_options: dict[str, bool] = {}
    accepter_options: dict[str, bool] = {}
    tags: Tags = {}

    def references(self) -> tuple[Key, ...]:
        if self.state not in ("pending-acceptance", "active"):
            return ()
        return (Key("vpc", self.requester_vpc_id), Key("vpc", self.accepter_vpc_id))

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (
            IndexEntry("vpc", self.requester_vpc_id),
            IndexEntry("vpc", self.accepter_vpc_id),
            IndexEntry("accepter", f"{self.accepter_account}/{self.accepter_region}"),
        )
