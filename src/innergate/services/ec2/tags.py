"""Tags of any EC2 resource: CreateTags, DeleteTags, DescribeTags."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from innergate.primitives.fault import Fault
from innergate.resources.base import Resource
from innergate.resources.endpoint_services import AllowedPrincipal, EndpointService
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.network_records import DhcpOptions, InternetGateway, NetworkAcl, PrefixList
from innergate.resources.public_addresses import ElasticAddress, NatGateway
from innergate.resources.route_tables import RouteTable
from innergate.resources.security_groups import SecurityGroup
from innergate.resources.subnets import Subnet
from innergate.resources.transit_gateways import TransitGateway, TransitGatewayAttachment, TransitGatewayRouteTable
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.resources.vpc_peerings import VpcPeering
from innergate.resources.vpcs import Vpc
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.filters import Document, select
from innergate.services.ec2.identifiers import all_own, is_own
from innergate.services.ec2.listing import cut_page
from innergate.services.ec2.tag_sets import check_count, tags_from


class Taggable(NamedTuple):
    """A kind of resource that has tags: the prefix of its ids, its class, and its name in TagSpecifications."""

    prefix: str
    cls: type[Resource]
    resource_type: str
    code: str


TAGGABLE = (
    Taggable("vpc", Vpc, "vpc", "InvalidVpcID"),
    Taggable("subnet", Subnet, "subnet", "InvalidSubnetID"),
    Taggable("rtb", RouteTable, "route-table", "InvalidRouteTableID"),
    Taggable("sg", SecurityGroup, "security-group", "InvalidGroup"),
    Taggable("eni", NetworkInterface, "network-interface", "InvalidNetworkInterfaceID"),
    Taggable("acl", NetworkAcl, "network-acl", "InvalidNetworkAclID"),
    Taggable("dopt", DhcpOptions, "dhcp-options", "InvalidDhcpOptionID"),
    Taggable("igw", InternetGateway, "internet-gateway", "InvalidInternetGatewayID"),
    Taggable("eipalloc", ElasticAddress, "elastic-ip", "InvalidAllocationID"),
    Taggable("nat", NatGateway, "natgateway", "InvalidNatGatewayID"),
    Taggable("pl", PrefixList, "prefix-list", "InvalidPrefixListID"),
    Taggable("tgw-attach", TransitGatewayAttachment, "transit-gateway-attachment", "InvalidTransitGatewayAttachmentID"),
    Taggable("tgw-rtb", TransitGatewayRouteTable, "transit-gateway-route-table", "InvalidRouteTableID"),
    Taggable("tgw", TransitGateway, "transit-gateway", "InvalidTransitGatewayID"),
    Taggable("pcx", VpcPeering, "vpc-peering-connection", "InvalidVpcPeeringConnectionID"),
    Taggable("vpce-svc", EndpointService, "vpc-endpoint-service", "InvalidVpcEndpointServiceId"),
    Taggable("vpce", VpcEndpoint, "vpc-endpoint", "InvalidVpcEndpointId"),
)
"""Longer prefixes stand before the shorter ones that they begin with."""

FILTERS = {"key": "Key", "value": "Value", "resource-id": "ResourceId", "resource-type": "ResourceType"}


class _Part(NamedTuple):
    """A thing with tags inside a resource: a security group's rule, an endpoint service's permission."""

    resource: Resource
    field: str
    position: int


def _kind_of(id: str) -> Taggable | None:
    """None for a connection notification, too: EC2 has no such resource type for tags."""
    if id.startswith("vpce-nfn-"):
        return None
    return next((kind for kind in TAGGABLE if id.startswith(f"{kind.prefix}-")), None)


def _find(context: Context, id: str) -> Resource | _Part:
    if id.startswith("sgr-"):
        return _find_part(context, SecurityGroup, "rules", "rule_id", id, "InvalidSecurityGroupRuleId.NotFound")
    if id.startswith("vpce-svc-perm-"):
        return _find_part(
            context,
            EndpointService,
            "allowed_principals",
            "service_permission_id",
            id,
            "InvalidVpcEndpointServicePermissionId.NotFound",
        )
    kind = _kind_of(id)
    if kind is None:
        raise Fault("InvalidID", f"The ID '{id}' is not valid")
    resource = context.tx.get(kind.cls, id)
    if resource is None or not _may_tag(context, resource):
        raise Fault(f"{kind.code}.NotFound", f"The {kind.resource_type} ID '{id}' does not exist")
    return resource


def _may_tag(context: Context, resource: Resource) -> bool:
    if isinstance(resource, VpcPeering):
        return is_own(context, resource) or (
            (resource.accepter_account, resource.accepter_region) == (context.account, context.region)
        )
    return is_own(context, resource)


def _find_part(context: Context, cls: type[Resource], field: str, id_field: str, id: str, code: str) -> _Part:
    for resource in all_own(context, cls):
        for index, part in enumerate(getattr(resource, field)):
            if getattr(part, id_field) == id:
                return _Part(resource, field, index)
    raise Fault(code, f"The ID '{id}' does not exist")


def _tags_of(target: Any) -> dict[str, str]:
    if isinstance(target, _Part):
        tags: dict[str, str] = getattr(target.resource, target.field)[target.position].tags
        return tags
    own_tags: dict[str, str] = target.tags
    return own_tags


def _with_tags(target: Any, tags: dict[str, str]) -> Resource:
    changed: Resource
    if isinstance(target, _Part):
        parts = list(getattr(target.resource, target.field))
        parts[target.position] = msgspec.structs.replace(parts[target.position], tags=tags)
        changes: dict[str, Any] = {target.field: tuple(parts)}
        changed = msgspec.structs.replace(target.resource, **changes)
    else:
        changed = msgspec.structs.replace(target, tags=tags)
    return changed


def create(context: Context, params: Params) -> None:
    """CreateTags: adds or overwrites, all resources or none."""
    added = tags_from(params.get("Tags") or ())
    for id in params.get("Resources") or ():
        target = _find(context, id)
        tags = {**_tags_of(target), **added}
        check_count(tags)
        context.tx.put(_with_tags(target, tags))


def delete(context: Context, params: Params) -> None:
    """DeleteTags: a tag without Value goes whatever its value; without Tags all go. What is not there is no error."""
    wanted = params.get("Tags")
    for id in params.get("Resources") or ():
        target = _find(context, id)
        tags = dict(_tags_of(target))
        if not wanted:
            tags = {}
        for pair in wanted or ():
            value = pair.get("Value")
            if value is None or tags.get(pair.get("Key", "")) == value:
                tags.pop(pair.get("Key", ""), None)
        context.tx.put(_with_tags(target, tags))


def describe(context: Context, params: Params) -> Result:
    """DescribeTags."""
    documents = list(_all_tags(context))
    filters = []
    for wanted in params.get("Filters") or ():
        name = wanted.get("Name", "")
        if name.startswith("tag:"):
            values = set(wanted.get("Values") or ())
            documents = [d for d in documents if d["Key"] == name[4:] and d["Value"] in values]
        else:
            filters.append(wanted)
    page, token = cut_page(select(documents, filters, FILTERS), params)
    return {"Tags": page, **({"NextToken": token} if token else {})}


def _all_tags(context: Context) -> Iterator[Document]:
    for kind in TAGGABLE:
        for resource in all_own(context, kind.cls):
            yield from _rows(resource.id, kind.resource_type, _tags_of(resource))
            if isinstance(resource, SecurityGroup):
                for rule in resource.rules:
                    yield from _rows(rule.rule_id, "security-group-rule", rule.tags)
            if isinstance(resource, EndpointService):
                for principal in resource.allowed_principals:
                    yield from _principal_rows(principal)


def _principal_rows(principal: AllowedPrincipal) -> Iterator[Document]:
    yield from _rows(principal.service_permission_id, "vpc-endpoint-service-permission", principal.tags)


def _rows(id: str, resource_type: str, tags: dict[str, str]) -> Iterator[Document]:
    for key, value in tags.items():
        yield {"ResourceId": id, "ResourceType": resource_type, "Key": key, "Value": value}
