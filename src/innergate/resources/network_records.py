"""Parts of EC2 that clients read and that carry no packets here: network ACLs, DHCP options, internet gateways."""

from datetime import datetime
from typing import ClassVar

import msgspec

from innergate.resources.base import IndexEntry, Key, Resource
from innergate.resources.vpcs import Tags


class NetworkAclEntry(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """One numbered rule; 32767 is the final deny that cannot be changed."""

    rule_number: int
    egress: bool
    protocol: str
    rule_action: str
    cidr_block: str = ""
    ipv6_cidr_block: str = ""
    from_port: int | None = None
    to_port: int | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None


class NetworkAclAssociation(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """`aclassoc-…`: which subnet uses the ACL."""

    association_id: str
    subnet_id: str


class NetworkAcl(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is `acl-…`."""

    kind: ClassVar[str] = "network-acl"

    vpc_id: str
    is_default: bool
    created_at: datetime
    entries: tuple[NetworkAclEntry, ...] = ()
    associations: tuple[NetworkAclAssociation, ...] = ()
    tags: Tags = {}

    def references(self) -> tuple[Key, ...]:
        return (Key("vpc", self.vpc_id),)

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (
            IndexEntry("vpc", self.vpc_id),
            *(IndexEntry("subnet", a.subnet_id) for a in self.associations),
        )


class DhcpOptions(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is `dopt-…`; `configurations` maps an option's name to its values."""

    kind: ClassVar[str] = "dhcp-options"

    configurations: dict[str, tuple[str, ...]]
    created_at: datetime
    tags: Tags = {}


class InternetGateway(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is `igw-…`; attached to at most one VPC."""

    kind: ClassVar[str] = "internet-gateway"

    created_at: datetime
    vpc_id: str = ""
    tags: Tags = {}

    def references(self) -> tuple[Key, ...]:
        return (Key("vpc", self.vpc_id),) if self.vpc_id else ()

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (IndexEntry("vpc", self.vpc_id),) if self.vpc_id else ()
