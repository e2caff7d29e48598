"""VPC attachments of transit gateways, and the list of attachments of every type."""

from typing import Any

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_ec2_id
from innergate.resources.subnets import Subnet
from innergate.resources.transit_gateways import TransitGateway, TransitGatewayAttachment, TransitGatewayRouteTable
from innergate.resources.vpcs import Vpc
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.filters import TAGS, Document
from innergate.services.ec2.identifiers import SUBNET, TRANSIT_GATEWAY, TRANSIT_GATEWAY_ATTACHMENT, VPC, is_own, own
from innergate.services.ec2.listing import Listing, answer
from innergate.services.ec2.tag_sets import tag_list, tags_on_create
from innergate.services.ec2.transit_gateway_access import (
    attachment_of,
    joins_own_gateway,
    require_state,
    visible_attachments,
)
from innergate.services.ec2.transit_gateway_joining import join_default_tables, leave_tables, match_interfaces

DEFAULTS = {
    "DnsSupport": "enable",
    "SecurityGroupReferencingSupport": "enable",
    "Ipv6Support": "disable",
    "ApplianceModeSupport": "disable",
}
LIVING = ("available", "pendingAcceptance")

VPC_LISTING = Listing(
    "TransitGatewayVpcAttachments",
    "TransitGatewayAttachmentIds",
    "TransitGatewayAttachmentId",
    TRANSIT_GATEWAY_ATTACHMENT,
    {
        "state": "State",
        "transit-gateway-attachment-id": "TransitGatewayAttachmentId",
        "transit-gateway-id": "TransitGatewayId",
        "vpc-id": "VpcId",
        **TAGS,
    },
)
LISTING = Listing(
    "TransitGatewayAttachments",
    "TransitGatewayAttachmentIds",
    "TransitGatewayAttachmentId",
    TRANSIT_GATEWAY_ATTACHMENT,
    {
        "association.state": "Association.State",
        "association.transit-gateway-route-table-id": "Association.TransitGatewayRouteTableId",
        "resource-id": "ResourceId",
        "resource-owner-id": "ResourceOwnerId",
        "resource-type": "ResourceType",
        "state": "State",
        "transit-gateway-attachment-id": "TransitGatewayAttachmentId",
        "transit-gateway-id": "TransitGatewayId",
        "transit-gateway-owner-id": "TransitGatewayOwnerId",
        **TAGS,
    },
)


def vpc_attachment_document(attachment: TransitGatewayAttachment) -> Document:
    """A VPC attachment as EC2 answers it."""
    return {
        "TransitGatewayAttachmentId": attachment.id,
        "TransitGatewayId": attachment.transit_gateway_id,
        "VpcId": attachment.resource_id,
        "VpcOwnerId": attachment.resource_account,
        "State": attachment.state,
        "SubnetIds": list(attachment.subnet_ids),
        "CreationTime": attachment.created_at,
        "Options": dict(attachment.options),
        "Tags": tag_list(attachment.tags),
    }


def _checked_subnets(context: Context, vpc: Vpc, ids: list[str]) -> tuple[str, ...]:
    zones: set[str] = set()
    for id in ids:
        subnet = own(context, Subnet, SUBNET, id)
        if subnet.vpc_id != vpc.id:
            raise Fault("InvalidSubnetID.NotFound", f"The subnet ID '{id}' does not exist in {vpc.id}")
        if subnet.zone_id in zones:
            raise Fault("DuplicateSubnetsInSameZone", "Duplicate Subnets for same AZ")
        zones.add(subnet.zone_id)
    return tuple(ids)


def create_for_vpc(context: Context, params: Params) -> Result:
    """CreateTransitGatewayVpcAttachment. To another account's gateway it waits to be accepted."""
    tags = tags_on_create(params, "transit-gateway-attachment")
    TRANSIT_GATEWAY.check(params["TransitGatewayId"])
    # AWS differs: a gateway must be shared by AWS RAM first; here whoever knows its id may ask to attach. So
    # AutoAcceptSharedAttachments, which AWS applies to those it is shared with, counts for nobody: an id is no consent.
    gateway = context.tx.get(TransitGateway, params["TransitGatewayId"])
    if gateway is None or gateway.deleted_at is not None or gateway.region != context.region:
        raise TRANSIT_GATEWAY.missing(params["TransitGatewayId"])
    vpc = own(context, Vpc, VPC, params["VpcId"])
    if not params.get("SubnetIds"):
        raise Fault("MissingParameter", "The request must contain the parameter SubnetIds")
    subnets = _checked_subnets(context, vpc, params["SubnetIds"])
    for other in context.tx.find(TransitGatewayAttachment, "resource", vpc.id):
        if other.transit_gateway_id == gateway.id and other.state in LIVING:
            raise Fault(
                "DuplicateTransitGatewayAttachment",
                f"{gateway.id} has non-deleted Transit Gateway Attachments with same VPC ID.",
            )
    accepted = is_own(context, gateway)
    attachment = TransitGatewayAttachment(
        id=fresh_ec2_id(context.ids, "tgw-attach"),
        account=context.account,
        region=context.region,
        transit_gateway_id=gateway.id,
        gateway_account=gateway.account,
        resource_type="vpc",
        resource_id=vpc.id,
        resource_account=vpc.account,
        created_at=context.clock.now(),
        state="available" if accepted else "pendingAcceptance",
        subnet_ids=subnets,
        options=DEFAULTS | dict(params.get("Options") or {}),
        tags=tags,
    )
    context.tx.put(attachment)
    if accepted:
        _begin(context, gateway, attachment)
    shown = vpc_attachment_document(attachment) | ({"State": "pending"} if accepted else {})
    return {"TransitGatewayVpcAttachment": shown}


