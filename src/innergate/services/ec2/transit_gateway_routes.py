"""Routes of transit gateway route tables: static ones, and a search that shows the propagated ones too."""

from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

import msgspec

from innergate.primitives.cidr import parse_cidr
from innergate.primitives.fault import Fault
from innergate.resources.transit_gateways import (
    TransitGatewayAttachment,
    TransitGatewayRoute,
    TransitGatewayRouteTable,
)
from innergate.resources.vpcs import Vpc
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.filters import Document, select
from innergate.services.ec2.identifiers import TRANSIT_GATEWAY_ATTACHMENT
from innergate.services.ec2.transit_gateway_access import attachment_of, own_table, require_state
from innergate.services.ec2.transit_gateway_attachments import attachment_document

FILTERS = {
    "attachment.transit-gateway-attachment-id": "TransitGatewayAttachments.TransitGatewayAttachmentId",
    "attachment.resource-id": "TransitGatewayAttachments.ResourceId",
    "attachment.resource-type": "TransitGatewayAttachments.ResourceType",
    "prefix-list-id": "PrefixListId",
    "state": "State",
    "type": "Type",
}
MATCHES: dict[str, Callable[[IPv4Network, IPv4Network], bool]] = {
    "route-search.exact-match": lambda route, asked: route == asked,
    "route-search.longest-prefix-match": lambda route, asked: asked.subnet_of(route),
    "route-search.subnet-of-match": lambda route, asked: route.subnet_of(asked),
    "route-search.supernet-of-match": lambda route, asked: asked.subnet_of(route),
}


def route_document(context: Context, destination: str, attachment_id: str, kind: str) -> Document:
    """A route as EC2 answers it; one whose attachment is gone is a blackhole."""
    document: Document = {"DestinationCidrBlock": destination, "Type": kind, "State": "blackhole"}
    attachment = context.tx.get(TransitGatewayAttachment, attachment_id) if attachment_id else None
    if attachment is not None and attachment.state == "available":
        shown = attachment_document(context, attachment)
        members = ("TransitGatewayAttachmentId", "ResourceId", "ResourceType")
        document["TransitGatewayAttachments"] = [{name: shown[name] for name in members}]
        document["State"] = "active"
    return document


def effective_routes(context: Context, table: TransitGatewayRouteTable) -> list[Document]:
    """Static routes, then propagated ones whose destination no other route has, ordered by destination."""
    routes = {r.destination: route_document(context, r.destination, r.attachment_id, "static") for r in table.routes}
    for id in table.propagations:
        attachment = context.tx.get(TransitGatewayAttachment, id)
        vpc = context.tx.get(Vpc, attachment.resource_id) if attachment is not None else None
        for association in vpc.cidr_associations if vpc is not None else ():
            cidr = association.cidr_block
            if cidr not in routes:
                routes[cidr] = route_document(context, cidr, id, "propagated")
    return sorted(routes.values(), key=lambda r: IPv4Network(r["DestinationCidrBlock"]))


def search(context: Context, params: Params) -> Result:
    """SearchTransitGatewayRoutes."""
    table = own_table(context, params["TransitGatewayRouteTableId"])
    routes = effective_routes(context, table)
    plain: list[Mapping[str, Any]] = []
    for wanted in params.get("Filters") or ():
        name = wanted.get("Name", "")
        if name in MATCHES:
            routes = _matching(routes, name, wanted.get("Values") or ())
        else:
            plain.append(wanted)
    routes = select(routes, plain, FILTERS)
    limit = params.get("MaxResults") or 1000
    return {"Routes": routes[:limit], "AdditionalRoutesAvailable": len(routes) > limit}


def _matching(routes: list[Document], name: str, values: Sequence[str]) -> list[Document]:
    asked = [parse_cidr(value) for value in values]
    if not asked or None in asked:
        raise Fault("InvalidParameterValue", f"Invalid value for filter {name}.")
    found = [r for r in routes if any(a and MATCHES[name](IPv4Network(r["DestinationCidrBlock"]), a) for a in asked)]
    if name.endswith("longest-prefix-match") and found:
        longest = max(IPv4Network(r["DestinationCidrBlock"]).prefixlen for r in found)
        found = [r for r in found if IPv4Network(r["DestinationCidrBlock"]).prefixlen == longest]
    return found


def _destination(params: Params) -> str:
    network = parse_cidr(params["DestinationCidrBlock"])
    if network is None or "/" not in params["DestinationCidrBlock"]:
        raise Fault(
            "InvalidParameterValue",
            f"Value ({params['DestinationCidrBlock']}) for parameter destinationCidrBlock is invalid. "
            "This is not a valid CIDR block.",
        )
    return str(network)


def _route(context: Context, table: TransitGatewayRouteTable, params: Params) -> TransitGatewayRoute:
    destination, id = _destination(params), params.get("TransitGatewayAttachmentId") or ""
    if bool(id) == bool(params.get("Blackhole")):
        raise Fault(
            "MissingParameter" if not id else "InvalidParameterCombination",
            "The request must contain exactly one of transitGatewayAttachmentId or blackhole",
        )
    if id:
        attachment = attachment_of(context, id)
        if table.transit_gateway_id not in (attachment.transit_gateway_id, attachment.resource_id):
            raise TRANSIT_GATEWAY_ATTACHMENT.missing(id)
        require_state(attachment, "available")
    return TransitGatewayRoute(destination=destination, attachment_id=id)


def create(context: Context, params: Params) -> Result:
    """CreateTransitGatewayRoute."""
    table = own_table(context, params["TransitGatewayRouteTableId"])
    route = _route(context, table, params)
    if any(r.destination == route.destination for r in table.routes):
        raise Fault(
            "RouteAlreadyExists", f"Route {route.destination} already exists in Transit Gateway Route Table {table.id}."
        )
    context.tx.put(msgspec.structs.replace(table, routes=(*table.routes, route)))
    return {"Route": route_document(context, route.destination, route.attachment_id, "static")}


def replace(context: Context, params: Params) -> Result:
    """ReplaceTransitGatewayRoute."""
    table = own_table(context, params["TransitGatewayRouteTableId"])
    route = _route(context, table, params)
    if all(r.destination != route.destination for r in table.routes):
        raise _missing(table, route.destination)
    routes = tuple(route if r.destination == route.destination else r for r in table.routes)
    context.tx.put(msgspec.structs.replace(table, routes=routes))
    return {"Route": route_document(context, route.destination, route.attachment_id, "static")}


def delete(context: Context, params: Params) -> Result:
    """DeleteTransitGatewayRoute: static ones only."""
    table = own_table(context, params["TransitGatewayRouteTableId"])
    destination = _destination(params)
    gone = next((r for r in table.routes if r.destination == destination), None)
    if gone is None:
        raise _missing(table, destination)
    context.tx.put(msgspec.structs.replace(table, routes=tuple(r for r in table.routes if r is not gone)))
    return {"Route": route_document(context, destination, gone.attachment_id, "static") | {"State": "deleted"}}


def _missing(table: TransitGatewayRouteTable, destination: str) -> Fault:
    return Fault(
        "InvalidRoute.NotFound", f"Route {destination} does not exist in Transit Gateway Route Table {table.id}."
    )
