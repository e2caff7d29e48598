"""Following connections from load balancer to load balancer, noting each hop."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple, final

import msgspec

from innergate.compile.resolve.path import Hop, Outward
from innergate.compile.resolve.routing import is_inside, subnet_containing, travel
from innergate.compile.resolve.security import Peer, admits, interface_at, lets_out
from innergate.compile.resolve.strands import Strand, share_out
from innergate.compile.resolve.trails import (
    BY_ANYONE,
    MAX_BALANCERS,
    Arrival,
    Trail,
    behind_group,
    behind_listener,
)
from innergate.compile.view import Reader
from innergate.primitives.digest import digest_text
from innergate.resources.endpoint_services import EndpointService
from innergate.resources.load_balancers import Forward, Listener, LoadBalancer
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.target_groups import Target, TargetGroup
from innergate.resources.vpc_endpoints import VpcEndpoint

MAX_WAYS = 5_000
"""From nodes to targets, as many as five load balancers in a row multiply: who owns them could otherwise keep everybody's
changes waiting. Three nodes that each lead to three endpoints of a service with 500 targets are 4,500."""


class _At(NamedTuple):
    """A node of a load balancer, and the group that it forwards to."""

    balancer: LoadBalancer
    node: NetworkInterface
    group: TargetGroup
    trail: Trail


@final
class Walk:
    """Collects hops; its methods give the strands that get through."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._hops: dict[Hop, None] = {}
        self._ways = 0

    @property
    def has_given_up(self) -> bool:
        """Whether there were too many ways to follow them all, so that what was found is not all there is."""
        return self._ways > MAX_WAYS

    @property
    def hops(self) -> tuple[Hop, ...]:
        """Every hop once, in the order of going."""
        return tuple(self._hops)

    def note(self, *hops: Hop) -> None:
        """Adds hops."""
        for hop in hops:
            self._hops.setdefault(hop)

    def refuse(
        self, kind: str, id: str, where: str, reason: str, outward: Outward = "time-out", fix: str = ""
    ) -> tuple[Strand, ...]:
        """Adds a refusing hop; gives no strand."""
        hop = Hop(kind=kind, id=id, where=where, verdict="refused", reason=reason, fix=fix, outward=outward)
        self._hops.setdefault(hop)
        return ()

    # -- load balancers -----------------------------------------------------------------------------------------------

    def balancer(self, arn: str, port: int, arrival: Arrival, trail: Trail) -> tuple[Strand, ...]:
        """Connections to a port of a load balancer."""
        balancer = self._reader.get(LoadBalancer, arn)
        if balancer is None:
            return self.refuse("load-balancer", arn, "", "the load balancer does not exist", "refused")
        where = f"{balancer.account}/{balancer.vpc_id}"
        if balancer.type != "network":
            reason = "an application load balancer reads requests: paths of connections end at it"
            return self.refuse("load-balancer", arn, where, reason, "refused")
        if (arn, port) in trail.balancers or len(trail.balancers) >= MAX_BALANCERS:
            return self.refuse(
                "load-balancer", arn, where, "the load balancers forward to each other in a circle", "reset"
            )
        if not self._admitted(balancer, port, arrival, where):
            return ()
        self.note(Hop(kind="load-balancer", id=arn, where=where, reason=balancer.load_balancer_name))
        listener = self._listener_on(balancer, port, where)
        return self.listener(balancer, listener, arrival, trail) if listener is not None else ()

    def listener(
        self, balancer: LoadBalancer, listener: Listener, arrival: Arrival, trail: Trail
    ) -> tuple[Strand, ...]:
        """Connections to a listener: spread over the load balancer's nodes, then over target groups, then over targets."""
        where = f"{balancer.account}/{balancer.vpc_id}"
        if listener.protocol not in ("TCP", "TLS", "TCP_UDP"):
            reason = f"a {listener.protocol} listener takes no TCP connection"
            return self.refuse("listener", listener.id, where, reason, "refused")
        self.note(Hop(kind="listener", id=listener.id, where=where, reason=f"{listener.protocol} {listener.port}"))
        forwards = [f for a in listener.default_actions if a.type == "forward" for f in a.forwards]
        nodes = self.nodes(balancer, arrival)
        if not nodes:
            reason = "the load balancer has no node in the zone that the connection comes from"
            return self.refuse("load-balancer", balancer.id, where, reason)
        strands = self.forward(balancer, nodes, forwards, behind_listener(trail, listener))
        if not strands and not any(hop.verdict == "refused" for hop in self._hops):
            self.refuse("target-group", listener.id, where, "the listener forwards to no target group", "reset")
        return strands

    def forward(
        self,
        balancer: LoadBalancer,
        nodes: tuple[NetworkInterface, ...],
        forwards: Sequence[Forward],
        trail: Trail,
    ) -> tuple[Strand, ...]:
        """From a load balancer's nodes to the targets of groups in the proportion of their weights."""
        by_node: list[tuple[int, Sequence[Strand]]] = []
        for node in nodes:
            by_group: list[tuple[int, Sequence[Strand]]] = []
            for forward in forwards:
                group = self._reader.get(TargetGroup, forward.target_group_arn)
                if group is not None:
                    strands = self._targets(_At(balancer, node, group, behind_group(trail, group)), nodes)
                    by_group.append((forward.weight, strands))
            by_node.append((1, share_out(by_group)))
        return share_out(by_node)

    def nodes(self, balancer: LoadBalancer, arrival: Arrival) -> tuple[NetworkInterface, ...]:
        """The load balancer's nodes that the connection may reach."""
        interfaces = self._reader.find(NetworkInterface, "holder", f"load-balancer/{balancer.id}")
        fitting = [
            eni
            for eni in interfaces
            if (not arrival.zone_id or eni.zone_id == arrival.zone_id)
            and (not arrival.node_id or eni.id == arrival.node_id)
        ]
        return tuple(sorted(fitting, key=lambda eni: eni.id))

    def _admitted(self, balancer: LoadBalancer, port: int, arrival: Arrival, where: str) -> bool:
        if not balancer.group_ids or arrival.peers is None:
            return True
        if arrival.kind != "network" and balancer.enforce_inbound_rules_on_private_link == "off":
            return True
        if all(admits(self._reader, balancer.group_ids, port, peer) for peer in arrival.peers):
            groups = ", ".join(balancer.group_ids)
            self.note(Hop(kind="security-group", id=groups, where=where, reason=f"admits TCP {port}"))
            return True
        sender = "a VPC link" if arrival.kind == "vpc-link" else arrival.peers[0].address
        fix = (
            f"aws ec2 authorize-security-group-ingress --group-id {balancer.group_ids[0]} --protocol tcp --port {port}"
            f" --cidr {'0.0.0.0/0' if arrival.kind == 'vpc-link' else arrival.peers[0].address + '/32'}"
        )
        if arrival.kind != "network":
            fix = (
                f"aws elbv2 set-security-groups --load-balancer-arn {balancer.id} --security-groups"
                f" {' '.join(balancer.group_ids)} --enforce-security-group-inbound-rules-on-private-link-traffic off"
            )
        reason = f"no rule of {', '.join(balancer.group_ids)} admits TCP {port} from {sender}"
        self.refuse("security-group", balancer.group_ids[0], where, reason, "time-out", fix)
        return False

    # -- targets ------------------------------------------------------------------------------------------------------

    def _targets(self, at: _At, nodes: tuple[NetworkInterface, ...]) -> tuple[Strand, ...]:
        """A node without targets only refuses where no other of `nodes` has any: names lead to those that have some."""
        where = f"{at.group.account}/{at.group.vpc_id}"
        self.note(Hop(kind="target-group", id=at.group.id, where=where, reason=at.group.target_group_name))
        live = [t for t in at.group.targets if t.draining_since is None]
        usable = [t for t in live if self.uses(at.balancer, at.node, at.group, t)]
        if not live:
            fix = f"aws elbv2 register-targets --target-group-arn {at.group.id} --targets Id=ADDRESS"
            return self.refuse("target-group", at.group.id, where, "no target is registered", "reset", fix)
        if not usable:
            reason = f"no target in {at.node.zone_name}, and cross-zone load balancing is off"
            if any(self.uses(at.balancer, node, at.group, target) for node in nodes for target in live):
                self.note(Hop(kind="target-group", id=at.group.id, where=where, verdict="warning", reason=reason))
                return ()
            fix = (
                f"aws elbv2 modify-load-balancer-attributes --load-balancer-arn {at.balancer.id}"
                " --attributes Key=load_balancing.cross_zone.enabled,Value=true"
            )
            return self.refuse("target-group", at.group.id, where, reason, "reset", fix)
        return share_out((1, self.target(at.balancer, at.node, at.group, t, at.trail)) for t in usable)

    def uses(self, balancer: LoadBalancer, node: NetworkInterface, group: TargetGroup, target: Target) -> bool:
        """Whether this node sends to the target: cross-zone rules."""
        setting = group.attributes.get("load_balancing.cross_zone.enabled", "use_load_balancer_configuration")
        if setting == "use_load_balancer_configuration":
            default = "true" if balancer.type == "application" else "false"
            setting = balancer.attributes.get("load_balancing.cross_zone.enabled", default)
        if setting == "true" or target.zone == "all" or group.target_type == "alb":
            return True
        if target.zone:
            return target.zone == node.zone_name
        subnet = subnet_containing(self._reader, balancer.vpc_id, target.target_id)
        return subnet is None or subnet.zone_id == node.zone_id

    def target(
        self, balancer: LoadBalancer, node: NetworkInterface, group: TargetGroup, target: Target, trail: Trail
    ) -> tuple[Strand, ...]:
        """Connections from a node to one target."""
        where = f"{group.account}/{group.vpc_id}"
        self._ways += 1
        if self.has_given_up:
            reason = f"the load balancers lead to each other in more than {MAX_WAYS} ways"
            return self.refuse("target-group", group.id, where, reason, "reset")
        if group.target_type == "alb":
            return self._application_balancer(target, _At(balancer, node, group, trail))
        if group.target_type != "ip":
            reason = f"targets of type {group.target_type} are records here; register addresses instead"
            return self.refuse("target", target.target_id, where, reason, "reset")
        address = target.target_id
        network = self.reach(balancer.vpc_id, node, address)
        if not network:
            return ()
        interface = interface_at(self._reader, network, address)
        destination = Peer(address, frozenset(interface.group_ids) if interface is not None else frozenset())
        if not lets_out(self._reader, balancer.group_ids, target.port, destination):
            reason = f"no outbound rule of {', '.join(balancer.group_ids)} lets the load balancer reach {address}"
            return self.refuse("security-group", balancer.group_ids[0], where, reason)
        at = _At(balancer, node, group, trail)
        if interface is None:
            reason = f"{address}:{target.port}; nothing known has this address in {network}"
            self.note(Hop(kind="target", id=address, where=network, verdict="warning", reason=reason))
            return (_strand(at, target),)
        source = Peer(node.private_ip_address, frozenset(node.group_ids))
        return self._into(interface, target, source, at)

    def _application_balancer(self, target: Target, at: _At) -> tuple[Strand, ...]:
        """The nodes of an application load balancer, each by its address: a connection to it is a real one."""
        behind = self._reader.get(LoadBalancer, target.target_id)
        where = f"{at.group.account}/{at.group.vpc_id}"
        if behind is None:
            return self.refuse("target", target.target_id, where, "the load balancer does not exist", "reset")
        source = Peer(at.node.private_ip_address, frozenset(at.node.group_ids))
        if not self.enter(behind, target.port, Arrival("network", (source,))):
            return ()
        nodes = self.nodes(behind, BY_ANYONE)
        spots = (msgspec.structs.replace(target, target_id=node.private_ip_address) for node in nodes)
        return share_out((1, (_strand(at, spot),)) for spot in spots)

    def enter(self, balancer: LoadBalancer, port: int, arrival: Arrival) -> bool:
        """Whether connections of `arrival` get to a listener of an application load balancer. What it does with requests is
        not part of any path."""
        where = f"{balancer.account}/{balancer.vpc_id}"
        if not self._admitted(balancer, port, arrival, where):
            return False
        self.note(Hop(kind="load-balancer", id=balancer.id, where=where, reason=balancer.load_balancer_name))
        listener = self._listener_on(balancer, port, where)
        if listener is not None:
            self.note(Hop(kind="listener", id=listener.id, where=where, reason=f"{listener.protocol} {listener.port}"))
        return listener is not None

    def _listener_on(self, balancer: LoadBalancer, port: int, where: str) -> Listener | None:
        listeners = self._reader.find(Listener, "load-balancer", balancer.id)
        listener = next((x for x in listeners if x.port == port), None)
        if listener is None:
            protocol = "TCP" if balancer.type == "network" else "HTTP"
            fix = (
                f"aws elbv2 create-listener --load-balancer-arn {balancer.id} --protocol {protocol} --port {port}"
                " --default-actions Type=forward,TargetGroupArn=ARN"
            )
            reason = f"nothing listens on port {port}"
            self.refuse("listener", f"{balancer.id}:{port}", where, reason, "refused", fix)
        return listener

    def reach(self, vpc_id: str, node: NetworkInterface, address: str) -> str:
        """The VPC in which packets from an interface to an address arrive; "" where they do not, or no answer comes back."""
        if is_inside(self._reader, vpc_id, address):
            return vpc_id
        there = travel(self._reader, vpc_id, node.subnet_id, address)
        self.note(*there.hops)
        if not there.network:
            return ""
        subnet = subnet_containing(self._reader, there.network, address)
        if subnet is None:
            reason = f"no subnet of {there.network} has {address}"
            self.refuse("target", address, there.network, reason)
            return ""
        back = travel(self._reader, there.network, subnet.id, node.private_ip_address)
        if back.network != vpc_id:
            own = Hop(kind="route", id=there.network, where="", reason=f"{there.network} has that address itself")
            last = back.hops[-1] if back.hops else own
            reason = f"answers do not find back to {node.private_ip_address}: {last.reason}"
            self.refuse(last.kind, last.id, there.network, reason, fix=last.fix)
            return ""
        return there.network

    def _into(self, interface: NetworkInterface, target: Target, source: Peer, at: _At) -> tuple[Strand, ...]:
        where = f"{interface.account}/{interface.vpc_id}"
        if interface.holder_kind == "load-balancer":
            arrival = Arrival("network", (source,), node_id=interface.id)
            behind = self._reader.get(LoadBalancer, interface.holder)
            if behind is not None and behind.type == "application":
                return (_strand(at, target),) if self.enter(behind, target.port, arrival) else ()
            return self.balancer(interface.holder, target.port, arrival, at.trail)
        if not admits(self._reader, interface.group_ids, target.port, source):
            reason = f"no rule of {', '.join(interface.group_ids)} admits TCP {target.port} from {source.address}"
            fix = (
                f"aws ec2 authorize-security-group-ingress --group-id {interface.group_ids[0]} --protocol tcp"
                f" --port {target.port} --cidr {source.address}/32"
            )
            return self.refuse("security-group", interface.group_ids[0], where, reason, fix=fix)
        if interface.holder_kind == "vpc-endpoint":
            endpoint = self._reader.get(VpcEndpoint, interface.holder)
            if endpoint is not None and endpoint.service_id:
                return self.endpoint(endpoint, interface, target.port, source, at.trail)
        self.note(Hop(kind="target", id=target.target_id, where=where, reason=f"{target.target_id}:{target.port}"))
        return (_strand(at, target),)

    # -- PrivateLink --------------------------------------------------------------------------------------------------

    def endpoint(
        self, endpoint: VpcEndpoint, interface: NetworkInterface, port: int, source: Peer | None, trail: Trail
    ) -> tuple[Strand, ...]:
        """Connections to an interface of an endpoint: on to the service's load balancer in the same zone, or in any zone of
        the service's region where that is another one. `source` is None where clients are not known until run time."""
        where = f"{endpoint.account}/{endpoint.vpc_id}"
        if endpoint.state != "available":
            reason, fix = why_not_connected(endpoint)
            return self.refuse("connection", endpoint.id, where, reason, fix=fix)
        service = self._reader.get(EndpointService, endpoint.service_id)
        if service is None:
            return self.refuse("service", endpoint.service_id, where, "the endpoint service does not exist")
        self.note(
            Hop(
                kind="endpoint", id=endpoint.id, where=where, reason=f"{interface.private_ip_address} ({interface.id})"
            ),
            Hop(kind="connection", id=endpoint.id, where=str(service.account), reason="accepted and available"),
            Hop(kind="service", id=service.id, where=str(service.account), reason=service.service_name),
        )
        arn = self.provider_of(endpoint, interface)
        if not arn:
            place = f"zone {zone_id}" if (zone_id := _provider_zone(service, interface)) else str(service.region)
            reason = f"no load balancer of the service has a node in {place}"
            return self.refuse("service", service.id, str(service.account), reason)
        peers = (Peer(source.address),) if source is not None else None
        arrival = Arrival("endpoint", peers, zone_id=_provider_zone(service, interface))
        return self.balancer(arn, port, arrival, trail._replace(endpoint_id=endpoint.id))

    def provider_of(self, endpoint: VpcEndpoint, interface: NetworkInterface) -> str:
        """The service's load balancer that an endpoint's interface sticks to: one with a node in its zone (in any, seen from
        another region); "" for none."""
        service = self._reader.get(EndpointService, endpoint.service_id)
        if service is None:
            return ""
        zone_id = _provider_zone(service, interface)
        arns = [arn for arn in sorted(service.network_load_balancer_arns) if self._has_node(arn, zone_id)]
        return arns[int(digest_text(interface.id, 8), 16) % len(arns)] if arns else ""

    def _has_node(self, arn: str, zone_id: str) -> bool:
        interfaces = self._reader.find(NetworkInterface, "holder", f"load-balancer/{arn}")
        return any(not zone_id or eni.zone_id == zone_id for eni in interfaces)


