"""From the caller to the execute-api endpoint: name, route, security group; or to the public entry."""

from innergate.compile.resolve.domains import find_public_domain
from innergate.observe.explain_arrival import pass_group, travel_to
from innergate.observe.explain_call import PUBLIC_ENTRY
from innergate.observe.explain_connection import connect
from innergate.observe.explain_names import look_up, public_api
from innergate.observe.explain_trace import Entry, Stop, Trace
from innergate.resources.vpc_endpoints import VpcEndpoint


def enter(trace: Trace) -> Entry | None:
    """The endpoint that the call comes in by, or the public entry; None for a call to no API. Raises Stop."""
    call = trace.call
    if call.came_in_by:
        return _has_entered(trace)
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
        connect(trace, interface)
        return None
    trace.endpoint_id = endpoint.id
    where = f"{endpoint.account}/{endpoint.vpc_id}"
    travel_to(trace, interface)
    if endpoint.state != "available":
        raise trace.refuse("endpoint", endpoint.id, where, f"the endpoint is {endpoint.state}", "time-out")
    pass_group(trace, interface, where)
    if call.port != 443:
        raise trace.refuse("endpoint", endpoint.id, where, "execute-api answers on port 443 (https) alone", "refused")
    trace.ok("endpoint", endpoint.id, where, f"{interface.private_ip_address} ({interface.id})")
    return Entry(endpoint, interface)


def _has_entered(trace: Trace) -> Entry:
    """Of a call that was made: how it came in is known."""
    call = trace.call
    if call.came_in_by == PUBLIC_ENTRY:
        trace.ok("entry", PUBLIC_ENTRY, "outside", f"the call came in here from {call.source}")
        return Entry(None, None)
    endpoint = trace.reader.get(VpcEndpoint, call.came_in_by)
    if endpoint is None:
        raise trace.refuse("endpoint", call.came_in_by, "", "the endpoint is there no more", "time-out")
    trace.endpoint_id = endpoint.id
    where = f"{endpoint.account}/{endpoint.vpc_id}"
    trace.ok("endpoint", endpoint.id, where, f"the call came in here from {call.source}")
    return Entry(endpoint, None)


def _is_public(trace: Trace) -> bool:
    """Whether the host is a public API's own name or a public custom domain name."""
    host = trace.call.host
    return public_api(trace.reader, host) is not None or find_public_domain(trace.reader, host) is not None


def _enter_by_public_entry(trace: Trace) -> Entry:
    call = trace.call
    if call.scheme == "http":
        raise trace.refuse("entry", "public", "outside", "the public entry speaks https alone", "refused")
    trace.ok("entry", PUBLIC_ENTRY, "outside", "REGIONAL and EDGE APIs answer here (innergate up --public HOST:PORT)")
    return Entry(None, None)
