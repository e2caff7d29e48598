"""Route tables and what is associated with them."""

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_ec2_id
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.network_records import InternetGateway
from innergate.resources.public_addresses import NatGateway
from innergate.resources.route_tables import Route, RouteTable, RouteTableAssociation
from innergate.resources.subnets import Subnet
from innergate.resources.transit_gateways import TransitGatewayAttachment
from innergate.resources.vpc_peerings import VpcPeering
from innergate.resources.vpcs import Vpc
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.filters import TAGS, Document
from innergate.services.ec2.idempotency import made_before, token_mark
from innergate.services.ec2.identifiers import (
    INTERNET_GATEWAY,
    ROUTE_TABLE,
    ROUTE_TABLE_ASSOCIATION,
    SUBNET,
    VPC,
    all_own,
    own,
)
from innergate.services.ec2.listing import Listing, answer
from innergate.services.ec2.tag_sets import tag_list, tags_on_create
from innergate.store.transaction import Transaction

LISTING = Listing(
    "RouteTables",
    "RouteTableIds",
    "RouteTableId",
    ROUTE_TABLE,
    {
        "association.gateway-id": "Associations.GatewayId",
        "association.main": "Associations.Main",
        "association.route-table-association-id": "Associations.RouteTableAssociationId",
        "association.route-table-id": "Associations.RouteTableId",
        "association.subnet-id": "Associations.SubnetId",
        "owner-id": "OwnerId",
        "route-table-id": "RouteTableId",
        "route.destination-cidr-block": "Routes.DestinationCidrBlock",
        "route.destination-ipv6-cidr-block": "Routes.DestinationIpv6CidrBlock",
        "route.destination-prefix-list-id": "Routes.DestinationPrefixListId",
        "route.egress-only-internet-gateway-id": "Routes.EgressOnlyInternetGatewayId",
        "route.gateway-id": "Routes.GatewayId",
        "route.instance-id": "Routes.InstanceId",
        "route.nat-gateway-id": "Routes.NatGatewayId",
        "route.origin": "Routes.Origin",
        "route.state": "Routes.State",
        "route.transit-gateway-id": "Routes.TransitGatewayId",
        "route.vpc-peering-connection-id": "Routes.VpcPeeringConnectionId",
        "vpc-id": "VpcId",
        **TAGS,
    },
    largest_page=100,
)

TARGET_MEMBERS = {
    "local": "GatewayId",
    "internet-gateway": "GatewayId",
    "vpc-endpoint": "GatewayId",
    "nat-gateway": "NatGatewayId",
    "transit-gateway": "TransitGatewayId",
    "vpc-peering": "VpcPeeringConnectionId",
    "network-interface": "NetworkInterfaceId",
}


def is_live(tx: Transaction, vpc_id: str, route: Route) -> bool:
    """Whether the route's target is there and joined to the VPC; otherwise the route is a blackhole."""
    match route.target_kind:
        case "transit-gateway":
            attachments = tx.find(TransitGatewayAttachment, "resource", vpc_id)
            return any(a.transit_gateway_id == route.target and a.state == "available" for a in attachments)
        case "vpc-peering":
            peering = tx.get(VpcPeering, route.target)
            return peering is not None and peering.state == "active"
        case "network-interface":
            return tx.get(NetworkInterface, route.target) is not None
        case "nat-gateway":
            nat = tx.get(NatGateway, route.target)
            return nat is not None and nat.deleted_at is None
        case "internet-gateway":
            gateway = tx.get(InternetGateway, route.target)
            return gateway is not None and gateway.vpc_id == vpc_id
    return True


def route_document(tx: Transaction, vpc_id: str, route: Route) -> Document:
    """A route as EC2 answers it."""
    destination = "DestinationPrefixListId" if route.destination.startswith("pl-") else "DestinationCidrBlock"
    return {
        destination: route.destination,
        TARGET_MEMBERS[route.target_kind]: route.target,
        "Origin": route.origin,
        "State": "active" if is_live(tx, vpc_id, route) else "blackhole",
    }


def association_document(table: RouteTable, association: RouteTableAssociation) -> Document:
    """An association as EC2 answers it."""
    document: Document = {
        "Main": association.main,
        "RouteTableAssociationId": association.association_id,
        "RouteTableId": table.id,
        "AssociationState": {"State": "associated"},
    }
    if association.subnet_id:
        document["SubnetId"] = association.subnet_id
    if association.gateway_id:
        document["GatewayId"] = association.gateway_id
    return document


def table_document(tx: Transaction, table: RouteTable) -> Document:
    """A route table as EC2 answers it."""
    return {
        "RouteTableId": table.id,
        "VpcId": table.vpc_id,
        "OwnerId": table.account,
        "Routes": [route_document(tx, table.vpc_id, route) for route in table.routes],
        "Associations": [association_document(table, a) for a in table.associations],
        "PropagatingVgws": [],
        "Tags": tag_list(table.tags),
    }


