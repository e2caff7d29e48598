"""Where a packet goes: VPC route tables, transit gateways, peerings. Longest prefix wins; no route means silence."""

from ipaddress import IPv4Network
from typing import NamedTuple

from innergate.compile.resolve.path import Hop
from innergate.compile.view import Reader
from innergate.primitives.cidr import contains, parse_cidr
from innergate.resources.route_tables import Route, RouteTable
from innergate.resources.subnets import Subnet
from innergate.resources.transit_gateways import (
    TransitGateway,
    TransitGatewayAttachment,
    TransitGatewayRouteTable,
)
from innergate.resources.vpc_peerings import VpcPeering
from innergate.resources.vpcs import Vpc

MAX_GATEWAYS = 8
"""Transit gateways that a packet may cross before it is taken for a loop."""


class Journey(NamedTuple):
    """How a packet travels. `network` is the VPC that it arrives in, "" where it does not arrive (the last hop says why)."""

    network: str
    hops: tuple[Hop, ...]


class GatewayRoute(NamedTuple):
    """One route of a transit gateway's table; no attachment means blackhole."""

    destination: str
    attachment_id: str


def vpc_ranges(vpc: Vpc) -> tuple[str, ...]:
    """The VPC's address ranges."""
    return tuple(a.cidr_block for a in vpc.cidr_associations if a.state == "associated") or (vpc.cidr_block,)


def is_inside(reader: Reader, vpc_id: str, address: str) -> bool:
    """Whether the address is one of the VPC's."""
    vpc = reader.get(Vpc, vpc_id)
    return vpc is not None and any(contains(cidr, address) for cidr in vpc_ranges(vpc))


def subnet_containing(reader: Reader, vpc_id: str, address: str) -> Subnet | None:
    """The VPC's subnet that the address lies in, or None."""
    subnets = reader.find(Subnet, "vpc", vpc_id)
    return next((s for s in subnets if contains(s.cidr_block, address)), None)


def table_of(reader: Reader, vpc_id: str, subnet_id: str) -> RouteTable | None:
    """The route table of the subnet: its own, else the VPC's main one."""
    found = reader.find(RouteTable, "subnet", subnet_id) or reader.find(RouteTable, "main", vpc_id)
    return found[0] if found else None


def travel(reader: Reader, vpc_id: str, subnet_id: str, destination: str) -> Journey:
    """The way from a subnet to an address."""
    vpc = reader.get(Vpc, vpc_id)
    table = table_of(reader, vpc_id, subnet_id)
    if vpc is None or table is None:
        return Journey("", (_dead("route", subnet_id, vpc_id, "the subnet has no route table"),))
    if any(contains(cidr, destination) for cidr in vpc_ranges(vpc)):
        return Journey(vpc_id, ())
    where = f"{vpc.account}/{vpc_id}"
    route = longest(table.routes, destination)
    if route is None:
        fix = (
            f"aws ec2 create-route --route-table-id {table.id} --destination-cidr-block {destination}/32"
            f" --transit-gateway-id {_some_gateway(reader, vpc_id)}"
        )
        reason = f"route table {table.id} has no route to {destination}"
        return Journey("", (_dead("route", table.id, where, reason, fix),))
    step = Hop(kind="route", id=table.id, where=where, reason=f"{route.destination} -> {route.target}")
    if route.target_kind == "transit-gateway":
        return _cross_gateways(reader, vpc, subnet_id, route.target, destination, step)
    if route.target_kind == "vpc-peering":
        return _cross_peering(reader, vpc, route.target, destination, step)
    reason = (
        f"{table.id} sends {route.destination} to {route.target} ({route.target_kind}): no network is joined that way"
    )
    return Journey("", (_dead("route", table.id, where, reason),))


def _some_gateway(reader: Reader, vpc_id: str) -> str:
    """A transit gateway that the VPC is attached to, for a fix; a place to put one where there is none."""
    found = reader.find(TransitGatewayAttachment, "resource", vpc_id)
    return min((a.transit_gateway_id for a in found if a.state == "available"), default="TGW")


def longest(routes: tuple[Route, ...], destination: str) -> Route | None:
    """The most specific route that covers the address."""
    fitting = [r for r in routes if contains(r.destination, destination)]
    return max(fitting, key=lambda r: _prefix_length(r.destination), default=None)


