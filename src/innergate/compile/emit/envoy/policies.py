"""The resource policy of a stage's deployment, with restricted endpoints' policies, as RBAC filters of its virtual host."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from innergate.compile.emit.envoy.http_filters import POLICY_ALLOW, POLICY_DENY
from innergate.compile.emit.envoy.packed import packed
from innergate.compile.emit.envoy.rbac import RbacPlan, compile_resource_policy
from innergate.compile.emit.envoy.rbac_domains import DomainRules
from innergate.compile.resolve.api_blueprint import StageBlueprint
from innergate.policy.parse import parse_policy, read_stored_policy
from innergate.primitives.json_value import JsonObject


class PolicyFilters(NamedTuple):
    """`typed_per_filter_config` entries, and what could not be put exactly. `authorized` are those of routes on which a worker
    asks the API's and the endpoints' policies, since who calls counts there: only a domain name's own policy is left to ask.
    `admitted` are the connections that no filter need be asked of (see RbacPlan)."""

    filters: dict[str, JsonObject]
    authorized: dict[str, JsonObject]
    notes: tuple[str, ...]
    admitted: JsonObject | None = None


_NOTHING_TO_ASK: JsonObject = packed("envoy.extensions.filters.http.rbac.v3.RBACPerRoute")
_ALLOW_ALL = parse_policy(
    '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}}'
)


def policy_filters(blueprint: StageBlueprint, domain: DomainRules | None = None) -> PolicyFilters:
    """The two filters, each only where it has something to ask. A private API without a policy admits nobody, an unreadable
    policy neither. `domain` holds the rules of the private domain name that the calls come by."""
    plan = compile_resource_policy(
        read_stored_policy(blueprint.policy) if blueprint.policy else None,
        blueprint.is_private,
        f"arn:aws:execute-api:{blueprint.region}:{blueprint.account}:{blueprint.api_id}",
        blueprint.stage,
        {endpoints: read_stored_policy(text) for text, endpoints in _by_text(blueprint.endpoint_policies)},
        blueprint.mount,
        domain,
    )
    filters = _filters(plan)
    authorized = _authorized(blueprint, filters, domain)
    notes = plan.notes
    if all(method.is_authorized_by_worker for method in blueprint.methods):
        notes = domain.notes if domain is not None else ()
    return PolicyFilters(filters, authorized, notes, None if authorized else plan.admitted)


def _by_text(policies: Iterable[tuple[str, str]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each text with the endpoints whose policy it is: what many share is asked once."""
    endpoints: defaultdict[str, list[str]] = defaultdict(list)
    for endpoint, text in policies:
        endpoints[text].append(endpoint)
    return ((text, tuple(found)) for text, found in endpoints.items())


def _filters(plan: RbacPlan) -> dict[str, JsonObject]:
    filters: dict[str, JsonObject] = {}
    if plan.deny is not None:
        filters[POLICY_DENY] = plan.deny
    if plan.allow is not None:
        filters[POLICY_ALLOW] = plan.allow
    return filters


def _authorized(
    blueprint: StageBlueprint, filters: dict[str, JsonObject], domain: DomainRules | None
) -> dict[str, JsonObject]:
    canary = blueprint.canary.blueprint.methods if blueprint.canary is not None else ()
    if not any(method.is_authorized_by_worker for method in (*blueprint.methods, *canary)):
        return {}
    own = _filters(compile_resource_policy(_ALLOW_ALL, True, "", "", {}, "", domain)) if domain is not None else {}
    return {**dict.fromkeys(filters, _NOTHING_TO_ASK), **own}
