"""What operators and directives make of values, as Velocity 1.7 does."""

from collections.abc import Mapping
from typing import Any

from innergate.runtime.vtl.budget import TemplateTooCostly


def size_of(value: object) -> int:
    """How much a method may have to look at."""
    return len(value) if isinstance(value, str | list | dict) else 0


def holds(value: object) -> bool:
    """Everything but null and false holds (Velocity 1.7)."""
    return value is not None and value is not False


def is_number(value: object) -> bool:
    """Whether arithmetic takes it; booleans are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def as_key(value: object) -> Any:
    """What a map or list is asked with."""
    return value if isinstance(value, str | int | float) else str(value)


def items_of(value: object) -> list[Any]:
    """What #foreach goes over: nothing where the value is no collection."""
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, list | tuple):
        return list(value)
    return []


def compute(operator: str, left: Any, right: Any) -> Any:
    """Arithmetic and comparison as Java does: whole numbers stay whole, division cuts towards zero, by zero gives null."""
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return _bounded(left * right)
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
    if right == 0:
        return None
    if isinstance(left, float) or isinstance(right, float):
        return left / right if operator == "/" else left % right
    quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    return quotient if operator == "/" else left - quotient * right


def _bounded(number: Any) -> Any:
    if isinstance(number, int) and number.bit_length() > 256:
        raise TemplateTooCostly("a number grows too large")
    return number
