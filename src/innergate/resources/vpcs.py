"""VPCs: address spaces. Ranges of different VPCs may overlap."""

from datetime import datetime
from typing import ClassVar

import msgspec

from innergate.resources.base import IndexEntry, Resource

Tags = dict[str, str]


def client_token_entries(account: str, region: str, client_token: str) -> tuple[IndexEntry, ...]:
    """The index entry of a resource that was made with a client token; `client_token` is "<token> <digest>" or ""."""
    token = client_token.rpartition(" ")[0]
    return (IndexEntry("client-token", f"{account}/{region}/{token}"),) if token else ()


class CidrAssociation(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """One range of a VPC; the first is the primary one and cannot be removed."""

    association_id: str
    cidr_block: str
    state: str = "associated"


class Vpc(Resource, frozen=True, kw_only=True, rename="pascal"):
    """A virtual private cloud. `id` is `vpc-…`."""

    kind: ClassVar[str] = "vpc"

    cidr_block: str
    cidr_associations: tuple[CidrAssociation, ...]
    created_at: datetime
    is_default: bool = False
    instance_tenancy: str = "default"
    dhcp_options_id: str = "default"
    enable_dns_support: bool = True
    enable_dns_hostnames: bool = False
    enable_network_address_usage_metrics: bool = False
    tags: Tags = {}

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (IndexEntry("default", f"{self.account}/{self.region}"),) if self.is_default else ()
