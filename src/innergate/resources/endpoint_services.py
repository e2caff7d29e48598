"""Endpoint services: what a provider publishes through PrivateLink."""

from datetime import datetime
from typing import ClassVar

import msgspec

from innergate.resources.base import IndexEntry, Key, Resource, UniqueName
from innergate.resources.vpcs import Tags, client_token_entries


class AllowedPrincipal(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """Who may see the service and connect to it. `principal` is "*" or an ARN (root, user, role)."""

    principal: str
    principal_type: str
    service_permission_id: str
    tags: Tags = {}


class EndpointService(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is `vpce-svc-…`; `service_name` is `com.amazonaws.vpce.<region>.<id>`."""

    kind: ClassVar[str] = "endpoint-service"

    service_name: str
    created_at: datetime
    acceptance_required: bool = True
    network_load_balancer_arns: tuple[str, ...] = ()
    gateway_load_balancer_arns: tuple[str, ...] = ()
    supported_ip_address_types: tuple[str, ...] = ("ipv4",)
    supported_regions: tuple[str, ...] = ()
    allowed_principals: tuple[AllowedPrincipal, ...] = ()
    private_dns_name: str = ""
    private_dns_state: str = ""
    """"", pendingVerification, verified or failed."""
    private_dns_token_name: str = ""
    private_dns_token_value: str = ""
    payer_responsibility: str = ""
    tags: Tags = {}
    client_token: str = ""
    """The caller's token and a digest of the parameters that came with it; "" for none."""

    def unique_names(self) -> tuple[UniqueName, ...]:
        return tuple(UniqueName("endpoint-service-of-load-balancer", arn) for arn in self.network_load_balancer_arns)

    def references(self) -> tuple[Key, ...]:
        return tuple(Key("load-balancer", arn) for arn in self.network_load_balancer_arns)

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (
            IndexEntry("service-name", self.service_name),
            *(IndexEntry("load-balancer", arn) for arn in self.network_load_balancer_arns),
            *client_token_entries(self.account, self.region, self.client_token),
        )


class EndpointNotification(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is `vpce-nfn-…`: a record of which events of a service or endpoint go to which SNS topic."""

    kind: ClassVar[str] = "endpoint-notification"

    connection_notification_arn: str
    connection_events: tuple[str, ...]
    created_at: datetime
    service_id: str = ""
    vpc_endpoint_id: str = ""
    connection_notification_state: str = "Enabled"
    client_token: str = ""
    """The caller's token and a digest of the parameters that came with it; "" for none."""

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (
            IndexEntry("subject", self.service_id or self.vpc_endpoint_id),
            *client_token_entries(self.account, self.region, self.client_token),
        )
