"""An application load balancer: a listener on each node for each of its listeners, and a RouteConfiguration for their rules.

# AWS differs: where cross-zone load balancing is off for a target group, every node still sends to all zones, each in the
# proportion of all nodes together.

# AWS differs: a target group of a weighted forward that has no target that can be reached gets no requests; AWS answers 503 to
# its share.

# AWS differs: target groups in slow start take their whole share at once, and targets' anomalies are not looked for.
"""

from innergate.compile.diagnostics import Diagnostic
from innergate.compile.emit.envoy.balancer_facts import TRACE_HEADER
from innergate.compile.emit.envoy.clusters import cluster_bodies
from innergate.compile.emit.envoy.listener_http import HttpSettings, http_listener, read_settings, rules_name
from innergate.compile.emit.envoy.packed import escape_operators, overwrite
from innergate.compile.emit.envoy.rule_actions import RuleSetting, rule_routes
from innergate.compile.emit.envoy.rule_matches import match_conditions
from innergate.compile.family import EnvoyBody, UnitOutput
from innergate.compile.resolve.balancer_rules import ForwardPlan, RefusalPlan, RulePlan, resolve_rules
from innergate.compile.settings import CompileSettings
from innergate.compile.view import View
from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.resources.load_balancers import Listener, LoadBalancer
from innergate.resources.network_interfaces import NetworkInterface

_DROPPED = ("x-envoy-external-address", "x-envoy-internal")
_DEFAULT_PORTS = (80, 443)
MAX_RULES_BODY_BYTES = 4096
"""A fixed response holds at most 1024 characters (FixedResponseActionConfig)."""


def emit_application_balancer(view: View, balancer: LoadBalancer, settings: CompileSettings) -> UnitOutput:
    """All that stands for it: listeners, rules, clusters and endpoints."""
    nodes = view.find(NetworkInterface, "holder", f"{balancer.kind}/{balancer.id}")
    bodies: dict[tuple[str, str], EnvoyBody] = {}
    diagnostics: list[Diagnostic] = []
    for listener in view.find(Listener, "load-balancer", balancer.id):
        http = read_settings(balancer, listener)
        listeners = [http_listener(listener, node, http, settings) for node in nodes]
        rules = resolve_rules(view, balancer, listener)
        legs = [leg for rule in rules if isinstance(rule.action, ForwardPlan) for leg in rule.action.path.legs]
        made = [body for leg in legs for body in cluster_bodies(leg, settings)]
        found = [body for body in listeners if body is not None]
        if found:
            made += [*found, _rules_body(listener, rules, http)]
        bodies |= {(body.kind, body.name): body for body in made}
        diagnostics += [d for rule in rules if (d := _diagnose(listener, rule)) is not None]
    return UnitOutput(envoy=tuple(bodies[key] for key in sorted(bodies)), diagnostics=tuple(diagnostics))


def _rules_body(listener: Listener, rules: tuple[RulePlan, ...], http: HttpSettings) -> EnvoyBody:
    name = rules_name(listener)
    host_format = ""
    if not http.preserves_host and listener.port not in _DEFAULT_PORTS:
        host_format = f"%REQ(:AUTHORITY)%:{listener.port}"
    setting = RuleSetting(listener.protocol, listener.port, host_format, http.names_server)
    routes = [
        route
        for rule in rules
        for route in rule_routes(rule.id, match_conditions(rule.conditions), rule.action, setting)
    ]
    removed = [*_DROPPED, *(("x-forwarded-for",) if http.forwarded_for == "remove" else ())]
    removed_from_answers: list[JsonValue] = [] if http.names_server else ["server"]
    return EnvoyBody(
        "routes",
        name,
        {
            "name": name,
            "max_direct_response_body_size_bytes": MAX_RULES_BODY_BYTES,
            "request_headers_to_add": _request_headers(listener, http),
            "request_headers_to_remove": list(removed),
            **(
                {
                    "response_headers_to_add": [
                        overwrite(key, escape_operators(value)) for key, value in http.response_headers
                    ]
                }
                if http.response_headers
                else {}
            ),
            **({"response_headers_to_remove": removed_from_answers} if removed_from_answers else {}),
            "virtual_hosts": [{"name": "rules", "domains": ["*"], "routes": routes}],
        },
    )


def _request_headers(listener: Listener, http: HttpSettings) -> list[JsonValue]:
    headers: list[JsonValue] = [
        overwrite("x-forwarded-proto", listener.protocol.lower()),
        overwrite("x-forwarded-port", str(listener.port)),
        overwrite("x-amzn-trace-id", TRACE_HEADER),
    ]
    if http.forwarded_for == "append" and http.tells_client_port:
        headers.append(_append("x-forwarded-for", "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%"))
    if http.tells_tls and listener.protocol == "HTTPS":
        operators = ("%DOWNSTREAM_TLS_VERSION%", "%DOWNSTREAM_TLS_CIPHER%")
        headers += [overwrite(name, value) for name, value in zip(http.tls_headers, operators, strict=True)]
    return headers


def _append(name: str, value: str) -> JsonObject:
    return {"header": {"key": name, "value": value}, "append_action": "APPEND_IF_EXISTS_OR_ADD"}


def _diagnose(listener: Listener, rule: RulePlan) -> Diagnostic | None:
    if isinstance(rule.action, RefusalPlan):
        reason = rule.action.reason
    elif isinstance(rule.action, ForwardPlan) and not rule.action.path.legs:
        hop = rule.action.path.refusal
        reason = f"{hop.kind} {hop.id}: {hop.reason}" if hop is not None else "no target is registered"
    else:
        return None
    return Diagnostic(subject=f"listener/{listener.id}", code="Unreachable", message=f"rule {rule.id}: {reason}")
