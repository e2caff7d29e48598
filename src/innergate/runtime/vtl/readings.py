"""How values are read while a template is rendered: functions of a rendering, put together from those of their parts."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, final

from innergate.runtime.vtl.budget import MAX_LOOP_ITERATIONS, Budget, TemplateTooCostly
from innergate.runtime.vtl.java import Unknown, are_equal, call_method, element_of, property_of, to_text
from innergate.runtime.vtl.operators import as_key, compute, holds, is_number, size_of


class TemplateFailed(Exception):
    """The template cannot be rendered with these values; the message says why."""


@final
class Run:
    """One rendering."""

    __slots__ = ("budget", "out", "scope")

    def __init__(self, scope: dict[str, Any], budget: Budget) -> None:
        self.scope = scope
        self.budget = budget
        self.out: list[str] = []


Write: TypeAlias = Callable[[Run], None]
"""Puts out what a node gives."""
Read: TypeAlias = Callable[[Run], Any]
"""The value of an expression."""
Follow: TypeAlias = Callable[[Run, Any], Any]
"""What a step leads to from a value. Raises Unknown."""


def literal(value: object) -> Read:
    """The same value always."""

    def read(run: Run) -> Any:
        return value

    return read


def list_of(reads: Sequence[Read]) -> Read:
    """A list of their values."""
    return lambda run: [read(run) for read in reads]


def map_of(entries: Sequence[tuple[Read, Read]]) -> Read:
    """A map of their keys and values."""
    return lambda run: {as_key(key(run)): value(run) for key, value in entries}


def range_of(begin: Read, end: Read) -> Read:
    """The whole numbers from one to the other, downwards too."""

    def read(run: Run) -> list[int]:
        first, last = begin(run), end(run)
        if not (isinstance(first, int) and isinstance(last, int)):
            raise TemplateFailed("a range wants two whole numbers")
        if abs(last - first) >= MAX_LOOP_ITERATIONS * 10:
            raise TemplateTooCostly("a range is too long")
        return list(range(first, last + 1)) if first <= last else list(range(first, last - 1, -1))

    return read


def unary(operator: str, operand: Read) -> Read:
    """`!` or `-` of a value."""
    if operator == "!":
        return lambda run: not holds(operand(run))

    def negate(run: Run) -> Any:
        value = operand(run)
        return -value if is_number(value) else None

    return negate


def binary(operator: str, left: Read, right: Read) -> Read:
    """Two values joined, compared or calculated with; of `||` and `&&` the right one is read where it counts."""
    match operator:
        case "||":
            return lambda run: holds(left(run)) or holds(right(run))
        case "&&":
            return lambda run: holds(left(run)) and holds(right(run))
        case "==":
            return lambda run: are_equal(left(run), right(run))
        case "!=":
            return lambda run: not are_equal(left(run), right(run))
        case _:
            return lambda run: _calculate(run, operator, left(run), right(run))


def _calculate(run: Run, operator: str, left: Any, right: Any) -> Any:
    if operator == "+" and (isinstance(left, str) or isinstance(right, str)) and None not in (left, right):
        joined = to_text(left, run.budget) + to_text(right, run.budget)
        run.budget.characters(len(joined))
        return joined
    if not (is_number(left) and is_number(right)):
        return False if operator in ("<", "<=", ">", ">=") else None
    return compute(operator, left, right)


def along(follows: Sequence[Follow], cost: int) -> Follow:
    """The value at the end of the steps, which cost so many; None where one of them leads nowhere."""

    def follow_all(run: Run, value: Any) -> Any:
        budget = run.budget
        budget.spend(cost, 0)
        for follow in follows:
            if value is None:
                return None
            try:
                value = follow(run, value)
            except Unknown:
                return None
            if type(value) is str and len(value) > 15:
                budget.characters(len(value) // 16)
        return value

    return follow_all


def to_property(name: str) -> Follow:
    """`.name`"""
    return lambda run, value: value[name] if type(value) is dict and name in value else property_of(value, name)


def to_element(key: Read) -> Follow:
    """`[key]`"""
    return lambda run, value: element_of(value, key(run))


def to_result(name: str, reads: Sequence[Read]) -> Follow:
    """`.name(…)`"""

    def call(run: Run, value: Any) -> Any:
        arguments = tuple([read(run) for read in reads])
        run.budget.characters((sum(map(size_of, arguments)) + size_of(value)) // 4)
        return call_method(value, name, arguments)

    return call
