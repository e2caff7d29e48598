"""Calls that go to no API: to a load balancer, to an endpoint of a service, or to a host, by name or address."""

from innergate.compile.emit.dns import endpoint_domain, interfaces_of
from innergate.compile.resolve.path import Path
from innergate.compile.resolve.paths import resolve_endpoint, resolve_load_balancer
from innergate.compile.resolve.security import peer_at
from innergate.compile.resolve.trails import Arrival
from innergate.compile.resolve.walk import Walk
from innergate.observe.explain_arrival import pass_group, travel_to
from innergate.observe.explain_health import look_at_health
from innergate.observe.explain_trace import Stop, Trace, outward_text
from innergate.resources.load_balancers import LoadBalancer
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.vpc_endpoints import VpcEndpoint


def connect(trace: Trace, interface: NetworkInterface) -> None:
    """Follows a connection to an interface that is no way into APIs. Raises Stop."""
    call = trace.call
    assert call.vpc is not None
    travel_to(trace, interface)
    where = f"{interface.account}/{interface.vpc_id}"
    if interface.holder_kind == "load-balancer":
        _follow(trace, _through_balancer(trace, interface))
        return
    pass_group(trace, interface, where)
    endpoint = trace.reader.get(VpcEndpoint, interface.holder) if interface.holder_kind == "vpc-endpoint" else None
    if endpoint is None:
        trace.ok("host", interface.private_ip_address, where, interface.holder or interface.id)
        trace.notes.append(f"whether anything listens there on port {call.port} is not tried")
    elif endpoint.service_id:
        _follow(trace, _through_endpoint(trace, endpoint, interface))
    else:
        reason = f"nothing serves {endpoint.service_name} inside a VPC here"
        raise trace.refuse("endpoint", endpoint.id, where, reason, "time-out")


def _through_balancer(trace: Trace, interface: NetworkInterface) -> Path | None:
    """The path behind one node, or behind all where the name stands for all; None for an application load balancer, whose
    rules choose."""
    call, balancer = trace.call, trace.reader.get(LoadBalancer, interface.holder)
    assert call.vpc is not None
    is_any = balancer is not None and call.host == balancer.dns_name.lower()
    peer = peer_at(trace.reader, call.vpc.id, call.source)
    arrival = Arrival("network", (peer,), node_id="" if is_any else interface.id)
    if balancer is None or balancer.type == "network":
        return resolve_load_balancer(trace.reader, interface.holder, call.port, arrival)
    walk = Walk(trace.reader)
    is_let_in = walk.enter(balancer, call.port, arrival)
    if not is_let_in:
        return Path(hops=walk.hops, legs=())
    trace.hops.extend(walk.hops)
    trace.notes.append("an application load balancer chooses targets by its rules; they are not tried here")
    return None


def _through_endpoint(trace: Trace, endpoint: VpcEndpoint, named: NetworkInterface) -> Path:
    """The path behind an interface: the one that was named, or the first that works where the name stands for all."""
    interfaces: tuple[NetworkInterface, ...] = (named,)
    if trace.call.host == f"{endpoint.id}-{endpoint.dns_label}.{endpoint_domain(endpoint)}":
        interfaces = interfaces_of(trace.reader, "vpc-endpoint", endpoint.id) or interfaces
    paths = [resolve_endpoint(trace.reader, endpoint.id, one.id, trace.call.port) for one in interfaces]
    return next((path for path in paths if path.legs), paths[0])


def _follow(trace: Trace, path: Path | None) -> None:
    if path is None:
        return
    trace.hops.extend(path.hops)
    if not path.legs:
        trace.answer = outward_text(path.refusal.outward) if path.refusal is not None else ""
        raise Stop
    look_at_health(trace, path, "reset")
