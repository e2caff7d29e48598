"""Behind the gateway: the integration, its private path, the health of its targets."""

from shlex import quote

from innergate.compile.resolve.api_blueprint import BrokenAction, MethodPlan, MockAction, ProxyAction, RuntimeAction
from innergate.compile.resolve.link_paths import resolve_link
from innergate.compile.resolve.listener_tls import refuse_tls
from innergate.compile.resolve.path import Outward, Path
from innergate.compile.resolve.runtime_functions import method_asker
from innergate.compile.resolve.runtime_targets import resolve_target
from innergate.observe.explain_deployed import deployed_method
from innergate.observe.explain_mends import mend_tls
from innergate.observe.explain_trace import Stop, Trace, outward_text
from innergate.plans.runtime import FunctionTarget
from innergate.resources.rest_apis import RestApi


def integrate(trace: Trace, method: MethodPlan) -> None:
    """What the method does, and whether its backend can be reached. Raises Stop."""
    action = method.action
    name = f"{method.verb} {method.path}"
    if isinstance(action, BrokenAction):
        raise trace.refuse("integration", name, "", action.reason, "500")
    if isinstance(action, MockAction):
        trace.ok("integration", name, "", f"MOCK answers {action.status}")
        trace.answer = f"{action.status} from the mock"
        return
    if isinstance(action, RuntimeAction):
        trace.ok("runtime", name, "", f"a worker executes it: {action.reason}")
        if action.backend is None:
            _ask_function(trace, method)
            trace.answer = trace.answer or "what the integration answers"
            return
        action = action.backend
    if not action.link_id:
        trace.ok("integration", name, "", f"{action.scheme}://{action.host} over the host's network")
        trace.notes.append("over the host's network, link-local addresses and the gateway's own machine are not called")
        return
    trace.ok("integration", name, "", f"{action.scheme}://{action.host} over VPC link {action.link_id}")
    path = resolve_link(trace.reader, action.link_id, action.balancer_arn, action.port)
    trace.hops.extend(path.hops)
    refusal = path.refusal
    if not path.legs:
        is_slow = refusal is not None and refusal.outward == "time-out"
        trace.answer = outward_text("504" if is_slow else "500")
        raise Stop
    _match_tls(trace, method, action, path)
    look_at_health(trace, path)
    trace.notes.append(f"the backend has {action.timeout_ms} ms to answer; after that the call gets 504")


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
    if not target.is_allowed:
        fix = (
            f"aws lambda add-permission --function-name {quote(target.arn)} --statement-id api"
            " --action lambda:InvokeFunction --principal apigateway.amazonaws.com"
        )
        raise trace.refuse("function", target.arn, "", target.reason, "500", "" if integration.credentials else fix)
    trace.ok("function", target.arn, "", "may be invoked by this method")


def _match_tls(trace: Trace, method: MethodPlan, action: ProxyAction, path: Path) -> None:
    for leg in path.legs:
        if reason := refuse_tls(trace.reader, leg, action, trace.authorities_file):
            fix = mend_tls(f"{trace.api_id}/{trace.stage}", method, action, leg.tls_listener, reason)
            raise trace.refuse("integration", action.host, leg.network, reason, "500", fix)


def look_at_health(trace: Trace, path: Path, outward: Outward = "500") -> None:
    """What checks of the targets have found; `outward` is what a caller notices where nothing answers. Raises Stop."""
    if trace.health is None:
        return
    down: list[str] = []
    total = answering = 0
    for leg in path.legs:
        for target in leg.targets:
            total += 1
            name = f"{target.address}:{target.port}"
            seen = trace.health.observed(f"target/{leg.target_group_arn}", name)
            value = seen.value if seen is not None else None
            if isinstance(value, dict) and value.get("healthy") is False:
                status = value.get("status")
                answering += bool(status)
                down.append(f"{name} ({f'status {status}' if status else value.get('failure') or 'failed'})")
    if not down:
        return
    arn = path.legs[0].target_group_arn
    fix = f"aws elbv2 describe-target-health --target-group-arn {arn}"
    reason = f"{len(down)} of {total} targets fail their health checks: {', '.join(down)}"
    if len(down) == total and answering:
        reason += "; where none is healthy all are called, as in AWS"
    elif len(down) == total:
        leg = path.legs[0]
        if (check := leg.health_check) is not None:
            reason += f" (healthy again after {check.healthy_threshold} good checks, one each {check.interval_s} s)"
        scheme = "https" if leg.uses_tls else "http"
        url = f"{scheme}://{leg.targets[0].address}:{leg.targets[0].port}/"
        fix = f"see whether anything listens: innergate exec --vpc {leg.network} -- curl -sSk -m 3 {url}"
        raise trace.refuse("target-health", arn, path.legs[0].network, reason, outward, fix)
    trace.warn("target-health", arn, path.legs[0].network, reason, fix)
