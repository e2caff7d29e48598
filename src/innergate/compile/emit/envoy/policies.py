"""The resource policy of a stage's deployment, with restricted endpoints' policies, as RBAC filters of its virtual host."""

from typing import NamedTuple

from innergate.compile.emit.envoy.http_filters import POLICY_ALLOW, POLICY_DENY
from innergate.compile.emit.envoy.rbac import compile_resource_policy
from innergate.compile.emit.envoy.rbac_domains import DomainRules
from innergate.compile.resolve.api_blueprint import StageBlueprint
from innergate.policy.parse import read_stored_policy
from innergate.primitives.json_value import JsonObject


class PolicyFilters(NamedTuple):
    """`typed_per_filter_config` entries, and what could not be put exactly."""

    filters: dict[str, JsonObject]
    notes: tuple[str, ...]


def policy_filters(blueprint: StageBlueprint, domain: DomainRules | None = None) -> PolicyFilters:
    """The two filters, each only where it has something to ask. A private API without a policy admits nobody, an unreadable
    policy neither. `domain` holds the rules of the private domain name that the calls come by."""
    plan = compile_resource_policy(
        read_stored_policy(blueprint.policy) if blueprint.policy else None,
        blueprint.is_private,
        f"arn:aws:execute-api:{blueprint.region}:{blueprint.account}:{blueprint.api_id}",
        blueprint.stage,
        {endpoint: read_stored_policy(text) for endpoint, text in blueprint.endpoint_policies},
        blueprint.mount,
        domain,
    )
    filters: dict[str, JsonObject] = {}
    if plan.deny is not None:
        filters[POLICY_DENY] = plan.deny
    if plan.allow is not None:
        filters[POLICY_ALLOW] = plan.allow
    return PolicyFilters(filters, plan.notes)
