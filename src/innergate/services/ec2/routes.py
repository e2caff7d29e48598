"""Routes of VPC route tables: create, replace, delete."""

import msgspec

from innergate.primitives.cidr import is_subnet_of, parse_cidr
from innergate.primitives.fault import Fault
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.network_records import InternetGateway, PrefixList
from innergate.resources.public_addresses import NatGateway
from innergate.resources.route_tables import Route, RouteTable
from innergate.resources.transit_gateways import TransitGateway, TransitGatewayAttachment
from innergate.resources.vpc_peerings import VpcPeering
from innergate.resources.vpcs import Vpc
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.identifiers import (
    EGRESS_ONLY_GATEWAY,
    INSTANCE,
    INTERNET_GATEWAY,
    NAT_GATEWAY,
    NETWORK_INTERFACE,
    PREFIX_LIST,
    ROUTE_TABLE,
    TRANSIT_GATEWAY,
    VPC_PEERING,
    VPN_GATEWAY,
    is_own,
    own,
)

MAX_ROUTES = 500
"""Non-propagated routes of one table (Amazon VPC quotas)."""

TARGETS = (
    "GatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "NetworkInterfaceId",
    "NatGatewayId",
    "InstanceId",
    "VpcEndpointId",
    "EgressOnlyInternetGatewayId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "CoreNetworkArn",
    "OdbNetworkArn",
)


def _destination(context: Context, params: Params) -> str:
    given = [
        m for m in ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId") if params.get(m)
    ]
    if len(given) != 1:
        raise Fault(
            "MissingParameter" if not given else "InvalidParameterCombination",
            "The request must contain exactly one of destinationCidrBlock, destinationIpv6CidrBlock or "
            "destinationPrefixListId",
        )
    text: str = params[given[0]]
    if given[0] == "DestinationIpv6CidrBlock":
        raise Fault("InvalidParameterValue", f"IPv6 routes are not supported: {text}")
    if given[0] == "DestinationPrefixListId":
        return own(context, PrefixList, PREFIX_LIST, text).id
    network = parse_cidr(text) if "/" in text else None
    if network is None:
        raise Fault(
            "InvalidParameterValue",
            f"Value ({text}) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.",
        )
    return str(network)


def _target(context: Context, table: RouteTable, params: Params) -> tuple[str, str]:
    """(target_kind, target) of a request. Raises Fault where the target is not there or cannot be one."""
    given = [m for m in TARGETS if params.get(m)]
    if len(given) != 1:
        raise Fault(
            "MissingParameter" if not given else "InvalidParameterCombination",
            "The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId, "
            "vpcPeeringConnectionId, egressOnlyInternetGatewayId, transitGatewayId, localGatewayId, carrierGatewayId, "
            "vpcEndpointId, coreNetworkArn, odbNetworkArn or instanceId",
        )
    id: str = params[given[0]]
    match given[0]:
        case "GatewayId":
            return _gateway(context, table, id)
        case "TransitGatewayId":
            return _transit_gateway(context, table, id)
        case "VpcPeeringConnectionId":
            return _peering(context, table, id)
        case "NetworkInterfaceId":
            interface = own(context, NetworkInterface, NETWORK_INTERFACE, id)
            if interface.vpc_id != table.vpc_id:
                raise Fault(
                    "InvalidParameterValue",
                    f"route table {table.id} and interface {id} belong to different networks",
                )
            return "network-interface", id
        case "NatGatewayId":
            nat = own(context, NatGateway, NAT_GATEWAY, id)
            if nat.deleted_at is not None or nat.vpc_id != table.vpc_id:
                raise NAT_GATEWAY.missing(id)
            return "nat-gateway", id
        case "InstanceId":
            raise INSTANCE.missing(id)
        case "EgressOnlyInternetGatewayId":
            raise EGRESS_ONLY_GATEWAY.missing(id)
    raise Fault("InvalidParameterValue", f"Value ({id}) for parameter {given[0]} is not supported as a route target.")


def _gateway(context: Context, table: RouteTable, id: str) -> tuple[str, str]:
    if id == "local":
        return "local", id
    if id.startswith("vgw-"):
        raise VPN_GATEWAY.missing(id)
    gateway = own(context, InternetGateway, INTERNET_GATEWAY, id)
    if gateway.vpc_id != table.vpc_id:
        raise Fault(
            "InvalidParameterValue",
            f"route table {table.id} and network gateway {id} belong to different networks",
        )
    return "internet-gateway", id


