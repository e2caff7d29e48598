"""The policy of a private domain name as rules beside those of the APIs behind it.

It is about the domain as a whole: its resource is `arn:aws:execute-api:<region>:<account>:/domainnames/<name>+<id>` (service
authorization reference, "execute-api-domain"), which `execute-api:/*` covers.
"""

from typing import NamedTuple

from innergate.compile.emit.envoy.rbac_conditions import compile_condition
from innergate.compile.emit.envoy.rbac_expressions import Expression, all_of
from innergate.policy.document import Policy, Statement
from innergate.policy.execute_api import INVOKE
from innergate.policy.patterns import matches_action, matches_arn, tokens_of
from innergate.policy.principals import Grant, grant_of

_SHORT = "execute-api:/"


class DomainRules(NamedTuple):
    """`denies` by name; a call passes where one of `allows` holds. `notes` says what could not be put exactly."""

    denies: dict[str, Expression]
    allows: tuple[Expression, ...]
    notes: tuple[str, ...] = ()


def domain_rules(policy: Policy, arn: str) -> DomainRules:
    """The rules of a domain's policy. `arn` is the domain as a resource of execute-api."""
    denies: dict[str, Expression] = {}
    allows: list[Expression] = []
    notes: list[str] = []
    for statement in policy.statements:
        if not _is_about(policy, statement, arn):
            continue
        parts: list[Expression] = []
        for condition in statement.conditions:
            compiled = compile_condition(condition, True, policy.has_variables)
            parts.append(compiled.may_be if statement.effect == "Deny" else compiled.is_true)
            if compiled.note:
                notes.append(f"{statement.name}: {compiled.note}")
        found = all_of(parts)
        if found is False:
            continue
        if statement.effect == "Deny":
            denies[f"domain:stmt-{statement.index}"] = found
        else:
            allows.append(found)
    return DomainRules(denies, tuple(allows), tuple(notes))


def _is_about(policy: Policy, statement: Statement, arn: str) -> bool:
    """Whether who, what and on what fit; what only the call could fill in fits a Deny and never an Allow."""
    if grant_of(statement, None) is Grant.NOBODY:
        return False
    named = statement.actions if statement.actions is not None else statement.not_actions or ()
    if any(matches_action(pattern, INVOKE) for pattern in named) is not (statement.actions is not None):
        return False
    is_deny = statement.effect == "Deny"
    patterns = statement.resources if statement.resources is not None else statement.not_resources or ()
    fits = [_fits(policy, pattern, arn) for pattern in patterns]
    if statement.resources is not None:
        return any(fit is True or (fit is None and is_deny) for fit in fits)
    return not any(fit is True or (fit is None and not is_deny) for fit in fits)


def _fits(policy: Policy, pattern: str, arn: str) -> bool | None:
    """None where a variable of the pattern is known with a call only."""
    if policy.has_variables and "${" in pattern:
        return None
    if pattern.startswith(_SHORT):
        return pattern[len(_SHORT) :].strip("*/") == ""
    tokens = tokens_of(pattern, {} if policy.has_variables else None)
    return None if tokens is None else matches_arn(tokens, arn) or matches_arn(tokens, f"{arn}/")
