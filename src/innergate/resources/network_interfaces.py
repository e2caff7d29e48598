"""Elastic network interfaces: an address in a subnet, and who holds it."""

from datetime import datetime
from typing import ClassVar

from innergate.resources.base import IndexEntry, Key, Resource, UniqueName
from innergate.resources.vpcs import Tags, client_token_entries


class NetworkInterface(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is `eni-…`. `interface_type` is EC2's: interface, vpc_endpoint, network_load_balancer, transit_gateway …

    `holder` is the id of what the platform made it for, and `holder_kind` its resource kind: "vpc-endpoint",
    "load-balancer", "vpc-link-v2", "workload", "transit-gateway-attachment"; both are "" for one that a user made with
    CreateNetworkInterface.
    """

    kind: ClassVar[str] = "network-interface"

    vpc_id: str
    subnet_id: str
    zone_name: str
    zone_id: str
    private_ip_address: str
    mac_address: str
    created_at: datetime
    interface_type: str = "interface"
    description: str = ""
    group_ids: tuple[str, ...] = ()
    holder_kind: str = ""
    holder: str = ""
    attachment_id: str = ""
    instance_owner_id: str = ""
    requester_managed: bool = False
    requester_id: str = ""
    source_dest_check: bool = True
    secondary_addresses: tuple[str, ...] = ()
    tags: Tags = {}
    client_token: str = ""
    """The caller's token and a digest of the parameters that came with it; "" for none."""

    def unique_names(self) -> tuple[UniqueName, ...]:
        scope = f"address/{self.vpc_id}"
        return tuple(UniqueName(scope, ip) for ip in (self.private_ip_address, *self.secondary_addresses))

    def references(self) -> tuple[Key, ...]:
        return (
            Key("vpc", self.vpc_id),
            Key("subnet", self.subnet_id),
            *(Key("security-group", group) for group in self.group_ids),
        )

    def index_entries(self) -> tuple[IndexEntry, ...]:
        entries = [
            IndexEntry("vpc", self.vpc_id),
            IndexEntry("subnet", self.subnet_id),
            *(IndexEntry("group", group) for group in self.group_ids),
            *(
                IndexEntry("address", f"{self.vpc_id}/{ip}")
                for ip in (self.private_ip_address, *self.secondary_addresses)
            ),
        ]
        entries.extend(client_token_entries(self.account, self.region, self.client_token))
        if self.holder:
            entries.append(IndexEntry("holder", f"{self.holder_kind}/{self.holder}"))
        return tuple(entries)
