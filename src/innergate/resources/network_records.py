"""Parts of EC2 that clients read and that carry no packets here: network ACLs, DHCP options, internet gateways."""

from datetime import datetime
from typing import ClassVar

import msgspec

from innergate.resources.base import IndexEntry, Key, Resource
from innergate.resources.vpcs import Tags, client_token_entries


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
    client_token: str = ""
    """The caller's token and a digest of the parameters that came with it; "" for none."""

    def references(self) -> tuple[Key, ...]:
        return (Key("vpc", self.vpc_id),)

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (
            IndexEntry("vpc", self.vpc_id),
            *(IndexEntry("subnet", a.subnet_id) for a in self.associations),
            *client_token_entries(self.account, self.region, self.client_token),
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


class RegionNetwork(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is `<account>/<region>`: the account has used the region, so its default network was made (once; a default VPC
    that the user deleted stays deleted). `dhcp_options_id` is the set that new VPCs use."""

    kind: ClassVar[str] = "region-network"

    dhcp_options_id: str
    created_at: datetime


class PrefixListEntry(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """One range of a prefix list."""

    cidr: str
    description: str = ""


class PrefixList(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is `pl-…`: a customer's own list. `entries` are the newest version's; `history` has the older ones."""

    kind: ClassVar[str] = "prefix-list"

    name: str
    max_entries: int
    address_family: str
    created_at: datetime
    list_version: int = 1
    entries: tuple[PrefixListEntry, ...] = ()
    history: dict[str, tuple[PrefixListEntry, ...]] = {}
    tags: Tags = {}
    client_token: str = ""

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return client_token_entries(self.account, self.region, self.client_token)