def gateway_routes(reader: Reader, table: TransitGatewayRouteTable) -> tuple[GatewayRoute, ...]:
    """The table's effective routes: static ones, and a propagated VPC's ranges where no static one has the destination."""
    routes = {r.destination: GatewayRoute(r.destination, r.attachment_id) for r in table.routes}
    for attachment_id in table.propagations:
        attachment = reader.get(TransitGatewayAttachment, attachment_id)
        if attachment is None or attachment.state != "available" or attachment.resource_type != "vpc":
            continue
        vpc = reader.get(Vpc, attachment.resource_id)
        for cidr in vpc_ranges(vpc) if vpc is not None else ():
            routes.setdefault(cidr, GatewayRoute(cidr, attachment_id))
    return tuple(routes[d] for d in sorted(routes))


def table_of_attachment(reader: Reader, gateway_id: str, attachment_id: str) -> TransitGatewayRouteTable | None:
    """The table in which a gateway looks up what comes in by the attachment."""
    tables = reader.find(TransitGatewayRouteTable, "association", attachment_id)
    return next((t for t in tables if t.transit_gateway_id == gateway_id and t.deleted_at is None), None)


def live_gateway(reader: Reader, gateway_id: str) -> TransitGateway | None:
    """The transit gateway, or None where it is gone or deleted."""
    gateway = reader.get(TransitGateway, gateway_id)
    return gateway if gateway is not None and gateway.deleted_at is None else None


def attachment_of_vpc(reader: Reader, gateway_id: str, vpc_id: str) -> TransitGatewayAttachment | None:
    """The attachment that joins the VPC to the gateway, not a deleted one."""
    found = reader.find(TransitGatewayAttachment, "resource", vpc_id)
    live = [a for a in found if a.transit_gateway_id == gateway_id and a.state not in ("deleted", "deleting")]
    return max(live, key=lambda a: a.state == "available", default=None)


def other_gateway(attachment: TransitGatewayAttachment, gateway_id: str) -> str:
    """The far end of a peering attachment."""
    if attachment.resource_id == gateway_id:
        return attachment.transit_gateway_id
    return attachment.resource_id


def _cross_gateways(reader: Reader, vpc: Vpc, subnet_id: str, gateway_id: str, destination: str, step: Hop) -> Journey:
    attachment = _way_in(reader, vpc, subnet_id, gateway_id)
    if isinstance(attachment, Hop):
        return Journey("", (step, attachment))
    hops, where = [step], f"{vpc.account}/{vpc.id}"
    for _ in range(MAX_GATEWAYS):
        hop, onward = _pass_gateway(reader, gateway_id, attachment, destination, where)
        hops.append(hop)
        if onward is None:
            return Journey("", tuple(hops))
        if onward.resource_type == "vpc":
            return _arrive(reader, onward.resource_id, destination, hops)
        gateway_id, attachment = other_gateway(onward, gateway_id), onward
    return Journey("", (*hops, _dead("transit-gateway", gateway_id, where, "the route goes round in a circle")))


def _way_in(reader: Reader, vpc: Vpc, subnet_id: str, gateway_id: str) -> TransitGatewayAttachment | Hop:
    """The attachment by which packets of the subnet come to the gateway, or why they do not."""
    where = f"{vpc.account}/{vpc.id}"
    attachment = attachment_of_vpc(reader, gateway_id, vpc.id)
    if attachment is None or attachment.state != "available":
        state = attachment.state if attachment is not None else "missing"
        reason = f"the attachment of {vpc.id} to {gateway_id} is {state}"
        fix = (
            f"aws ec2 accept-transit-gateway-vpc-attachment --transit-gateway-attachment-id {attachment.id}"
            if attachment is not None and attachment.state == "pendingAcceptance"
            else f"aws ec2 create-transit-gateway-vpc-attachment --transit-gateway-id {gateway_id} --vpc-id {vpc.id}"
            f" --subnet-ids {subnet_id or 'SUBNET'}"
        )
        return _dead("transit-gateway", gateway_id, where, reason, fix)
    subnet = reader.get(Subnet, subnet_id)
    zones = {s.zone_id for s in (reader.get(Subnet, id) for id in attachment.subnet_ids) if s is not None}
    if subnet is not None and subnet.zone_id not in zones:
        reason = (
            f"attachment {attachment.id} has no subnet in {subnet.zone_name}, so that zone cannot reach {gateway_id}"
        )
        fix = (
            f"aws ec2 modify-transit-gateway-vpc-attachment --transit-gateway-attachment-id {attachment.id}"
            f" --add-subnet-ids {subnet.id}"
        )
        return _dead("transit-gateway", gateway_id, where, reason, fix)
    return attachment


