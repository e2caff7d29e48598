"""From the caller to the execute-api endpoint: name, route, security group; or to the public entry."""

from innergate.compile.resolve.domains import find_public_domain
from innergate.compile.resolve.routing import subnet_containing, travel
from innergate.compile.resolve.security import admits, peer_at
from innergate.observe.explain_call import source_is_possible
from innergate.observe.explain_names import look_up, public_api
from innergate.observe.explain_trace import Entry, Stop, Trace
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.vpc_endpoints import VpcEndpoint


def enter(trace: Trace) -> Entry:
    """The endpoint that the call comes in by, or the public entry. Raises Stop."""
    call = trace.call
    if call.vpc is None and _is_public(trace):
        return _enter_by_public_entry(trace)
    found = look_up(trace.reader, call.vpc, call.host)
    trace.hops.append(found.hop)
    if found.interface is None or call.vpc is None:
        if found.interface is not None:
            reason = "the name leads to a private address, which nobody outside of a VPC reaches"
            raise trace.refuse("route", call.host, "outside", reason, "time-out")
        raise Stop
    interface = found.interface
    endpoint = trace.reader.get(VpcEndpoint, interface.holder) if interface.holder_kind == "vpc-endpoint" else None
    if endpoint is None or not endpoint.service_name.endswith(".execute-api"):
        raise trace.refuse(
            "endpoint", interface.id, interface.vpc_id, "no execute-api endpoint has this address", "time-out"
        )
    trace.endpoint_id = endpoint.id
    where = f"{endpoint.account}/{endpoint.vpc_id}"
    _travel(trace, interface)
    if endpoint.state != "available":
        raise trace.refuse("endpoint", endpoint.id, where, f"the endpoint is {endpoint.state}", "time-out")
    port = 443 if call.scheme != "http" else 80
    if not admits(trace.reader, interface.group_ids, port, peer_at(trace.reader, call.vpc.id, call.source)):
        groups = ", ".join(interface.group_ids)
        reason = f"no rule of {groups} admits TCP {port} from {call.source}"
        fix = (
            f"aws ec2 authorize-security-group-ingress --group-id {interface.group_ids[0]} --protocol tcp"
            f" --port {port} --cidr {call.source}/32"
        )
        raise trace.refuse("security-group", interface.group_ids[0], where, reason, "time-out", fix)
    if interface.group_ids:
        trace.ok("security-group", ", ".join(interface.group_ids), where, f"admits TCP {port} from {call.source}")
    if port != 443:
        raise trace.refuse("endpoint", endpoint.id, where, "execute-api answers on port 443 (https) alone", "refused")
    trace.ok("endpoint", endpoint.id, where, f"{interface.private_ip_address} ({interface.id})")
    return Entry(endpoint, interface)


def _is_public(trace: Trace) -> bool:
    """Whether the host is a public API's own name or a public custom domain name."""
    host = trace.call.host
    return public_api(trace.reader, host) is not None or find_public_domain(trace.reader, host) is not None


def _enter_by_public_entry(trace: Trace) -> Entry:
    call = trace.call
    if call.scheme == "http":
        raise trace.refuse("entry", "public", "outside", "the public entry speaks https alone", "refused")
    trace.ok("entry", "public", "outside", "REGIONAL and EDGE APIs answer here (innergate up --public HOST:PORT)")
    return Entry(None, None)


def _travel(trace: Trace, interface: NetworkInterface) -> None:
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
