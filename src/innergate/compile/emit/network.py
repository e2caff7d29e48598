"""VPCs, transit gateways and the links between them, as the node's kernel must have them."""

from ipaddress import IPv4Network

from innergate.compile.emit.dns import private_zones
from innergate.compile.emit.network_filters import filter_of
from innergate.compile.emit.network_routes import hub_route_sets, vpc_route_sets
from innergate.compile.family import Family, UnitOutput
from innergate.compile.names import namespace_of
from innergate.compile.resolve.routing import live_gateway, vpc_ranges
from innergate.compile.settings import CompileSettings
from innergate.compile.view import View
from innergate.plans.network import AddressFilter, HubNetwork, Link, VpcNetwork, WorkloadHost
from innergate.primitives.cidr import host_at
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.subnets import Subnet
from innergate.resources.transit_gateways import TransitGateway, TransitGatewayAttachment
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.resources.vpc_peerings import VpcPeering
from innergate.resources.vpcs import Vpc
from innergate.resources.workloads import Workload

RESOLVER_ADDRESS = "169.254.169.253"
SERVED_HOLDERS = frozenset({"vpc-endpoint", "load-balancer", "vpc-link-v2"})


def plan_vpc(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """One VPC's network."""
    vpc = view.get(Vpc, id)
    if vpc is None:
        return UnitOutput()
    subnets = tuple(sorted(view.find(Subnet, "vpc", id), key=lambda s: s.id))
    interfaces = sorted(view.find(NetworkInterface, "vpc", id), key=lambda eni: eni.id)
    workloads = tuple(sorted(view.find(Workload, "vpc", id), key=lambda w: w.id))
    endpoints = tuple(sorted(view.find(VpcEndpoint, "vpc", id), key=lambda e: e.id))
    served = [eni for eni in interfaces if eni.holder_kind in SERVED_HOLDERS]
    filtered = [eni for eni in interfaces if eni.holder_kind in SERVED_HOLDERS or eni.holder_kind == "workload"]
    zones, diagnostics = private_zones(view, vpc, endpoints, workloads)
    resolver = host_at(vpc.cidr_block, 2)
    network = VpcNetwork(
        vpc_id=id,
        namespace=namespace_of(settings, id),
        cidrs=vpc_ranges(vpc),
        router_addresses=tuple(host_at(s.cidr_block, 1) for s in subnets),
        resolver_addresses=(resolver, RESOLVER_ADDRESS) if vpc.enable_dns_support else (),
        served_addresses=tuple(sorted(eni.private_ip_address for eni in served)),
        workloads=tuple(_host(w, subnets, resolver, settings) for w in workloads),
        filters=_filters(view, filtered),
        route_sets=vpc_route_sets(view, vpc, subnets, settings),
        zones=zones,
    )
    return UnitOutput(vpcs=(network,), diagnostics=diagnostics)


def _filters(view: View, interfaces: list[NetworkInterface]) -> tuple[AddressFilter, ...]:
    found = (filter_of(view, eni) for eni in interfaces)
    return tuple(sorted((f for f in found if f is not None), key=lambda f: f.address))


def _host(workload: Workload, subnets: tuple[Subnet, ...], resolver: str, settings: CompileSettings) -> WorkloadHost:
    cidr = next(s.cidr_block for s in subnets if s.id == workload.subnet_id)
    return WorkloadHost(
        workload_id=workload.id,
        namespace=namespace_of(settings, workload.id),
        address=workload.address,
        prefix_length=IPv4Network(cidr, strict=False).prefixlen,
        router=host_at(cidr, 1),
        resolver=resolver,
        name=workload.name,
        command=workload.command,
        environment=workload.environment,
        working_directory=workload.working_directory,
    )


def plan_hub(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """One transit gateway's namespace."""
    if live_gateway(view, id) is None:
        return UnitOutput()
    hub = HubNetwork(hub_id=id, namespace=namespace_of(settings, id), route_sets=hub_route_sets(view, id, settings))
    return UnitOutput(hubs=(hub,))


def plan_attachment(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """The link of a transit gateway's attachment."""
    attachment = view.get(TransitGatewayAttachment, id)
    if attachment is None or attachment.state != "available":
        return UnitOutput()
    gateways = [attachment.transit_gateway_id]
    if attachment.resource_type == "peering":
        gateways.append(attachment.resource_id)
    if any(live_gateway(view, gateway) is None for gateway in gateways):
        return UnitOutput()
    return UnitOutput(links=(_link(attachment.transit_gateway_id, attachment.resource_id, settings),))


def plan_peering(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """The link of a VPC peering."""
    peering = view.get(VpcPeering, id)
    if peering is None or peering.state != "active":
        return UnitOutput()
    return UnitOutput(links=(_link(peering.requester_vpc_id, peering.accepter_vpc_id, settings),))


def _link(a: str, b: str, settings: CompileSettings) -> Link:
    first, second = sorted((namespace_of(settings, a), namespace_of(settings, b)))
    return Link(a=first, b=second)


NETWORK_FAMILIES = (
    Family("vpc-network", (Vpc,), plan_vpc),
    Family("hub-network", (TransitGateway,), plan_hub),
    Family("attachment-link", (TransitGatewayAttachment,), plan_attachment),
    Family("peering-link", (VpcPeering,), plan_peering),
)
