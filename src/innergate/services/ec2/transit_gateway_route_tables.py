"""Route tables of transit gateways: associations (which table an attachment's packets are looked up in) and propagations."""

from collections.abc import Iterable

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_ec2_id
from innergate.resources.transit_gateways import TransitGatewayAttachment, TransitGatewayRouteTable
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.filters import TAGS, Document, select
from innergate.services.ec2.identifiers import TRANSIT_GATEWAY_ATTACHMENT, TRANSIT_GATEWAY_ROUTE_TABLE, all_own
from innergate.services.ec2.listing import Listing, answer, cut_page
from innergate.services.ec2.tag_sets import tag_list, tags_on_create
from innergate.services.ec2.transit_gateway_access import (
    attachment_of,
    is_remembered,
    own_gateway,
    own_table,
    require_state,
)
from innergate.services.ec2.transit_gateway_attachments import attachment_document

LISTING = Listing(
    "TransitGatewayRouteTables",
    "TransitGatewayRouteTableIds",
    "TransitGatewayRouteTableId",
    TRANSIT_GATEWAY_ROUTE_TABLE,
    {
        "default-association-route-table": "DefaultAssociationRouteTable",
        "default-propagation-route-table": "DefaultPropagationRouteTable",
        "state": "State",
        "transit-gateway-id": "TransitGatewayId",
        "transit-gateway-route-table-id": "TransitGatewayRouteTableId",
        **TAGS,
    },
)
JOINED_FILTERS = {
    "resource-id": "ResourceId",
    "resource-type": "ResourceType",
    "transit-gateway-attachment-id": "TransitGatewayAttachmentId",
}


def table_document(table: TransitGatewayRouteTable) -> Document:
    """A route table as EC2 answers it."""
    return {
        "TransitGatewayRouteTableId": table.id,
        "TransitGatewayId": table.transit_gateway_id,
        "State": "deleted" if table.deleted_at else "available",
        "DefaultAssociationRouteTable": table.default_association,
        "DefaultPropagationRouteTable": table.default_propagation,
        "CreationTime": table.created_at,
        "Tags": tag_list(table.tags),
    }


def create(context: Context, params: Params) -> Result:
    """CreateTransitGatewayRouteTable."""
    tags = tags_on_create(params, "transit-gateway-route-table")
    gateway = own_gateway(context, params["TransitGatewayId"])
    table = TransitGatewayRouteTable(
        id=fresh_ec2_id(context.ids, "tgw-rtb"),
        account=context.account,
        region=context.region,
        transit_gateway_id=gateway.id,
        created_at=context.clock.now(),
        tags=tags,
    )
    context.tx.put(table)
    return {"TransitGatewayRouteTable": table_document(table) | {"State": "pending"}}


def describe(context: Context, params: Params) -> Result:
    """DescribeTransitGatewayRouteTables: deleted ones for an hour."""
    remembered = (t for t in all_own(context, TransitGatewayRouteTable) if is_remembered(context, t))
    return answer(LISTING, params, map(table_document, remembered))


def delete(context: Context, params: Params) -> Result:
    """DeleteTransitGatewayRouteTable: not while attachments are associated, nor a default one."""
    table = own_table(context, params["TransitGatewayRouteTableId"])
    if table.associations:
        raise Fault(
            "IncorrectState",
            f"{table.id} has non-deleted associations: {', '.join(table.associations)}.",
        )
    if table.default_association or table.default_propagation:
        raise Fault(
            "IncorrectState", f"Cannot delete {table.id}: it is a default route table of {table.transit_gateway_id}."
        )
    gone = msgspec.structs.replace(table, deleted_at=context.clock.now(), propagations=(), routes=())
    context.tx.put(gone)
    return {"TransitGatewayRouteTable": table_document(gone) | {"State": "deleting"}}


def _pair(context: Context, params: Params) -> tuple[TransitGatewayRouteTable, TransitGatewayAttachment, Document]:
    """Table, attachment, and the members that answers about both share."""
    table = own_table(context, params["TransitGatewayRouteTableId"])
    id = params.get("TransitGatewayAttachmentId")
    if not id:
        raise Fault("MissingParameter", "The request must contain the parameter TransitGatewayAttachmentId")
    attachment = attachment_of(context, id)
    if table.transit_gateway_id not in (attachment.transit_gateway_id, attachment.resource_id):
        raise TRANSIT_GATEWAY_ATTACHMENT.missing(id)
    return table, attachment, {"TransitGatewayRouteTableId": table.id, **_joined(context, attachment)}


