"""Behind the gateway: the integration, its private path, the health of its targets."""

from shlex import quote

from innergate.compile.resolve.api_blueprint import BrokenAction, MethodPlan, MockAction, ProxyAction, RuntimeAction
from innergate.compile.resolve.link_paths import resolve_link
from innergate.compile.resolve.listener_tls import refuse_tls
from innergate.compile.resolve.path import Path
from innergate.compile.resolve.runtime_functions import method_asker
from innergate.compile.resolve.runtime_targets import resolve_target
from innergate.observe.explain_deployed import deployed_method
from innergate.observe.explain_health import look_at_health
from innergate.observe.explain_mends import mend_tls
from innergate.observe.explain_trace import Stop, Trace, outward_text
from innergate.plans.runtime import FunctionTarget
from innergate.resources.rest_apis import RestApi


def integrate(trace: Trace, method: MethodPlan) -> None:
    """What the method does, and whether its backend can be reached. Raises Stop."""
    action = method.action
    name, where = f"{method.verb} {method.path}", _account(trace)
    if isinstance(action, BrokenAction):
        raise trace.refuse("integration", name, where, action.reason, "500")
    if isinstance(action, MockAction):
        trace.ok("integration", name, where, f"MOCK answers {action.status}")
        trace.answer = f"{action.status} from the mock"
        return
    if isinstance(action, RuntimeAction):
        trace.ok("runtime", name, where, f"a worker executes it: {action.reason}")
        if action.backend is None:
            _ask_function(trace, method)
            trace.answer = trace.answer or "what the integration answers"
            return
        action = action.backend
    if not action.link_id:
        trace.ok("integration", name, where, f"{action.scheme}://{action.host} over the host's network")
        trace.notes.append("over the host's network, link-local addresses and the gateway's own machine are not called")
        return
    trace.ok("integration", name, where, f"{action.scheme}://{action.host} over VPC link {action.link_id}")
    path = resolve_link(trace.reader, action.link_id, action.balancer_arn, action.port)
    trace.hops.extend(path.hops)
    refusal = path.refusal
    if not path.legs:
        is_slow = refusal is not None and refusal.outward == "time-out"
        trace.answer = outward_text("504" if is_slow else "500")
        raise Stop
    _match_tls(trace, method, action, path)
    look_at_health(trace, path)
    if action.scheme == "https" and not any(leg.terminates_tls for leg in path.legs):
        check = (
            "whatever its certificate says" if action.skips_verification else f"with a trusted one for {action.host}"
        )
        trace.notes.append(f"no load balancer on the way ends TLS: the target itself must speak it, {check}")
    trace.notes.append(f"the backend has {action.timeout_ms} ms to answer; after that the call gets 504")


def _account(trace: Trace) -> str:
    api = trace.reader.get(RestApi, trace.api_id)
    return str(api.account) if api is not None else ""


def _ask_function(trace: Trace, method: MethodPlan) -> None:
    """Whether the function of a Lambda integration lets itself be invoked. Raises Stop."""
    found = deployed_method(trace, method)
    api = trace.reader.get(RestApi, trace.api_id)
    integration = found.definition.method_integration if found is not None else None
    if found is None or api is None or integration is None:
        return
    stage = found.stage
    asker = method_asker(api.region, api.account, trace.api_id, stage.stage_name, method.verb, method.path)
    target = resolve_target(trace.reader, integration, dict(stage.variables or {}), asker, None)
    if not isinstance(target, FunctionTarget):
        return
    owner = target.arn.split(":")[4]
    if not target.is_allowed:
        fix = (
            f"aws lambda add-permission --function-name {quote(target.arn)} --statement-id api"
            " --action lambda:InvokeFunction --principal apigateway.amazonaws.com"
        )
        raise trace.refuse("function", target.arn, owner, target.reason, "500", "" if integration.credentials else fix)
    trace.ok("function", target.arn, owner, "may be invoked by this method")


def _match_tls(trace: Trace, method: MethodPlan, action: ProxyAction, path: Path) -> None:
    for leg in path.legs:
        if reason := refuse_tls(trace.reader, leg, action, trace.authorities_file):
            fix = mend_tls(f"{trace.api_id}/{trace.stage}", method, action, leg.tls_listener, reason)
            raise trace.refuse("integration", action.host, _account(trace), reason, "500", fix)
