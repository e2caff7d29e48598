"""Which transit gateways, tables and attachments a caller sees, and how long deleted ones stay readable."""

from datetime import timedelta

from innergate.primitives.fault import Fault
from innergate.resources.transit_gateways import TransitGateway, TransitGatewayAttachment, TransitGatewayRouteTable
from innergate.services.context import Context
from innergate.services.ec2.identifiers import (
    TRANSIT_GATEWAY,
    TRANSIT_GATEWAY_ATTACHMENT,
    TRANSIT_GATEWAY_ROUTE_TABLE,
    all_own,
    is_own,
    own,
)

REMEMBERED = timedelta(hours=1)
"""How long a deleted transit gateway or attachment is still described, as `deleted`."""


def is_remembered(
    context: Context, thing: TransitGateway | TransitGatewayAttachment | TransitGatewayRouteTable
) -> bool:
    """Whether the thing is alive or was deleted less than an hour ago."""
    return thing.deleted_at is None or context.clock.now() - thing.deleted_at < REMEMBERED


def own_gateway(context: Context, id: str) -> TransitGateway:
    """The caller's living gateway. Raises Fault InvalidTransitGatewayID.NotFound."""
    gateway = own(context, TransitGateway, TRANSIT_GATEWAY, id)
    if gateway.deleted_at is not None:
        raise TRANSIT_GATEWAY.missing(id)
    return gateway


def own_table(context: Context, id: str) -> TransitGatewayRouteTable:
    """The caller's living route table. Raises Fault InvalidRouteTableID.NotFound."""
    table = own(context, TransitGatewayRouteTable, TRANSIT_GATEWAY_ROUTE_TABLE, id)
    if table.deleted_at is not None:
        raise TRANSIT_GATEWAY_ROUTE_TABLE.missing(id)
    return table


def visible_attachments(context: Context) -> list[TransitGatewayAttachment]:
    """The attachments that the caller asked for, and those to the caller's gateways, in the called region."""
    found = {a.id: a for a in all_own(context, TransitGatewayAttachment)}
    for gateway in all_own(context, TransitGateway):
        for index in ("transit-gateway", "resource"):
            found |= {a.id: a for a in context.tx.find(TransitGatewayAttachment, index, gateway.id)}
    return [a for a in found.values() if is_remembered(context, a)]


def attachment_of(context: Context, id: str, resource_type: str = "") -> TransitGatewayAttachment:
    """A living attachment that the caller may see. Raises Fault InvalidTransitGatewayAttachmentID.NotFound."""
    TRANSIT_GATEWAY_ATTACHMENT.check(id)
    attachment = context.tx.get(TransitGatewayAttachment, id)
    if attachment is None or attachment.state == "deleted" or resource_type not in ("", attachment.resource_type):
        raise TRANSIT_GATEWAY_ATTACHMENT.missing(id)
    if not (is_own(context, attachment) or joins_own_gateway(context, attachment)):
        raise TRANSIT_GATEWAY_ATTACHMENT.missing(id)
    return attachment


def joins_own_gateway(context: Context, attachment: TransitGatewayAttachment) -> bool:
    """Whether one of the attachment's gateways is the caller's, in the called region."""
    ends = [attachment.transit_gateway_id]
    if attachment.resource_type == "peering":
        ends.append(attachment.resource_id)
    gateways = [context.tx.get(TransitGateway, id) for id in ends]
    return any(g is not None and is_own(context, g) for g in gateways)


def require_state(attachment: TransitGatewayAttachment, *states: str) -> None:
    """Raises Fault IncorrectState where the attachment is in none of `states`."""
    if attachment.state not in states:
        raise Fault("IncorrectState", f"{attachment.id} is in invalid state")
