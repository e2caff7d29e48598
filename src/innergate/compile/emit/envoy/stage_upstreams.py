"""Where a stage's methods lead: for each the clusters of its backend, or the answer that stands for one."""

from innergate.compile.emit.envoy.gateway_answers import UNREACHABLE
from innergate.compile.emit.envoy.internet import demand_internet
from innergate.compile.emit.envoy.link_upstreams import demand_upstream
from innergate.compile.emit.envoy.upstreams import Upstream
from innergate.compile.resolve.api_blueprint import ProxyAction, RuntimeAction, StageBlueprint
from innergate.compile.settings import CompileSettings
from innergate.compile.view import View
from innergate.resources.vpc_links import VpcLink, VpcLinkV2


def stage_upstreams(view: View, blueprint: StageBlueprint, settings: CompileSettings) -> dict[int, Upstream]:
    """By the method's place in the order; methods without a backend have none."""
    upstreams: dict[int, Upstream] = {}
    for index, method in enumerate(blueprint.methods):
        action = method.action.backend if isinstance(method.action, RuntimeAction) else method.action
        if not isinstance(action, ProxyAction):
            continue
        if not action.link_id:
            upstreams[index] = demand_internet(view, action, settings, blueprint.client_certificate_id)
        elif _is_own_link(view, blueprint, action):
            upstreams[index] = demand_upstream(view, action, blueprint.client_certificate_id)
        else:
            reason = f"the VPC link {action.link_id} does not exist in {blueprint.account}/{blueprint.region}"
            upstreams[index] = Upstream((), (), UNREACHABLE, reason)
    return upstreams


def native_upstreams(blueprint: StageBlueprint, upstreams: dict[int, Upstream]) -> dict[int, Upstream]:
    """Those that Envoy itself leads to; the rest is the runtime's."""
    return {i: u for i, u in upstreams.items() if isinstance(blueprint.methods[i].action, ProxyAction)}


def _is_own_link(view: View, blueprint: StageBlueprint, action: ProxyAction) -> bool:
    """Another account's link is as unknown as a random id, whatever a deployment says."""
    link = view.get(VpcLinkV2 if action.balancer_arn else VpcLink, action.link_id)
    return link is not None and (link.account, link.region) == (blueprint.account, blueprint.region)
