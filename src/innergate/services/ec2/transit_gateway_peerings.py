"""Peering attachments: two transit gateways joined, across regions and accounts."""

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import AccountId, Region, fresh_ec2_id
from innergate.resources.transit_gateways import TransitGateway, TransitGatewayAttachment
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.filters import TAGS, Document
from innergate.services.ec2.identifiers import TRANSIT_GATEWAY, TRANSIT_GATEWAY_ATTACHMENT, is_own
from innergate.services.ec2.listing import Listing, answer
from innergate.services.ec2.tag_sets import tag_list, tags_on_create
from innergate.services.ec2.transit_gateway_access import (
    attachment_of,
    own_gateway,
    require_state,
    visible_attachments,
)
from innergate.services.ec2.transit_gateway_joining import join_default_tables, leave_tables

LISTING = Listing(
    "TransitGatewayPeeringAttachments",
    "TransitGatewayAttachmentIds",
    "TransitGatewayAttachmentId",
    TRANSIT_GATEWAY_ATTACHMENT,
    {
        "local-owner-id": "RequesterTgwInfo.OwnerId",
        "remote-owner-id": "AccepterTgwInfo.OwnerId",
        "state": "State",
        "transit-gateway-attachment-id": "TransitGatewayAttachmentId",
        "transit-gateway-id": "RequesterTgwInfo.TransitGatewayId",
        **TAGS,
    },
)

MESSAGES = {
    "pendingAcceptance": "Pending acceptance",
    "available": "Available",
    "rejected": "Rejected",
    "deleted": "Deleted",
}


def peering_document(attachment: TransitGatewayAttachment) -> Document:
    """A peering attachment as EC2 answers it, to both sides alike."""
    return {
        "TransitGatewayAttachmentId": attachment.id,
        "RequesterTgwInfo": {
            "TransitGatewayId": attachment.transit_gateway_id,
            "OwnerId": attachment.account,
            "Region": attachment.region,
        },
        "AccepterTgwInfo": {
            "TransitGatewayId": attachment.resource_id,
            "OwnerId": attachment.resource_account,
            "Region": attachment.peer_region,
        },
        "Status": {"Code": attachment.state, "Message": MESSAGES[attachment.state]},
        "State": attachment.state,
        "CreationTime": attachment.created_at,
        "Tags": tag_list(attachment.tags),
        **({"Options": dict(attachment.options)} if attachment.options else {}),
    }


def create(context: Context, params: Params) -> Result:
    """CreateTransitGatewayPeeringAttachment: waits for the other gateway's owner, always."""
    tags = tags_on_create(params, "transit-gateway-attachment")
    gateway = own_gateway(context, params["TransitGatewayId"])
    peer_id, account, region = params["PeerTransitGatewayId"], params["PeerAccountId"], params["PeerRegion"]
    TRANSIT_GATEWAY.check(peer_id)
    peer = context.tx.get(TransitGateway, peer_id)
    if (
        peer is None
        or peer.deleted_at is not None
        or (peer.account, peer.region) != (AccountId(account), Region(region))
    ):
        raise TRANSIT_GATEWAY.missing(peer_id)
    if peer.id == gateway.id:
        raise Fault("InvalidParameterValue", "A transit gateway cannot be peered with itself.")
    for index in ("transit-gateway", "resource"):
        for other in context.tx.find(TransitGatewayAttachment, index, gateway.id):
            ends = {other.transit_gateway_id, other.resource_id}
            if ends == {gateway.id, peer.id} and other.state in ("available", "pendingAcceptance"):
                raise Fault(
                    "DuplicateTransitGatewayAttachment",
                    f"{gateway.id} has non-deleted Transit Gateway Attachments with same peer transit gateway.",
                )
    attachment = TransitGatewayAttachment(
        id=fresh_ec2_id(context.ids, "tgw-attach"),
        account=context.account,
        region=context.region,
        transit_gateway_id=gateway.id,
        gateway_account=gateway.account,
        resource_type="peering",
        resource_id=peer.id,
        resource_account=peer.account,
        created_at=context.clock.now(),
        state="pendingAcceptance",
        peer_region=peer.region,
        options={k: v for k, v in (params.get("Options") or {}).items() if k == "DynamicRouting"},
        tags=tags,
    )
    context.tx.put(attachment)
    shown = peering_document(attachment) | {"State": "initiatingRequest"}
    return {"TransitGatewayPeeringAttachment": shown}


def _for_accepter(context: Context, id: str) -> tuple[TransitGatewayAttachment, TransitGateway]:
    attachment = attachment_of(context, id, "peering")
    peer = context.tx.get(TransitGateway, attachment.resource_id)
    if peer is None or not is_own(context, peer):
        raise TRANSIT_GATEWAY_ATTACHMENT.missing(id)
    require_state(attachment, "pendingAcceptance")
    return attachment, peer


def accept(context: Context, params: Params) -> Result:
    """AcceptTransitGatewayPeeringAttachment, by the other gateway's owner in its region."""
    attachment, peer = _for_accepter(context, params["TransitGatewayAttachmentId"])
    accepted = msgspec.structs.replace(attachment, state="available")
    context.tx.put(accepted)
    for gateway in (context.tx.get(TransitGateway, attachment.transit_gateway_id), peer):
        if gateway is not None:
            join_default_tables(context, gateway, accepted)
    return {"TransitGatewayPeeringAttachment": peering_document(accepted) | {"State": "pending"}}


def reject(context: Context, params: Params) -> Result:
    """RejectTransitGatewayPeeringAttachment, by the other gateway's owner in its region."""
    attachment, _ = _for_accepter(context, params["TransitGatewayAttachmentId"])
    rejected = msgspec.structs.replace(attachment, state="rejected")
    context.tx.put(rejected)
    return {"TransitGatewayPeeringAttachment": peering_document(rejected)}


def delete(context: Context, params: Params) -> Result:
    """DeleteTransitGatewayPeeringAttachment, by either side; described as deleted for an hour."""
    attachment = attachment_of(context, params["TransitGatewayAttachmentId"], "peering")
    gone = msgspec.structs.replace(attachment, state="deleted", deleted_at=context.clock.now())
    context.tx.put(gone)
    leave_tables(context, gone)
    return {"TransitGatewayPeeringAttachment": peering_document(gone) | {"State": "deleting"}}


def describe(context: Context, params: Params) -> Result:
    """DescribeTransitGatewayPeeringAttachments, seen from both sides."""
    found = [a for a in visible_attachments(context) if a.resource_type == "peering"]
    return answer(LISTING, params, map(peering_document, found))
