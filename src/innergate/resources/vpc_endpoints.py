"""VPC endpoints: how a consumer's network reaches a service."""

from datetime import datetime
from typing import ClassVar

from innergate.resources.base import IndexEntry, Key, Resource
from innergate.resources.vpcs import Tags, client_token_entries

FULL_ACCESS_POLICY = '{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}'


class VpcEndpoint(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is `vpce-…`. `service_id` is the endpoint service's id, or "" where the service is the platform's own (then
    `service_name` is `com.amazonaws.<region>.<service>`). Its ENIs are network interfaces held by it (index "holder").

    state: pendingAcceptance, available, rejected. A deleted endpoint is gone at once, with its interfaces.
    """

    kind: ClassVar[str] = "vpc-endpoint"

    vpc_id: str
    service_name: str
    created_at: datetime
    vpc_endpoint_type: str = "Interface"
    service_id: str = ""
    service_region: str = ""
    state: str = "available"
    deleted_at: datetime | None = None
    connection_id: str = ""
    dns_label: str = ""
    """The eight characters after the id in its DNS names."""
    subnet_ids: tuple[str, ...] = ()
    group_ids: tuple[str, ...] = ()
    route_table_ids: tuple[str, ...] = ()
    private_dns_enabled: bool = False
    policy_document: str = FULL_ACCESS_POLICY
    ip_address_type: str = "ipv4"
    dns_record_ip_type: str = "ipv4"
    dns_options: dict[str, bool | str | list[str]] = {}
    payer_responsibility: str = ""
    tags: Tags = {}
    client_token: str = ""
    """The caller's token and a digest of the parameters that came with it; "" for none."""

    def references(self) -> tuple[Key, ...]:
        if self.state == "deleted":
            return ()
        held = [
            Key("vpc", self.vpc_id),
            *(Key("subnet", s) for s in self.subnet_ids),
            *(Key("security-group", g) for g in self.group_ids),
        ]
        if self.service_id and self.state in ("pendingAcceptance", "available"):
            held.append(Key("endpoint-service", self.service_id))
        return tuple(held)

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (
            IndexEntry("vpc", self.vpc_id),
            IndexEntry("service-name", self.service_name),
            *((IndexEntry("service", self.service_id),) if self.service_id else ()),
            *((IndexEntry("restricted", self.service_name),) if self.policy_document != FULL_ACCESS_POLICY else ()),
            *client_token_entries(self.account, self.region, self.client_token),
        )