def _provider_zone(service: EndpointService, interface: NetworkInterface) -> str:
    """The zone that PrivateLink stays in; "" where it crosses regions: there it picks zones of the service's region itself
    (AWS, "Share your services through AWS PrivateLink", cross-region access)."""
    return interface.zone_id if interface.region == service.region else ""


def why_not_connected(endpoint: VpcEndpoint) -> tuple[str, str]:
    """Why an endpoint that is not available carries nothing, and what to do about it."""
    command = f"--service-id {endpoint.service_id} --vpc-endpoint-ids {endpoint.id}"
    match endpoint.state:
        case "pendingAcceptance":
            return (
                "the connection waits for the service's owner to accept it",
                f"aws ec2 accept-vpc-endpoint-connections {command}",
            )
        case "rejected":
            return (
                "the service's owner has rejected the connection",
                f"aws ec2 accept-vpc-endpoint-connections {command}",
            )
        case _:
            return f"the endpoint is {endpoint.state}", ""


def _strand(at: _At, target: Target) -> Strand:
    return Strand(
        share=Fraction(1),
        group=at.group,
        network=at.balancer.vpc_id,
        source=at.node.private_ip_address,
        address=target.target_id,
        port=target.port,
        endpoint_id=at.trail.endpoint_id if at.trail.sends_proxy_protocol else "",
        sends_proxy_protocol=at.trail.sends_proxy_protocol,
        uses_tls=at.trail.tls_layers > 0,
        tls_listener=at.trail.tls_listener,
        is_http=at.balancer.type == "application",
    )
