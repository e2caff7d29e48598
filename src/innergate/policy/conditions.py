"""Whether one condition holds for a request. A third answer, None, says that it cannot be told: the operator is unknown or a
value is malformed. Then an Allow does not apply and a Deny does.
"""

from collections.abc import Mapping
from typing import NamedTuple

from innergate.policy.document import Condition
from innergate.policy.operators import NULL, OPERATORS, Malformed, Operator
from innergate.policy.patterns import Tokens, tokens_of


class ConditionResult(NamedTuple):
    """How one condition came out. `seen` holds the request's values; None where the request has no such key."""

    condition: Condition
    seen: tuple[str, ...] | None
    holds: bool | None


def check_condition(
    condition: Condition, context: Mapping[str, tuple[str, ...]], has_variables: bool
) -> ConditionResult:
    """Tries the condition against the request's keys (lower-case names)."""
    seen = context.get(condition.key.lower())
    try:
        holds = _holds(condition, seen, context if has_variables else None)
    except Malformed:
        holds = None
    return ConditionResult(condition, seen, holds)


def _holds(
    condition: Condition, seen: tuple[str, ...] | None, variables: Mapping[str, tuple[str, ...]] | None
) -> bool | None:
    if condition.operator == NULL:
        return _is_null(condition, seen)
    operator = OPERATORS.get(condition.operator)
    if operator is None or not condition.values:
        return None
    if not seen:
        if condition.if_exists:
            return True
        match condition.qualifier:
            case "ForAllValues":
                return True
            case "ForAnyValue":
                return False
            case _:
                return operator.is_negated
    wanted = [tokens_of(value, variables, operator.has_wildcards) for value in condition.values]
    if any(tokens is None for tokens in wanted) and operator.is_negated:
        return None
    known = [tokens for tokens in wanted if tokens is not None]
    outcomes = [_value_holds(operator, known, value) for value in seen]
    if condition.qualifier == "ForAllValues" or (not condition.qualifier and operator.is_negated):
        return all(outcomes)
    return any(outcomes)


def _value_holds(operator: Operator, wanted: list[Tokens], seen: str) -> bool:
    compared = [operator.compare(tokens, seen) for tokens in wanted]  # all of them: a malformed one must not hide
    found = any(compared)
    return found != operator.is_negated


def _is_null(condition: Condition, seen: tuple[str, ...] | None) -> bool | None:
    values = {value.lower() for value in condition.values}
    if not values or not values <= {"true", "false"}:
        return None
    return ("true" if not seen else "false") in values
