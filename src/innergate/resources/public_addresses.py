"""Elastic addresses and NAT gateways: records that clients make and read; no packet leaves by them."""

from datetime import datetime
from typing import ClassVar

from innergate.resources.base import IndexEntry, Key, Resource, UniqueName
from innergate.resources.vpcs import Tags, client_token_entries


class ElasticAddress(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is `eipalloc-…`. With an `association_id` it belongs to `private_ip_address` of the interface."""

    kind: ClassVar[str] = "elastic-address"

    public_ip: str
    created_at: datetime
    association_id: str = ""
    network_interface_id: str = ""
    private_ip_address: str = ""
    tags: Tags = {}

    def unique_names(self) -> tuple[UniqueName, ...]:
        return (UniqueName("public-address", self.public_ip),)

    def references(self) -> tuple[Key, ...]:
        return (Key("network-interface", self.network_interface_id),) if self.network_interface_id else ()

    def index_entries(self) -> tuple[IndexEntry, ...]:
        entries = [IndexEntry("public-ip", self.public_ip)]
        if self.association_id:
            entries.append(IndexEntry("association", self.association_id))
        if self.network_interface_id:
            entries.append(IndexEntry("interface", self.network_interface_id))
        return tuple(entries)


class NatGateway(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is `nat-…`. A deleted one (`deleted_at` set) stays readable for an hour."""

    kind: ClassVar[str] = "nat-gateway"

    vpc_id: str
    subnet_id: str
    network_interface_id: str
    private_ip: str
    created_at: datetime
    connectivity_type: str = "public"
    allocation_id: str = ""
    association_id: str = ""
    public_ip: str = ""
    deleted_at: datetime | None = None
    tags: Tags = {}
    client_token: str = ""

    def references(self) -> tuple[Key, ...]:
        return () if self.deleted_at else (Key("vpc", self.vpc_id), Key("subnet", self.subnet_id))

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (
            IndexEntry("vpc", self.vpc_id),
            *client_token_entries(self.account, self.region, self.client_token),
        )