def _transit_gateway(context: Context, table: RouteTable, id: str) -> tuple[str, str]:
    TRANSIT_GATEWAY.check(id)
    attachments = context.tx.find(TransitGatewayAttachment, "resource", table.vpc_id)
    attached = any(a.transit_gateway_id == id and a.state in ("available", "pending") for a in attachments)
    gateway = context.tx.get(TransitGateway, id)
    if gateway is None or gateway.deleted_at is not None or not (attached or is_own(context, gateway)):
        raise Fault("InvalidTransitGatewayID.NotFound", f"The transitGateway ID '{id}' does not exist.")
    if not attached:
        raise Fault(
            "InvalidTransitGatewayID.NotFound",
            f"The transitGateway ID '{id}' does not exist. It is not attached to the VPC {table.vpc_id}.",
        )
    return "transit-gateway", id


def _peering(context: Context, table: RouteTable, id: str) -> tuple[str, str]:
    VPC_PEERING.check(id)
    peering = context.tx.get(VpcPeering, id)
    if peering is None or table.vpc_id not in (peering.requester_vpc_id, peering.accepter_vpc_id):
        raise VPC_PEERING.missing(id)
    if peering.state not in ("active", "pending-acceptance"):
        raise Fault("InvalidVpcPeeringConnectionId.InvalidState", f"The vpcPeeringConnection '{id}' is not active.")
    return "vpc-peering", id


def _same(routes: tuple[Route, ...], destination: str) -> Route | None:
    return next((route for route in routes if route.destination == destination), None)


def create(context: Context, params: Params) -> Result:
    """CreateRoute. The same route again is no error; another target for the destination is RouteAlreadyExists."""
    table = own(context, RouteTable, ROUTE_TABLE, params["RouteTableId"])
    destination = _destination(context, params)
    kind, target = _target(context, table, params)
    existing = _same(table.routes, destination)
    if existing is not None:
        if (existing.target_kind, existing.target) == (kind, target):
            return {"Return": True}
        raise Fault("RouteAlreadyExists", f"The route identified by {destination} already exists.")
    _check_inside(context, table, destination, kind)
    if len(table.routes) >= MAX_ROUTES:
        raise Fault("RouteLimitExceeded", f"The maximum number of routes has been reached for {table.id}.")
    route = Route(destination=destination, target_kind=kind, target=target)
    context.tx.put(msgspec.structs.replace(table, routes=(*table.routes, route)))
    return {"Return": True}


def _check_inside(context: Context, table: RouteTable, destination: str, kind: str) -> None:
    vpc = context.tx.get(Vpc, table.vpc_id)
    if vpc is None or kind in ("local", "network-interface"):
        return
    if any(is_subnet_of(destination, a.cidr_block) for a in vpc.cidr_associations):
        raise Fault(
            "InvalidParameterValue",
            f"The destination CIDR block {destination} is equal to or more specific than one of this VPC's CIDR blocks. "
            "This route can target only an interface or an instance.",
        )


def replace(context: Context, params: Params) -> None:
    """ReplaceRoute: the destination gets another target."""
    table = own(context, RouteTable, ROUTE_TABLE, params["RouteTableId"])
    destination = _destination(context, params)
    existing = _same(table.routes, destination)
    if existing is None:
        raise Fault(
            "InvalidParameterValue",
            f"There is no route defined for '{destination}' in the route table. Use CreateRoute instead.",
        )
    kind, target = ("local", "local") if params.get("LocalTarget") else _target(context, table, params)
    _check_inside(context, table, destination, kind)
    changed = msgspec.structs.replace(existing, target_kind=kind, target=target)
    routes = tuple(changed if r is existing else r for r in table.routes)
    context.tx.put(msgspec.structs.replace(table, routes=routes))


def delete(context: Context, params: Params) -> None:
    """DeleteRoute: never the local one, nor one that a gateway endpoint put there."""
    table = own(context, RouteTable, ROUTE_TABLE, params["RouteTableId"])
    given = params.get("DestinationPrefixListId")
    destination = given or _destination(context, params)
    existing = _same(table.routes, destination)
    if existing is None:
        raise Fault(
            "InvalidRoute.NotFound", f"no route with destination-cidr-block {destination} in route table {table.id}"
        )
    if existing.target_kind == "local":
        raise Fault("InvalidParameterValue", f"cannot remove local route {destination} in route table {table.id}")
    if existing.target_kind == "vpc-endpoint":
        raise Fault(
            "InvalidParameterValue",
            f"cannot remove VPC endpoint route {destination} in route table {table.id}",
        )
    kept = tuple(r for r in table.routes if r is not existing)
    context.tx.put(msgspec.structs.replace(table, routes=kept))
