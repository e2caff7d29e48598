"""Which endpoints and VPCs an API's resource policy can admit at all.

Two forms of policies say so, the ones that AWS's guide shows for private APIs: a Deny of everything whose `aws:SourceVpce` or
`aws:SourceVpc` is none of a list, and Allows that each name a list. Whatever else a policy says can only admit less.
"""

from typing import NamedTuple

from innergate.policy.document import Condition, Policy, Statement
from innergate.policy.execute_api import INVOKE, expand_policy
from innergate.policy.patterns import Wild, matches_action, matches_arn, tokens_of
from innergate.policy.principals import Grant, grant_of

_KEYS = {"aws:sourcevpce": "endpoints", "aws:sourcevpc": "vpcs"}


class Sources(NamedTuple):
    """A call is refused unless its endpoint or its VPC is one of these ids."""

    endpoints: frozenset[str] = frozenset()
    vpcs: frozenset[str] = frozenset()


def admitted_sources(policy: Policy, api_arn_prefix: str, stage: str, is_anonymous: bool) -> Sources | None:
    """None where the policy does not say in a form that is understood here: then anybody may be admitted.

    Who is not of the sources of a Deny is refused explicitly, whoever calls. What Allows name counts only where nobody is asked
    who they are (`is_anonymous`): a caller's own policies may allow what the API's says nothing about."""
    expanded = expand_policy(policy, api_arn_prefix)
    for statement in expanded.statements:
        if statement.effect == "Deny" and _is_about_all(expanded, statement, f"{api_arn_prefix}/{stage}/"):
            found = _spared(expanded, statement)
            if found is not None:
                return found
    return _allowed(expanded) if is_anonymous else None


def _is_about_all(policy: Policy, statement: Statement, beginning: str) -> bool:
    """Whether it concerns every caller and every call whose ARN has that beginning: a last `*` takes whatever follows."""
    if statement.principals is None or grant_of(statement, None) is not Grant.EVERYONE:
        return False
    if not any(matches_action(pattern, INVOKE) for pattern in statement.actions or ()):
        return False
    patterns = [tokens_of(text, {} if policy.has_variables else None) for text in statement.resources or ()]
    return any(
        tokens is not None and tokens[-1:] == (Wild.ANY,) and matches_arn(tokens, beginning) for tokens in patterns
    )


def _spared(policy: Policy, statement: Statement) -> Sources | None:
    if not statement.conditions:
        return Sources()
    return _listed(policy, statement.conditions[0], "StringNotEquals") if len(statement.conditions) == 1 else None


def _allowed(policy: Policy) -> Sources | None:
    endpoints: frozenset[str] = frozenset()
    vpcs: frozenset[str] = frozenset()
    for statement in policy.statements:
        if statement.effect == "Deny" or grant_of(statement, None) is Grant.NOBODY:
            continue
        lists = [_listed(policy, condition, "StringEquals") for condition in statement.conditions]
        found = next((sources for sources in lists if sources is not None), None)
        if found is None:
            return None
        endpoints, vpcs = endpoints | found.endpoints, vpcs | found.vpcs
    return Sources(endpoints, vpcs)


def _listed(policy: Policy, condition: Condition, operator: str) -> Sources | None:
    """The ids that a condition of this operator names."""
    kind = _KEYS.get(condition.key.lower())
    if (
        kind is None
        or condition.name != operator
        or (policy.has_variables and any("${" in v for v in condition.values))
    ):
        return None
    return Sources(**{kind: frozenset(condition.values)})
