"""Asks the statements of a few policies about one request: explicit deny, then allow, then implicit deny."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from innergate.policy.conditions import ConditionResult, check_condition
from innergate.policy.document import Policy, Statement
from innergate.policy.patterns import matches_action, matches_arn, tokens_of
from innergate.policy.principals import Grant, Principal, grant_of

Outcome: TypeAlias = Literal["allow", "explicit-deny", "implicit-deny"]
_CALLS = "arn:aws:execute-api:"
_ROOT_SLASHES = 3
"""As many as `<api>/<stage>/<METHOD>/` has."""

FailedAt: TypeAlias = Literal["", "principal", "action", "resource", "condition"]


class AccessRequest(NamedTuple):
    """One question. `context` has lower-case keys (`request_context` makes them); `principal` None is an anonymous caller."""

    action: str
    resource: str
    principal: Principal | None
    context: Mapping[str, tuple[str, ...]]


def request_context(values: Mapping[str, str | Sequence[str] | None]) -> dict[str, tuple[str, ...]]:
    """Condition keys as an AccessRequest wants them; None leaves a key out."""
    result: dict[str, tuple[str, ...]] = {}
    for key, value in values.items():
        if value is not None:
            result[key.lower()] = (value,) if isinstance(value, str) else tuple(value)
    return result


class StatementResult(NamedTuple):
    """How one statement came out. `failed_at` names the first element that did not fit; "" where all did."""

    policy: Policy
    statement: Statement
    grant: Grant
    failed_at: FailedAt
    conditions: tuple[ConditionResult, ...]

    @property
    def applies(self) -> bool:
        """Whether the statement has its effect on the request."""
        return self.failed_at == ""


class Decision(NamedTuple):
    """What the policies say. `decided_by` is the statement that denied or allowed, None for an implicit deny; `results` holds
    every statement's own result, in order. `is_within_limits`: whether what limits a caller (the permissions boundary, policies
    of the session) allows it, whatever the caller's own policies say."""

    outcome: Outcome
    decided_by: StatementResult | None
    results: tuple[StatementResult, ...]
    is_within_limits: bool = True

    @property
    def is_allowed(self) -> bool:
        return self.outcome == "allow"

    @property
    def grant(self) -> Grant:
        """How closely the deciding statement names the caller."""
        return self.decided_by.grant if self.decided_by is not None else Grant.NOBODY


def evaluate(policies: Iterable[Policy], request: AccessRequest) -> Decision:
    """What the policies together say of the request."""
    results = tuple(
        check_statement(policy, statement, request) for policy in policies for statement in policy.statements
    )
    deny = next((r for r in results if r.applies and r.statement.effect == "Deny"), None)
    if deny is not None:
        return Decision("explicit-deny", deny, results)
    allows = [r for r in results if r.applies and r.statement.effect == "Allow"]
    if allows:
        return Decision("allow", max(allows, key=lambda r: r.grant), results)
    return Decision("implicit-deny", None, results)


def check_statement(policy: Policy, statement: Statement, request: AccessRequest) -> StatementResult:
    """Tries one statement: who, what, on what, under which conditions."""
    grant = grant_of(statement, request.principal)
    failed: FailedAt = ""
    conditions: tuple[ConditionResult, ...] = ()
    if grant is Grant.NOBODY:
        failed = "principal"
    elif not _action_fits(statement, request.action):
        failed = "action"
    elif not _resource_fits(policy, statement, request):
        failed = "resource"
    else:
        conditions = tuple(check_condition(c, request.context, policy.has_variables) for c in statement.conditions)
        if not _conditions_hold(statement, conditions):
            failed = "condition"
    return StatementResult(policy, statement, grant, failed, conditions)


def _action_fits(statement: Statement, action: str) -> bool:
    if statement.actions is not None:
        return any(matches_action(pattern, action) for pattern in statement.actions)
    return not any(matches_action(pattern, action) for pattern in statement.not_actions or ())


def names_of(resource: str) -> tuple[str, ...]:
    """The ARN, and that of the same method without the slash at its end: API Gateway takes both paths to one resource, so what
    a policy says of `GET/pets` holds for `GET/pets/`."""
    is_call = resource.startswith(_CALLS) and resource.endswith("/") and resource.count("/") > _ROOT_SLASHES
    return (resource, resource[:-1]) if is_call else (resource,)


def _resource_fits(policy: Policy, statement: Statement, request: AccessRequest) -> bool:
    if policy.kind == "trust":
        return True
    patterns = statement.resources if statement.resources is not None else statement.not_resources or ()
    variables = request.context if policy.has_variables else None
    names = names_of(request.resource)
    found = unknown = False
    for pattern in patterns:
        tokens = tokens_of(pattern, variables)
        if tokens is None:
            unknown = True
        elif any(matches_arn(tokens, name) for name in names):
            found = True
    if statement.resources is not None:
        return found
    return not found and (not unknown or statement.effect == "Deny")


def _conditions_hold(statement: Statement, results: tuple[ConditionResult, ...]) -> bool:
    if any(result.holds is False for result in results):
        return False
    return statement.effect == "Deny" or all(result.holds is True for result in results)
