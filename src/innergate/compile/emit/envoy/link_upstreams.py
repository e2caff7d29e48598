"""The upstreams of VPC links: units of their own, which stages demand.

So a link's path is resolved once for all stages that use it, and a change of its targets changes endpoints alone: the names and
weights of its clusters, which is all that routes hold, stay the same.
"""

import msgspec

from innergate.compile.emit.envoy.upstreams import Upstream, reach_path
from innergate.compile.family import Family, UnitOutput
from innergate.compile.resolve.api_blueprint import ProxyAction
from innergate.compile.resolve.link_paths import resolve_link
from innergate.compile.settings import CompileSettings
from innergate.compile.view import View

FAMILY = "envoy-link-upstream"


def demand_upstream(view: View, action: ProxyAction, client_certificate: str) -> Upstream:
    """The upstream of a private integration, without bodies (its unit emits them)."""
    tls = ("", False, "")
    if action.scheme == "https":
        tls = (action.host, action.skips_verification, client_certificate)
    id = msgspec.json.encode((action.link_id, action.balancer_arn, action.port, action.scheme, *tls)).decode()
    upstream = view.demand(FAMILY, id)
    assert isinstance(upstream, Upstream)
    return upstream


def emit_link_upstream(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """The clusters and endpoints behind a VPC link, for integrations of one scheme, port, TLS name and client certificate."""
    link_id, balancer_arn, port, scheme, host, skips_verification, certificate = msgspec.json.decode(
        id, type=tuple[str, str, int, str, str, bool, str]
    )
    action = ProxyAction(
        scheme=scheme,
        host=host,
        port=port,
        path=(),
        link_id=link_id,
        balancer_arn=balancer_arn,
        skips_verification=skips_verification,
    )
    upstream = reach_path(view, resolve_link(view, link_id, balancer_arn, port), action, settings, certificate)
    bodies = {(body.kind, body.name): body for body in upstream.bodies}
    return UnitOutput(envoy=tuple(bodies[key] for key in sorted(bodies)), value=upstream._replace(bodies=()))


LINK_UPSTREAMS = Family(FAMILY, (), emit_link_upstream, value_type=Upstream)
