"""The units of compile that make Envoy resources."""

from innergate.compile.diagnostics import Diagnostic
from innergate.compile.emit.envoy.application_balancers import emit_application_balancer
from innergate.compile.emit.envoy.canaries import canary_routes
from innergate.compile.emit.envoy.clusters import cluster_bodies
from innergate.compile.emit.envoy.domains import DOMAIN_FAMILY
from innergate.compile.emit.envoy.facts import ConnectionFacts
from innergate.compile.emit.envoy.function_urls import FUNCTION_URL_FAMILY
from innergate.compile.emit.envoy.internet import INTERNET_CLUSTERS, demand_issuers
from innergate.compile.emit.envoy.link_upstreams import LINK_UPSTREAMS
from innergate.compile.emit.envoy.listener_execute_api import execute_api_listener, is_execute_api
from innergate.compile.emit.envoy.listener_public import public_listeners
from innergate.compile.emit.envoy.listener_tcp import TcpEntry, tcp_listener
from innergate.compile.emit.envoy.policies import policy_filters
from innergate.compile.emit.envoy.routes import route_body
from innergate.compile.emit.envoy.runtime import RUNTIME_FAMILY, demand_runtime
from innergate.compile.emit.envoy.scopes import scope_bodies
from innergate.compile.emit.envoy.stage_upstreams import native_upstreams, stage_upstreams
from innergate.compile.emit.runtime.stages import stage_documents
from innergate.compile.emit.runtime.usage import usage_documents
from innergate.compile.family import EnvoyBody, Family, UnitOutput
from innergate.compile.resolve.api_blueprint import TOKEN_AUTHORIZATIONS
from innergate.compile.resolve.path import Path
from innergate.compile.resolve.paths import endpoint_ports, resolve_endpoint, resolve_listener
from innergate.compile.resolve.stages import resolve_stage
from innergate.compile.settings import CompileSettings
from innergate.compile.view import View
from innergate.resources.domain_names import DomainAccess, DomainName, is_reserved
from innergate.resources.function_urls import FunctionUrl
from innergate.resources.load_balancers import Listener, LoadBalancer
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.rest_apis import RestApi
from innergate.resources.stages import Stage
from innergate.resources.vpc_endpoints import VpcEndpoint


