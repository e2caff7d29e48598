"""Transit gateways: routers between VPCs, and to transit gateways of other regions."""

from datetime import datetime
from typing import ClassVar

import msgspec

from innergate.resources.base import IndexEntry, Key, Resource
from innergate.resources.vpcs import Tags


class TransitGateway(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is `tgw-…`. A deleted one stays readable for an hour: `deleted_at` tells since when; it carries no packet."""

    kind: ClassVar[str] = "transit-gateway"

    created_at: datetime
    deleted_at: datetime | None = None
    description: str = ""
    options: dict[str, str | int | tuple[str, ...]] = {}
    """TransitGatewayOptions by wire name, defaults filled in."""
    association_default_route_table_id: str = ""
    propagation_default_route_table_id: str = ""
    tags: Tags = {}


class TransitGatewayAttachment(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is `tgw-attach-…`. `resource_type` vpc: `resource_id` is the VPC and `subnet_ids` one subnet a zone. peering:
    `resource_id` is the other transit gateway. `account` is who asked for it; `gateway_account` owns the gateway.

    state: pendingAcceptance, available, rejected, deleted (`deleted_at` set; kept readable for an hour).
    """

    kind: ClassVar[str] = "transit-gateway-attachment"

    transit_gateway_id: str
    gateway_account: str
    resource_type: str
    resource_id: str
    resource_account: str
    created_at: datetime
    state: str = "available"
    deleted_at: datetime | None = None
    subnet_ids: tuple[str, ...] = ()
    peer_region: str = ""
    options: dict[str, str] = {}
    tags: Tags = {}

    def references(self) -> tuple[Key, ...]:
        if self.state == "deleted":
            return ()
        held = [Key("transit-gateway", self.transit_gateway_id)]
        if self.resource_type == "vpc":
            held += [Key("vpc", self.resource_id), *(Key("subnet", s) for s in self.subnet_ids)]
        elif self.resource_type == "peering":
            held += [Key("transit-gateway", self.resource_id)]
        return tuple(held)

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (
            IndexEntry("transit-gateway", self.transit_gateway_id),
            IndexEntry("resource", self.resource_id),
        )


class TransitGatewayRoute(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A static route of a transit gateway's route table; no attachment means blackhole."""

    destination: str
    attachment_id: str = ""


class TransitGatewayRouteTable(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is `tgw-rtb-…`. Packets from an associated attachment are looked up here; a propagated attachment's CIDRs are
    routes to it. Static routes win over propagated ones of the same destination."""

    kind: ClassVar[str] = "transit-gateway-route-table"

    transit_gateway_id: str
    created_at: datetime
    deleted_at: datetime | None = None
    default_association: bool = False
    default_propagation: bool = False
    associations: tuple[str, ...] = ()
    """Attachment ids; an attachment is associated with at most one table."""
    propagations: tuple[str, ...] = ()
    routes: tuple[TransitGatewayRoute, ...] = ()
    tags: Tags = {}

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (
            IndexEntry("transit-gateway", self.transit_gateway_id),
            *(IndexEntry("association", a) for a in self.associations),
            *(IndexEntry("propagation", a) for a in self.propagations),
        )
