"""Route sets of VPCs and transit gateways."""

from innergate.compile.names import namespace_of
from innergate.compile.resolve.routing import (
    attachment_of_vpc,
    gateway_routes,
    live_gateway,
    other_gateway,
    table_of,
    table_of_attachment,
    vpc_ranges,
)
from innergate.compile.settings import CompileSettings
from innergate.compile.view import Reader
from innergate.plans.network import NextHop, RouteEntry, RouteSet
from innergate.primitives.cidr import parse_cidr
from innergate.resources.route_tables import Route, RouteTable
from innergate.resources.subnets import Subnet
from innergate.resources.transit_gateways import TransitGatewayAttachment
from innergate.resources.vpc_peerings import VpcPeering
from innergate.resources.vpcs import Vpc

BLACKHOLE = NextHop(kind="blackhole")
LOCAL = NextHop(kind="local")


def vpc_route_sets(
    reader: Reader, vpc: Vpc, subnets: tuple[Subnet, ...], settings: CompileSettings
) -> tuple[RouteSet, ...]:
    """One set for each route table in use, for packets from its subnets (from interfaces served there, too)."""
    tables: dict[str, RouteTable] = {}
    sources: dict[str, list[str]] = {}
    for subnet in subnets:
        table = table_of(reader, vpc.id, subnet.id)
        if table is not None:
            tables[table.id] = table
            sources.setdefault(table.id, []).append(subnet.cidr_block)
    return tuple(
        RouteSet(routes=_vpc_routes(reader, vpc, tables[id], settings), sources=tuple(sorted(sources[id])))
        for id in sorted(tables)
    )


def _vpc_routes(reader: Reader, vpc: Vpc, table: RouteTable, settings: CompileSettings) -> tuple[RouteEntry, ...]:
    entries = dict.fromkeys(vpc_ranges(vpc), LOCAL)
    for route in table.routes:
        if route.target_kind != "local" and parse_cidr(route.destination) is not None:
            entries.setdefault(route.destination, _vpc_hop(reader, vpc, route, settings))
    return tuple(RouteEntry(destination=d, hop=entries[d]) for d in sorted(entries))


def _vpc_hop(reader: Reader, vpc: Vpc, route: Route, settings: CompileSettings) -> NextHop:
    if route.target_kind == "transit-gateway":
        attachment = attachment_of_vpc(reader, route.target, vpc.id)
        is_up = attachment is not None and attachment.state == "available"
        if is_up and live_gateway(reader, route.target) is not None:
            return NextHop(kind="link", network=namespace_of(settings, route.target))
    if route.target_kind == "vpc-peering":
        peering = reader.get(VpcPeering, route.target)
        if peering is not None and peering.state == "active":
            ends = (peering.requester_vpc_id, peering.accepter_vpc_id)
            return NextHop(kind="link", network=namespace_of(settings, ends[1] if ends[0] == vpc.id else ends[0]))
    return BLACKHOLE


def hub_route_sets(reader: Reader, gateway_id: str, settings: CompileSettings) -> tuple[RouteSet, ...]:
    """For each attachment of a transit gateway, the routes of the table that it is associated with."""
    sets = []
    for attachment in attachments_of(reader, gateway_id):
        table = table_of_attachment(reader, gateway_id, attachment.id)
        if table is None:
            continue
        entries = []
        for route in gateway_routes(reader, table):
            onward = reader.get(TransitGatewayAttachment, route.attachment_id) if route.attachment_id else None
            hop = BLACKHOLE
            if onward is not None and onward.state == "available":
                hop = NextHop(kind="link", network=namespace_of(settings, _far_end(onward, gateway_id)))
            entries.append(RouteEntry(destination=route.destination, hop=hop))
        incoming = namespace_of(settings, _far_end(attachment, gateway_id))
        sets.append(RouteSet(routes=tuple(entries), from_network=incoming))
    return tuple(sorted(sets, key=lambda s: s.from_network))


def attachments_of(reader: Reader, gateway_id: str) -> tuple[TransitGatewayAttachment, ...]:
    """The gateway's attachments that are available: VPCs', and peerings from either side."""
    own = reader.find(TransitGatewayAttachment, "transit-gateway", gateway_id)
    incoming = reader.find(TransitGatewayAttachment, "resource", gateway_id)
    found = {a.id: a for a in (*own, *incoming) if a.state == "available"}
    return tuple(found[id] for id in sorted(found))


def _far_end(attachment: TransitGatewayAttachment, gateway_id: str) -> str:
    return attachment.resource_id if attachment.resource_type == "vpc" else other_gateway(attachment, gateway_id)