def create(context: Context, params: Params) -> Result:
    """CreateRouteTable."""
    made = made_before(context, RouteTable, params)
    token = {"ClientToken": params["ClientToken"]} if params.get("ClientToken") else {}
    if made is not None:
        return {"RouteTable": table_document(context.tx, made), **token}
    tags = tags_on_create(params, "route-table")
    vpc = own(context, Vpc, VPC, params["VpcId"])
    table = RouteTable(
        id=fresh_ec2_id(context.ids, "rtb"),
        account=context.account,
        region=context.region,
        vpc_id=vpc.id,
        created_at=context.clock.now(),
        routes=tuple(
            Route(destination=a.cidr_block, target_kind="local", target="local", origin="CreateRouteTable")
            for a in vpc.cidr_associations
        ),
        tags=tags,
        client_token=token_mark(params),
    )
    context.tx.put(table)
    return {"RouteTable": table_document(context.tx, table), **token}


def describe(context: Context, params: Params) -> Result:
    """DescribeRouteTables."""
    return answer(LISTING, params, (table_document(context.tx, t) for t in all_own(context, RouteTable)))


def delete(context: Context, params: Params) -> None:
    """DeleteRouteTable: refused while it is the main one or associated."""
    table = own(context, RouteTable, ROUTE_TABLE, params["RouteTableId"])
    if table.associations or context.tx.holders_of(table.key):
        raise Fault("DependencyViolation", f"The routeTable '{table.id}' has dependencies and cannot be deleted.")
    context.tx.delete(table)


def associate(context: Context, params: Params) -> Result:
    """AssociateRouteTable with a subnet, or with an internet gateway of the VPC. The same again gives the same id."""
    table = own(context, RouteTable, ROUTE_TABLE, params["RouteTableId"])
    subnet_id, gateway_id = params.get("SubnetId") or "", params.get("GatewayId") or ""
    if bool(subnet_id) == bool(gateway_id):
        raise Fault("MissingParameter", "The request must contain exactly one of gatewayId or subnetId")
    if subnet_id:
        subnet = own(context, Subnet, SUBNET, subnet_id)
        vpc_id, holders = subnet.vpc_id, context.tx.find(RouteTable, "subnet", subnet_id)
    else:
        gateway = own(context, InternetGateway, INTERNET_GATEWAY, gateway_id)
        vpc_id = gateway.vpc_id
        holders = tuple(
            t
            for t in context.tx.find(RouteTable, "vpc", vpc_id)
            if any(a.gateway_id == gateway_id for a in t.associations)
        )
    if vpc_id != table.vpc_id:
        raise Fault(
            "InvalidParameterValue",
            f"Route table {table.id} and network {subnet_id or gateway_id} belong to different networks",
        )
    for holder in holders:
        present = next(a for a in holder.associations if a.subnet_id == subnet_id and a.gateway_id == gateway_id)
        if holder.id == table.id:
            return {"AssociationId": present.association_id, "AssociationState": {"State": "associated"}}
        raise Fault(
            "Resource.AlreadyAssociated",
            f"the specified association for route table {table.id} conflicts with an existing association",
        )
    added = RouteTableAssociation(
        association_id=fresh_ec2_id(context.ids, "rtbassoc"), subnet_id=subnet_id, gateway_id=gateway_id
    )
    context.tx.put(msgspec.structs.replace(table, associations=(*table.associations, added)))
    return {"AssociationId": added.association_id, "AssociationState": {"State": "associated"}}


def _find_association(context: Context, id: str) -> tuple[RouteTable, RouteTableAssociation]:
    ROUTE_TABLE_ASSOCIATION.check(id)
    for table in all_own(context, RouteTable):
        for association in table.associations:
            if association.association_id == id:
                return table, association
    raise ROUTE_TABLE_ASSOCIATION.missing(id)


def _without(table: RouteTable, association: RouteTableAssociation) -> RouteTable:
    rest = tuple(a for a in table.associations if a.association_id != association.association_id)
    return msgspec.structs.replace(table, associations=rest)


def disassociate(context: Context, params: Params) -> None:
    """DisassociateRouteTable: not the main one."""
    table, association = _find_association(context, params["AssociationId"])
    if association.main:
        raise Fault(
            "InvalidParameterValue",
            f"cannot disassociate the main route table association {association.association_id}",
        )
    context.tx.put(_without(table, association))


def replace_association(context: Context, params: Params) -> Result:
    """ReplaceRouteTableAssociation: the subnet, gateway or main role moves to another table under a new id."""
    old, association = _find_association(context, params["AssociationId"])
    table = own(context, RouteTable, ROUTE_TABLE, params["RouteTableId"])
    if table.vpc_id != old.vpc_id:
        raise Fault(
            "InvalidParameterValue",
            f"Route table {table.id} and {association.association_id} belong to different networks",
        )
    context.tx.put(_without(old, association))
    current = own(context, RouteTable, ROUTE_TABLE, table.id)  # as it is now: it may be the one that was left
    moved = msgspec.structs.replace(association, association_id=fresh_ec2_id(context.ids, "rtbassoc"))
    context.tx.put(msgspec.structs.replace(current, associations=(*current.associations, moved)))
    return {"NewAssociationId": moved.association_id, "AssociationState": {"State": "associated"}}
