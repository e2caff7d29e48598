"""The resource policy of an API, with the policies of the endpoints that lead to it, as two RBAC filters.

`deny` (action DENY) is asked first, `allow` (action ALLOW) second. A policy's name says which statement it is, so that the
answer can tell an explicit denial (a matched `deny:…`) from an implicit one (nothing matched). For authorisation NONE the two
decide as `policy.combine.decide_without_caller` does; a property test sends the same calls through both.
"""

from collections.abc import Mapping
from typing import NamedTuple

from innergate.compile.emit.envoy.connection_policies import connection_predicate
from innergate.compile.emit.envoy.facts import VPCE
from innergate.compile.emit.envoy.packed import packed
from innergate.compile.emit.envoy.rbac_conditions import compile_condition, names_a_live_key
from innergate.compile.emit.envoy.rbac_domains import DomainRules
from innergate.compile.emit.envoy.rbac_expressions import (
    Expression,
    all_of,
    any_of,
    filter_state,
    negate,
    principal,
)
from innergate.compile.emit.envoy.rbac_resources import covers
from innergate.policy.document import Policy, Statement
from innergate.policy.execute_api import INVOKE, expand_policy
from innergate.policy.patterns import matches_action, tokens_of
from innergate.policy.principals import Grant, grant_of
from innergate.primitives.json_value import JsonObject

_PER_ROUTE = "envoy.extensions.filters.http.rbac.v3.RBACPerRoute"
DENY_PREFIX = "deny:"


class RbacPlan(NamedTuple):
    """`deny` and `allow` are per-route configurations of the two filters, None where the filter has nothing to ask. `notes`
    says, for people, which conditions could not be put exactly and therefore deny. `admitted` is the matcher's predicate for
    connections whose requests the filters let pass, None where that takes more than the connection to say."""

    deny: JsonObject | None
    allow: JsonObject | None
    notes: tuple[str, ...] = ()
    admitted: JsonObject | None = None


class _Rules(NamedTuple):
    denies: dict[str, Expression]
    allows: dict[str, Expression]
    notes: list[str]


def compile_resource_policy(
    policy: Policy | None,
    is_private: bool,
    api_arn_prefix: str,
    stage: str,
    endpoint_policies: Mapping[tuple[str, ...], Policy] | None = None,
    mount: str | None = None,
    domain: DomainRules | None = None,
) -> RbacPlan:
    """The filters of one stage. `api_arn_prefix` is `arn:aws:execute-api:<region>:<account>:<api>`. `endpoint_policies` holds
    the policies of endpoints that do not give full access, each by the ids of those that have it; they count for a private API
    only. `mount` is what paths begin with (None: the stage); `domain` the rules of a private domain name that calls come by: a
    gate of its own."""
    api = _Api(is_private, api_arn_prefix, stage, f"/{stage}" if mount is None else mount)
    rules = api.rules_of(policy, "stmt") if policy is not None else _Rules({}, {}, [])
    denies, notes = dict(rules.denies), list(rules.notes)
    gates: list[Expression] = []
    for vpces, endpoint_policy in sorted((endpoint_policies or {}).items()) if is_private else ():
        came_by = any_of(filter_state(VPCE, {"exact": vpce}) for vpce in vpces)
        own = api.rules_of(endpoint_policy, f"{vpces[0]}:stmt")
        denies |= {name: all_of((came_by, condition)) for name, condition in own.denies.items()}
        gates.append(any_of((negate(came_by), any_of(own.allows.values()))))
        notes += own.notes
    if domain is not None:
        denies |= domain.denies
        gates.append(any_of(domain.allows))
        notes += domain.notes
    allows = {name: all_of((condition, *gates)) for name, condition in rules.allows.items()}
    if policy is None and not is_private:
        return RbacPlan(None, None)
    return RbacPlan(
        _per_route("DENY", {f"{DENY_PREFIX}{name}": found for name, found in denies.items()}) if denies else None,
        None if True in allows.values() else _per_route("ALLOW", allows),
        tuple(notes),
        connection_predicate(all_of((negate(any_of(denies.values())), any_of(allows.values())))),
    )


class _Api(NamedTuple):
    is_private: bool
    arn_prefix: str
    stage: str
    mount: str

    def rules_of(self, policy: Policy, prefix: str) -> _Rules:
        """The policy's statements that can ever match, by name."""
        rules = _Rules({}, {}, [])
        policy = expand_policy(policy, self.arn_prefix)
        for statement in policy.statements:
            found, notes = self._statement(policy, statement)
            rules.notes.extend(f"{statement.name}: {note}" for note in notes)
            if found is not False:
                table = rules.denies if statement.effect == "Deny" else rules.allows
                table[f"{prefix}-{statement.index}"] = found
        return rules

    def _statement(self, policy: Policy, statement: Statement) -> tuple[Expression, list[str]]:
        if grant_of(statement, None) is Grant.NOBODY or not _is_about_invoke(statement):
            return False, []
        resource, notes = self._resources(policy, statement)
        parts = [resource]
        for condition in statement.conditions:
            compiled = compile_condition(condition, self.is_private, policy.has_variables)
            parts.append(compiled.may_be if statement.effect == "Deny" else compiled.is_true)
            if compiled.note:
                notes.append(compiled.note)
        return all_of(parts), notes

    def _resources(self, policy: Policy, statement: Statement) -> tuple[Expression, list[str]]:
        """A pattern with a variable that only the call could fill is covered by no Allow and by every Deny."""
        patterns = statement.resources if statement.resources is not None else statement.not_resources or ()
        found: list[Expression] = []
        notes: list[str] = []
        has_unfilled = False
        for pattern in patterns:
            if policy.has_variables and names_a_live_key((pattern,), self.is_private):
                notes.append(
                    f"the resource {pattern} has a variable, which Envoy cannot fill: it denies and never allows"
                )
                return statement.effect == "Deny", notes
            tokens = tokens_of(pattern, {} if policy.has_variables else None)
            if tokens is None:
                has_unfilled = True
            else:
                found.append(covers(tokens, self.arn_prefix, self.stage, self.mount))
        if statement.resources is not None:
            return any_of(found), notes
        if has_unfilled and statement.effect == "Allow":
            return False, notes
        return negate(any_of(found)), notes


def _is_about_invoke(statement: Statement) -> bool:
    if statement.actions is not None:
        return any(matches_action(pattern, INVOKE) for pattern in statement.actions)
    return not any(matches_action(pattern, INVOKE) for pattern in statement.not_actions or ())


def _per_route(action: str, policies: Mapping[str, Expression]) -> JsonObject:
    rules: JsonObject = {
        "action": action,
        "policies": {
            name: {"permissions": [{"any": True}], "principals": [principal(condition)]}
            for name, condition in policies.items()
        },
    }
    return packed(_PER_ROUTE, {"rbac": {"rules": rules}})