def emit_stage(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """A stage: its scopes and its routes; the clusters that they lead to come from the links that it demands."""
    resolved = resolve_stage(view, id)
    if resolved is None:
        return UnitOutput()
    blueprint = resolved.blueprint
    upstreams = stage_upstreams(view, blueprint, settings)
    policy = policy_filters(blueprint)
    diagnostics = [*resolved.diagnostics, *(_inexact(id, note) for note in policy.notes)]
    for index, upstream in sorted(upstreams.items()):
        if upstream.answer is not None:
            method = blueprint.methods[index]
            message = f"{method.verb} {method.path} answers {upstream.answer.status}: {upstream.reason}"
            diagnostics.append(Diagnostic(subject=f"stage/{id}", code="Unreachable", message=message, fix=upstream.fix))
    made = stage_documents(view, blueprint, upstreams, settings)
    documents = made.documents + usage_documents(blueprint)
    diagnostics += made.diagnostics
    if any(method.authorization in TOKEN_AUTHORIZATIONS for method in blueprint.methods):
        demand_issuers(view, settings)
    native = native_upstreams(blueprint, upstreams)
    canary = canary_routes(view, blueprint, settings)
    if canary is not None:
        documents += canary.made.documents
        diagnostics += canary.made.diagnostics
    if documents:
        demand_runtime(view)
    return UnitOutput(
        envoy=(route_body(made.named_in(blueprint), native, policy, canary), *scope_bodies(blueprint)),
        documents=documents,
        diagnostics=tuple(diagnostics),
    )


def _inexact(stage_id: str, note: str) -> Diagnostic:
    return Diagnostic(subject=f"stage/{stage_id}", code="PolicyInexact", message=note, severity="warning")


def emit_execute_api(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """The listeners of an execute-api endpoint, one for each of its network interfaces."""
    endpoint = view.get(VpcEndpoint, id)
    if endpoint is None or endpoint.state != "available" or not is_execute_api(endpoint):
        return UnitOutput()
    interfaces = view.find(NetworkInterface, "holder", f"{endpoint.kind}/{endpoint.id}")
    found = (view.get(DomainName, access.domain_id) for access in view.find(DomainAccess, "source", endpoint.id))
    domains = tuple(sorted((d for d in found if d is not None), key=lambda d: d.domain_name))
    return UnitOutput(envoy=tuple(execute_api_listener(endpoint, eni, settings, domains) for eni in interfaces))


def emit_public(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """The listeners for public APIs, names and function URLs, once there is one and the settings give addresses. A name that
    two regions have is the older one's: all regions come in by one listener."""
    served: dict[str, DomainName] = {}
    notes = []
    for domain in view.find(DomainName, "public", "yes"):
        if is_reserved(domain.domain_name):
            message = f"{domain.domain_name} is not served: only AWS gives out such names"
            notes.append(Diagnostic(subject=f"domain-name/{domain.id}", code="Unsupported", message=message))
            continue
        if served.setdefault(domain.domain_name, domain) is not domain:
            message = f"{domain.domain_name} is served for {served[domain.domain_name].region}, which had it first"
            notes.append(Diagnostic(subject=f"domain-name/{domain.id}", code="Unsupported", message=message))
    domains = tuple(served[name] for name in sorted(served))
    regions = tuple(sorted({url.region for url in view.find(FunctionUrl, "served", "yes")}))
    return UnitOutput(envoy=public_listeners(settings, domains, regions), diagnostics=tuple(notes))


def emit_load_balancer(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """An application load balancer; or a network one: a TCP listener on each node for each of its listeners."""
    balancer = view.get(LoadBalancer, id)
    if balancer is None:
        return UnitOutput()
    if balancer.type != "network":
        return emit_application_balancer(view, balancer, settings)
    nodes = view.find(NetworkInterface, "holder", f"{balancer.kind}/{balancer.id}")
    facts = ConnectionFacts("", balancer.vpc_id, balancer.account, balancer.region)
    ways = []
    diagnostics = []
    for listener in view.find(Listener, "load-balancer", balancer.id):
        if listener.protocol not in ("TCP", "TLS"):
            message = f"listeners of protocol {listener.protocol} carry no traffic"
            diagnostics.append(Diagnostic(subject=f"listener/{listener.id}", code="Unsupported", message=message))
            continue
        ways += [(TcpEntry(node, listener.port, facts), resolve_listener(view, listener.id, node.id)) for node in nodes]
    return UnitOutput(envoy=_tcp_bodies(view, ways, settings), diagnostics=tuple(diagnostics))


def emit_service_endpoint(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """An endpoint to an endpoint service: TCP listeners on each of its interfaces, while its connection is accepted."""
    endpoint = view.get(VpcEndpoint, id)
    if endpoint is None or endpoint.state != "available" or not endpoint.service_id:
        return UnitOutput()
    facts = ConnectionFacts(endpoint.id, endpoint.vpc_id, endpoint.account, endpoint.region)
    ways = [
        (TcpEntry(interface, port, facts), resolve_endpoint(view, endpoint.id, interface.id, port))
        for interface in view.find(NetworkInterface, "holder", f"{endpoint.kind}/{endpoint.id}")
        for port in endpoint_ports(view, endpoint.id, interface.id)
    ]
    return UnitOutput(envoy=_tcp_bodies(view, ways, settings))


def _tcp_bodies(view: View, ways: list[tuple[TcpEntry, Path]], settings: CompileSettings) -> tuple[EnvoyBody, ...]:
    bodies: dict[tuple[str, str], EnvoyBody] = {}
    for entry, path in ways:
        listener = tcp_listener(view, entry, path, settings)
        if listener is None:
            continue
        made = [body for leg in path.legs for body in cluster_bodies(leg, settings)]
        bodies |= {(body.kind, body.name): body for body in (*made, listener)}
    return tuple(bodies[key] for key in sorted(bodies))


def _public_unit(root: RestApi | DomainName | FunctionUrl) -> tuple[str, ...]:
    if isinstance(root, FunctionUrl):
        return ("public",)
    return () if "PRIVATE" in root.endpoint_configuration.types else ("public",)


ENVOY_FAMILIES: tuple[Family, ...] = (
    Family("envoy-stage", (Stage,), emit_stage),
    LINK_UPSTREAMS,
    INTERNET_CLUSTERS,
    RUNTIME_FAMILY,
    Family("envoy-execute-api", (VpcEndpoint,), emit_execute_api),
    Family("envoy-service-endpoint", (VpcEndpoint,), emit_service_endpoint),
    Family("envoy-load-balancer", (LoadBalancer,), emit_load_balancer),
    Family("envoy-public", (RestApi, DomainName, FunctionUrl), emit_public, _public_unit),
    DOMAIN_FAMILY,
    FUNCTION_URL_FAMILY,
)
