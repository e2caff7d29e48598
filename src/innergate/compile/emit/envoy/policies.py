"""Resource policies of stages as RBAC filters' configurations."""

from innergate.compile.emit.envoy.http_filters import POLICY_ALLOW
from innergate.compile.emit.envoy.packed import packed
from innergate.compile.resolve.api_blueprint import StageBlueprint
from innergate.primitives.json_value import JsonObject

DENY_ALL: JsonObject = packed(
    "envoy.extensions.filters.http.rbac.v3.RBACPerRoute", {"rbac": {"rules": {"action": "ALLOW", "policies": {}}}}
)
"""Nobody is allowed."""


def policy_filters(blueprint: StageBlueprint) -> dict[str, JsonObject]:
    """The virtual host's `typed_per_filter_config` for its policy. A private API without one admits nobody."""
    if blueprint.is_private and not blueprint.policy:
        return {POLICY_ALLOW: DENY_ALL}
    return {}
