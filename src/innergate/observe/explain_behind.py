"""What else would stop a call, behind the hop that stops it: so that who mends it mends everything at once.

It follows the call on from the hop that refused, as if that had let it pass, and keeps refusals alone.
"""

from contextlib import suppress

from innergate.compile.emit.dns import execute_api_domain
from innergate.compile.resolve.api_blueprint import StageBlueprint
from innergate.compile.resolve.path import Hop
from innergate.compile.resolve.stages import resolve_stage
from innergate.observe.explain_backend import integrate
from innergate.observe.explain_call import canonical_path
from innergate.observe.explain_domains import find_domain
from innergate.observe.explain_gateway import check_key, find_stage, pass_policies
from innergate.observe.explain_methods import match_method
from innergate.observe.explain_trace import Entry, Stop, Trace
from innergate.observe.explain_validator import ask_validator
from innergate.resources.vpc_endpoints import VpcEndpoint


def refusals_behind(trace: Trace) -> tuple[Hop, ...]:
    """The refusals that would follow the first one, each once, in the order in which the call would meet them."""
    refused = [hop for hop in trace.hops if hop.verdict == "refused"]
    if not refused:
        return ()
    later = _follow_on(trace)
    found: dict[tuple[str, str, str], Hop] = {}
    for hop in (*refused, *(h for h in later.hops if h.verdict == "refused")):
        found.setdefault((hop.kind, hop.id, hop.reason), hop)
    return tuple(found.values())[1:]


def _follow_on(trace: Trace) -> Trace:
    later = Trace(trace.reader, trace.call, trace.health, trace.authorities_file)
    with suppress(Stop):
        blueprint = _stage(trace, later)
        if blueprint is not None and not trace.is_let_in:
            method = trace.method or match_method(later, blueprint)
            if trace.method is None:
                with suppress(Stop):
                    check_key(later, blueprint, method)
            if not trace.is_asked:
                with suppress(Stop):
                    ask_validator(later, method)
            integrate(later, method)
    return later


def _stage(trace: Trace, later: Trace) -> StageBlueprint | None:
    """The stage, and in `later` where it is; its policies are asked where nobody asked them yet. Raises Stop."""
    if trace.blueprint is not None:
        later.api_id, later.stage, later.path = trace.api_id, trace.stage, trace.path
        return trace.blueprint
    if trace.entry is not None:
        return None
    entry = _likely_entry(trace)
    if entry is None:
        return _stage_by_name(later)
    if find_domain(later, entry) is None and not _names_api(trace, entry):
        return None
    blueprint = find_stage(later, entry)
    with suppress(Stop):
        pass_policies(later, entry, blueprint)
    return blueprint


def _likely_entry(trace: Trace) -> Entry | None:
    """The endpoint that the call would come in by: the one that it was on its way to, else the VPC's own."""
    call = trace.call
    if call.vpc is None:
        return None
    found = trace.reader.get(VpcEndpoint, trace.endpoint_id) if trace.endpoint_id else None
    own = (
        e
        for e in sorted(trace.reader.find(VpcEndpoint, "vpc", call.vpc.id), key=lambda e: e.id)
        if e.service_name.endswith(".execute-api") and e.state == "available"
    )
    endpoint = found or next(own, None)
    return Entry(endpoint, None) if endpoint is not None else None


def _names_api(trace: Trace, entry: Entry) -> bool:
    region = entry.endpoint.region if entry.endpoint is not None else ""
    is_own = trace.call.host_header.endswith(f".{execute_api_domain(region)}")
    return is_own or "x-apigw-api-id" in trace.call.headers


def _stage_by_name(later: Trace) -> StageBlueprint | None:
    """The stage of the API that the call names, without asking who may call it."""
    named = later.call.headers.get("x-apigw-api-id", "") or later.call.host_header.partition(".")[0]
    path = canonical_path(later.call.path)
    stage, _, rest = (path or "").removeprefix("/").partition("/")
    resolved = resolve_stage(later.reader, f"{named.partition('-')[0]}/{stage}")
    if resolved is None:
        return None
    later.api_id, later.stage, later.path = resolved.blueprint.api_id, stage, f"/{rest}"
    return resolved.blueprint