def _joined(context: Context, attachment: TransitGatewayAttachment) -> Document:
    document = attachment_document(context, attachment)
    return {name: document[name] for name in ("TransitGatewayAttachmentId", "ResourceId", "ResourceType")}


def associate(context: Context, params: Params) -> Result:
    """AssociateTransitGatewayRouteTable: an attachment has at most one table a gateway."""
    table, attachment, shown = _pair(context, params)
    require_state(attachment, "available")
    for other in context.tx.find(TransitGatewayRouteTable, "association", attachment.id):
        if other.transit_gateway_id == table.transit_gateway_id:
            raise Fault(
                "Resource.AlreadyAssociated",
                f"Transit Gateway Attachment {attachment.id} is already associated to a route table.",
            )
    context.tx.put(msgspec.structs.replace(table, associations=(*table.associations, attachment.id)))
    return {"Association": shown | {"State": "associating"}}


def disassociate(context: Context, params: Params) -> Result:
    """DisassociateTransitGatewayRouteTable."""
    table, attachment, shown = _pair(context, params)
    if attachment.id not in table.associations:
        raise Fault(
            "InvalidAssociation.NotFound",
            f"Association {attachment.id} does not exist in Transit Gateway Route Table {table.id}.",
        )
    rest = tuple(a for a in table.associations if a != attachment.id)
    context.tx.put(msgspec.structs.replace(table, associations=rest))
    return {"Association": shown | {"State": "disassociating"}}


def enable_propagation(context: Context, params: Params) -> Result:
    """EnableTransitGatewayRouteTablePropagation."""
    table, attachment, shown = _pair(context, params)
    require_state(attachment, "available")
    if attachment.resource_type == "peering":
        raise Fault("InvalidParameterValue", "Route propagation is not supported for peering attachments.")
    if attachment.id in table.propagations:
        raise Fault(
            "TransitGatewayRouteTablePropagation.Duplicate",
            f"Propagation {attachment.id} already exists in Transit Gateway Route Table {table.id}.",
        )
    context.tx.put(msgspec.structs.replace(table, propagations=(*table.propagations, attachment.id)))
    return {"Propagation": shown | {"State": "enabled"}}


def disable_propagation(context: Context, params: Params) -> Result:
    """DisableTransitGatewayRouteTablePropagation."""
    table, attachment, shown = _pair(context, params)
    if attachment.id not in table.propagations:
        raise Fault(
            "TransitGatewayRouteTablePropagation.NotFound",
            f"Propagation {attachment.id} does not exist in Transit Gateway Route Table {table.id}.",
        )
    rest = tuple(a for a in table.propagations if a != attachment.id)
    context.tx.put(msgspec.structs.replace(table, propagations=rest))
    return {"Propagation": shown | {"State": "disabled"}}


def _list_joined(context: Context, params: Params, output: str, ids: Iterable[str], state: str) -> Result:
    found = [context.tx.get(TransitGatewayAttachment, id) for id in ids]
    documents = [_joined(context, a) | {"State": state} for a in found if a is not None]
    page, token = cut_page(select(documents, params.get("Filters") or (), JOINED_FILTERS), params)
    return {output: page, **({"NextToken": token} if token else {})}


def list_associations(context: Context, params: Params) -> Result:
    """GetTransitGatewayRouteTableAssociations."""
    table = own_table(context, params["TransitGatewayRouteTableId"])
    return _list_joined(context, params, "Associations", table.associations, "associated")


def list_propagations(context: Context, params: Params) -> Result:
    """GetTransitGatewayRouteTablePropagations."""
    table = own_table(context, params["TransitGatewayRouteTableId"])
    return _list_joined(context, params, "TransitGatewayRouteTablePropagations", table.propagations, "enabled")


def list_attachment_propagations(context: Context, params: Params) -> Result:
    """GetTransitGatewayAttachmentPropagations: the caller's tables that the attachment propagates to."""
    attachment = attachment_of(context, params["TransitGatewayAttachmentId"])
    tables = context.tx.find(TransitGatewayRouteTable, "propagation", attachment.id)
    documents: list[Document] = [
        {"TransitGatewayRouteTableId": t.id, "State": "enabled"} for t in tables if t.account == context.account
    ]
    filters = {"transit-gateway-route-table-id": "TransitGatewayRouteTableId"}
    page, token = cut_page(select(documents, params.get("Filters") or (), filters), params)
    return {"TransitGatewayAttachmentPropagations": page, **({"NextToken": token} if token else {})}
