"""The units of compile that make Envoy resources."""

from innergate.compile.diagnostics import Diagnostic
from innergate.compile.emit.envoy.listener_execute_api import execute_api_listener, is_execute_api
from innergate.compile.emit.envoy.routes import route_body
from innergate.compile.emit.envoy.scopes import scope_bodies
from innergate.compile.emit.envoy.upstreams import Upstream, reach_path
from innergate.compile.family import Family, UnitOutput
from innergate.compile.resolve.api_blueprint import ProxyAction, StageBlueprint
from innergate.compile.resolve.path import Path
from innergate.compile.resolve.paths import resolve_vpc_link
from innergate.compile.resolve.stages import resolve_stage
from innergate.compile.settings import CompileSettings
from innergate.compile.view import View
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.stages import Stage
from innergate.resources.vpc_endpoints import VpcEndpoint


def emit_stage(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """A stage: its scopes, its routes, and the clusters and endpoints that they lead to."""
    resolved = resolve_stage(view, id)
    if resolved is None:
        return UnitOutput()
    blueprint = resolved.blueprint
    upstreams = _upstreams(view, blueprint, settings)
    diagnostics = list(resolved.diagnostics)
    for index, upstream in sorted(upstreams.items()):
        if upstream.answer is not None:
            method = blueprint.methods[index]
            message = f"{method.verb} {method.path} answers {upstream.answer.status}: {upstream.reason}"
            diagnostics.append(Diagnostic(subject=f"stage/{id}", code="Unreachable", message=message))
    bodies = {(body.kind, body.name): body for upstream in upstreams.values() for body in upstream.bodies}
    return UnitOutput(
        envoy=(
            *(bodies[key] for key in sorted(bodies)),
            route_body(blueprint, upstreams),
            *scope_bodies(blueprint),
        ),
        diagnostics=tuple(diagnostics),
    )


def _upstreams(view: View, blueprint: StageBlueprint, settings: CompileSettings) -> dict[int, Upstream]:
    paths: dict[tuple[str, int], Path] = {}
    upstreams: dict[int, Upstream] = {}
    for index, method in enumerate(blueprint.methods):
        action = method.action
        if not isinstance(action, ProxyAction):
            continue
        spot = (action.link_id, action.port)
        if spot not in paths:
            paths[spot] = resolve_vpc_link(view, *spot)
        upstreams[index] = reach_path(paths[spot], action, settings)
    return upstreams


def emit_execute_api(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """The listeners of an execute-api endpoint, one for each of its network interfaces."""
    endpoint = view.get(VpcEndpoint, id)
    if endpoint is None or endpoint.state != "available" or not is_execute_api(endpoint):
        return UnitOutput()
    interfaces = view.find(NetworkInterface, "holder", f"{endpoint.kind}/{endpoint.id}")
    return UnitOutput(envoy=tuple(execute_api_listener(endpoint, eni, settings) for eni in interfaces))


ENVOY_FAMILIES: tuple[Family, ...] = (
    Family("envoy-stage", (Stage,), emit_stage),
    Family("envoy-execute-api", (VpcEndpoint,), emit_execute_api),
)
