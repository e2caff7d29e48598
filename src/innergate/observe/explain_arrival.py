"""How a connection of the caller comes to an interface: by routes, and past its security groups."""

from innergate.compile.resolve.routing import subnet_containing, travel
from innergate.compile.resolve.security import admits, peer_at
from innergate.observe.explain_call import source_is_possible
from innergate.observe.explain_trace import Stop, Trace
from innergate.resources.network_interfaces import NetworkInterface


def pass_group(trace: Trace, interface: NetworkInterface, where: str) -> None:
    """Whether the interface's security groups admit the caller at the call's port. Raises Stop."""
    call = trace.call
    assert call.vpc is not None
    groups = ", ".join(interface.group_ids)
    if not admits(trace.reader, interface.group_ids, call.port, peer_at(trace.reader, call.vpc.id, call.source)):
        reason = f"no rule of {groups} admits TCP {call.port} from {call.source}"
        fix = (
            f"aws ec2 authorize-security-group-ingress --group-id {interface.group_ids[0]} --protocol tcp"
            f" --port {call.port} --cidr {call.source}/32"
        )
        raise trace.refuse("security-group", interface.group_ids[0], where, reason, "time-out", fix)
    if groups:
        trace.ok("security-group", groups, where, f"admits TCP {call.port} from {call.source}")


def travel_to(trace: Trace, interface: NetworkInterface) -> None:
    """Whether packets find to the interface and back. Raises Stop."""
    call = trace.call
    assert call.vpc is not None
    if not source_is_possible(trace.reader, call):
        reason = f"no host of {call.vpc.id} has the address {call.source!r}: answers would not come back"
        raise trace.refuse("source", call.source, call.vpc.id, reason, "time-out")
    if interface.vpc_id == call.vpc.id:
        return
    subnet = subnet_containing(trace.reader, call.vpc.id, call.source)
    there = travel(trace.reader, call.vpc.id, subnet.id if subnet else "", interface.private_ip_address)
    trace.hops.extend(there.hops)
    if not there.network:
        raise Stop
    if there.network != interface.vpc_id:
        reason = f"{interface.private_ip_address} belongs to {there.network} too; the endpoint is in {interface.vpc_id}"
        raise trace.refuse("route", call.vpc.id, call.vpc.id, reason, "time-out")
    back = travel(trace.reader, interface.vpc_id, interface.subnet_id, call.source)
    if back.network != call.vpc.id:
        last = back.hops[-1] if back.hops else None
        reason = f"answers do not find back to {call.source}: {last.reason if last else 'the range overlaps'}"
        raise trace.refuse("route", interface.vpc_id, interface.vpc_id, reason, "time-out", last.fix if last else "")
