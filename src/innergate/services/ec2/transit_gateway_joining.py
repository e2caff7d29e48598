"""What happens when an attachment begins or ceases to carry packets: default tables, interfaces."""

import msgspec

from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.subnets import Subnet
from innergate.resources.transit_gateways import TransitGateway, TransitGatewayAttachment, TransitGatewayRouteTable
from innergate.services.context import Context
from innergate.services.ec2.address_allocation import NewInterface, allocate_interface

HOLDER = "transit-gateway-attachment"


def join_default_tables(context: Context, gateway: TransitGateway, attachment: TransitGatewayAttachment) -> None:
    """Associates the attachment with the gateway's default table and propagates a VPC's ranges to it, as the options say."""
    tx, options = context.tx, gateway.options
    if options.get("DefaultRouteTableAssociation") == "enable":
        table = tx.get(TransitGatewayRouteTable, gateway.association_default_route_table_id)
        if table is not None and attachment.id not in table.associations:
            tx.put(msgspec.structs.replace(table, associations=(*table.associations, attachment.id)))
    if options.get("DefaultRouteTablePropagation") == "enable" and attachment.resource_type == "vpc":
        table = tx.get(TransitGatewayRouteTable, gateway.propagation_default_route_table_id)
        if table is not None and attachment.id not in table.propagations:
            tx.put(msgspec.structs.replace(table, propagations=(*table.propagations, attachment.id)))


def leave_tables(context: Context, attachment: TransitGatewayAttachment) -> None:
    """Ends the attachment's associations and propagations; static routes to it stay, as blackholes."""
    gateways = [attachment.transit_gateway_id]
    if attachment.resource_type == "peering":
        gateways.append(attachment.resource_id)
    for gateway in gateways:
        for table in context.tx.find(TransitGatewayRouteTable, "transit-gateway", gateway):
            if attachment.id in table.associations or attachment.id in table.propagations:
                context.tx.put(
                    msgspec.structs.replace(
                        table,
                        associations=tuple(a for a in table.associations if a != attachment.id),
                        propagations=tuple(a for a in table.propagations if a != attachment.id),
                    )
                )


def match_interfaces(context: Context, attachment: TransitGatewayAttachment) -> None:
    """One interface in each of the attachment's subnets while it is available, none otherwise."""
    tx = context.tx
    wanted = attachment.subnet_ids if attachment.state == "available" else ()
    present = tx.find(NetworkInterface, "holder", f"{HOLDER}/{attachment.id}")
    for interface in present:
        if interface.subnet_id not in wanted:
            tx.delete(interface)
    for id in wanted:
        subnet = tx.get(Subnet, id)
        if subnet is not None and all(i.subnet_id != id for i in present):
            allocate_interface(
                tx,
                context.ids,
                context.clock,
                subnet,
                NewInterface(
                    interface_type="transit_gateway",
                    description=f"Network Interface for Transit Gateway Attachment {attachment.id}",
                    holder_kind=HOLDER,
                    holder=attachment.id,
                    attachment_prefix="ela-attach",
                    instance_owner_id="amazon-aws",
                    requester_managed=True,
                    requester_id=attachment.gateway_account,
                ),
            )