def _pass_gateway(
    reader: Reader, gateway_id: str, attachment: TransitGatewayAttachment, destination: str, sender: str
) -> tuple[Hop, TransitGatewayAttachment | None]:
    """What one gateway does with a packet that came in by `attachment`, and by which it leaves; None where it ends there."""
    gateway = live_gateway(reader, gateway_id)
    table = table_of_attachment(reader, gateway_id, attachment.id) if gateway is not None else None
    at = f"{gateway.account}/{gateway.region}" if gateway is not None else sender
    if table is None:
        reason = f"attachment {attachment.id} is associated with no route table of {gateway_id}"
        fix = (
            f"aws ec2 associate-transit-gateway-route-table --transit-gateway-attachment-id {attachment.id}"
            " --transit-gateway-route-table-id TABLE"
        )
        return _dead("transit-gateway", gateway_id, at, reason, fix), None
    routes = [r for r in gateway_routes(reader, table) if contains(r.destination, destination)]
    route = max(routes, key=lambda r: _prefix_length(r.destination), default=None)
    onward = reader.get(TransitGatewayAttachment, route.attachment_id) if route and route.attachment_id else None
    if route is None or onward is None or onward.state != "available":
        what = "no route" if route is None else "a blackhole route"
        fix = _mend_gateway_route(reader, table, destination)
        return _dead("transit-gateway", gateway_id, at, f"{table.id} has {what} for {destination}", fix), None
    reason = f"{table.id}: {route.destination} -> {onward.id} ({onward.resource_type} {onward.resource_id})"
    return Hop(kind="transit-gateway", id=gateway_id, where=at, reason=reason), onward


def _mend_gateway_route(reader: Reader, table: TransitGatewayRouteTable, destination: str) -> str:
    """A route to the network that has the address; where none such is joined, what joins it."""
    gateway_id = table.transit_gateway_id
    joined = [
        a
        for a in sorted(reader.find(TransitGatewayAttachment, "transit-gateway", gateway_id), key=lambda a: a.id)
        if a.resource_type == "vpc" and is_inside(reader, a.resource_id, destination)
    ]
    found = next((a for a in joined if a.state == "available"), None)
    if found is None and (waiting := next((a for a in joined if a.state == "pendingAcceptance"), None)) is not None:
        return f"aws ec2 accept-transit-gateway-vpc-attachment --transit-gateway-attachment-id {waiting.id}"
    if found is not None:
        return (
            f"aws ec2 create-transit-gateway-route --transit-gateway-route-table-id {table.id}"
            f" --destination-cidr-block {destination}/32 --transit-gateway-attachment-id {found.id}"
        )
    attach = f"aws ec2 create-transit-gateway-vpc-attachment --transit-gateway-id {gateway_id}"
    return f"no network that has it is attached; as its owner: {attach} --vpc-id VPC --subnet-ids SUBNET"


def _cross_peering(reader: Reader, vpc: Vpc, peering_id: str, destination: str, step: Hop) -> Journey:
    peering = reader.get(VpcPeering, peering_id)
    where = f"{vpc.account}/{vpc.id}"
    if peering is None or peering.state != "active":
        state = peering.state if peering is not None else "missing"
        fix = f"aws ec2 accept-vpc-peering-connection --vpc-peering-connection-id {peering_id}"
        return Journey("", (step, _dead("peering", peering_id, where, f"the peering connection is {state}", fix)))
    other = peering.accepter_vpc_id if peering.requester_vpc_id == vpc.id else peering.requester_vpc_id
    hop = Hop(kind="peering", id=peering_id, where=where, reason=f"to {other}")
    return _arrive(reader, other, destination, [step, hop])


def _arrive(reader: Reader, vpc_id: str, destination: str, hops: list[Hop]) -> Journey:
    if is_inside(reader, vpc_id, destination):
        return Journey(vpc_id, tuple(hops))
    reason = f"the packet arrives in {vpc_id}, which does not have {destination}; networks do not pass packets on"
    return Journey("", (*hops, _dead("route", vpc_id, vpc_id, reason)))


def _dead(kind: str, id: str, where: str, reason: str, fix: str = "") -> Hop:
    return Hop(kind=kind, id=id, where=where, verdict="refused", reason=reason, fix=fix, outward="time-out")


def _prefix_length(cidr: str) -> int:
    return (parse_cidr(cidr) or IPv4Network("0.0.0.0/0")).prefixlen