def _begin(context: Context, gateway: TransitGateway, attachment: TransitGatewayAttachment) -> None:
    match_interfaces(context, attachment)
    join_default_tables(context, gateway, attachment)


def _for_owner(context: Context, id: str) -> tuple[TransitGatewayAttachment, TransitGateway]:
    """The attachment and its gateway, the gateway being the caller's."""
    attachment = attachment_of(context, id, "vpc")
    gateway = context.tx.get(TransitGateway, attachment.transit_gateway_id)
    if gateway is None or not joins_own_gateway(context, attachment):
        raise TRANSIT_GATEWAY_ATTACHMENT.missing(id)
    return attachment, gateway


def accept_for_vpc(context: Context, params: Params) -> Result:
    """AcceptTransitGatewayVpcAttachment, by the gateway's owner."""
    attachment, gateway = _for_owner(context, params["TransitGatewayAttachmentId"])
    require_state(attachment, "pendingAcceptance")
    accepted = msgspec.structs.replace(attachment, state="available")
    context.tx.put(accepted)
    _begin(context, gateway, accepted)
    return {"TransitGatewayVpcAttachment": vpc_attachment_document(accepted) | {"State": "pending"}}


def reject_for_vpc(context: Context, params: Params) -> Result:
    """RejectTransitGatewayVpcAttachment, by the gateway's owner."""
    attachment, _ = _for_owner(context, params["TransitGatewayAttachmentId"])
    require_state(attachment, "pendingAcceptance")
    rejected = msgspec.structs.replace(attachment, state="rejected")
    context.tx.put(rejected)
    return {"TransitGatewayVpcAttachment": vpc_attachment_document(rejected)}


def modify_for_vpc(context: Context, params: Params) -> Result:
    """ModifyTransitGatewayVpcAttachment: subnets and options, by the VPC's owner."""
    attachment = attachment_of(context, params["TransitGatewayAttachmentId"], "vpc")
    if not is_own(context, attachment):
        raise TRANSIT_GATEWAY_ATTACHMENT.missing(attachment.id)
    require_state(attachment, *LIVING)
    vpc = own(context, Vpc, VPC, attachment.resource_id)
    gone = params.get("RemoveSubnetIds") or ()
    kept = [s for s in attachment.subnet_ids if s not in gone]
    kept += [s for s in params.get("AddSubnetIds") or () if s not in kept]
    if not kept:
        raise Fault("InsufficientSubnetsException", "Insufficient subnets: at least one subnet must remain.")
    changes: dict[str, Any] = {
        "subnet_ids": _checked_subnets(context, vpc, kept),
        "options": attachment.options | dict(params.get("Options") or {}),
    }
    changed = msgspec.structs.replace(attachment, **changes)
    context.tx.put(changed)
    match_interfaces(context, changed)
    return {"TransitGatewayVpcAttachment": vpc_attachment_document(changed) | {"State": "modifying"}}


def delete_for_vpc(context: Context, params: Params) -> Result:
    """DeleteTransitGatewayVpcAttachment, by either side; described as deleted for an hour."""
    attachment = attachment_of(context, params["TransitGatewayAttachmentId"], "vpc")
    gone = msgspec.structs.replace(attachment, state="deleted", deleted_at=context.clock.now())
    context.tx.put(gone)
    leave_tables(context, gone)
    match_interfaces(context, gone)
    return {"TransitGatewayVpcAttachment": vpc_attachment_document(gone) | {"State": "deleting"}}


def describe_for_vpc(context: Context, params: Params) -> Result:
    """DescribeTransitGatewayVpcAttachments: the caller's, and those to the caller's gateways."""
    found = [a for a in visible_attachments(context) if a.resource_type == "vpc"]
    return answer(VPC_LISTING, params, map(vpc_attachment_document, found))


def attachment_document(context: Context, attachment: TransitGatewayAttachment) -> Document:
    """An attachment of any type, as the caller's gateway sees it."""
    gateway_id, resource_id = attachment.transit_gateway_id, attachment.resource_id
    owner, other = attachment.gateway_account, attachment.resource_account
    if attachment.resource_type == "peering":
        gateway = context.tx.get(TransitGateway, gateway_id)
        if gateway is None or not is_own(context, gateway):
            gateway_id, resource_id, owner, other = resource_id, gateway_id, other, owner
    document: Document = {
        "TransitGatewayAttachmentId": attachment.id,
        "TransitGatewayId": gateway_id,
        "TransitGatewayOwnerId": owner,
        "ResourceOwnerId": other,
        "ResourceType": attachment.resource_type,
        "ResourceId": resource_id,
        "State": attachment.state,
        "CreationTime": attachment.created_at,
        "Tags": tag_list(attachment.tags),
    }
    for table in context.tx.find(TransitGatewayRouteTable, "association", attachment.id):
        if table.transit_gateway_id == gateway_id and table.account == context.account:
            document["Association"] = {"TransitGatewayRouteTableId": table.id, "State": "associated"}
    return document


def describe(context: Context, params: Params) -> Result:
    """DescribeTransitGatewayAttachments of every type."""
    return answer(LISTING, params, (attachment_document(context, a) for a in visible_attachments(context)))
