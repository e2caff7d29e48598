"""Route tables: where a subnet's packets go."""

from datetime import datetime
from typing import ClassVar

import msgspec

from innergate.resources.base import IndexEntry, Key, Resource
from innergate.resources.vpcs import Tags, client_token_entries


class Route(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """One route. `target_kind`: local, internet-gateway, nat-gateway, transit-gateway, vpc-peering, network-interface,
    vpc-endpoint (a gateway endpoint, destination a prefix list). `target` is its id ("local" for local)."""

    destination: str
    """A CIDR, or `pl-…` for a prefix list."""
    target_kind: str
    target: str
    origin: str = "CreateRoute"


class RouteTableAssociation(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """`rtbassoc-…`: the main one has neither subnet nor gateway."""

    association_id: str
    main: bool = False
    subnet_id: str = ""
    gateway_id: str = ""


class RouteTable(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is `rtb-…`. A subnet without an explicit association uses its VPC's main table."""

    kind: ClassVar[str] = "route-table"

    vpc_id: str
    created_at: datetime
    routes: tuple[Route, ...] = ()
    associations: tuple[RouteTableAssociation, ...] = ()
    tags: Tags = {}
    client_token: str = ""
    """The caller's token and a digest of the parameters that came with it; "" for none."""

    def references(self) -> tuple[Key, ...]:
        return (
            Key("vpc", self.vpc_id),
            *(Key("subnet", a.subnet_id) for a in self.associations if a.subnet_id),
            *(Key("internet-gateway", r.target) for r in self.routes if r.target_kind == "internet-gateway"),
        )

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (
            IndexEntry("vpc", self.vpc_id),
            *(IndexEntry("main", self.vpc_id) for a in self.associations if a.main),
            *(IndexEntry("subnet", a.subnet_id) for a in self.associations if a.subnet_id),
            *(IndexEntry("target", r.target) for r in self.routes if r.target_kind != "local"),
            *client_token_entries(self.account, self.region, self.client_token),
        )
